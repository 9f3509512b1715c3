#!/bin/bash
# dpdk-iommufd-info on a machine whose IOMMU has 39 bits: what it foresees, a probe confirms.
# machine: --iommu intel-39 --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/info.sh"
need_iommufd

bind_vfio 01:00.0
golden narrow --probe 01:00.0 -- 'devices.0.start.verdict="would-try"' 'devices.0.start.backend="iommufd"' 'devices.0.probe.opened=true' \
	'devices.0.probe.backend="iommufd"'
