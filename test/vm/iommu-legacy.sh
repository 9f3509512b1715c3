#!/bin/bash
# Intel's IOMMU without scalable mode, as it is on servers up to 2022: the main job on each backend, and a NIC that goes and comes back.
# machine: --iommu intel-legacy --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/info.sh"

bind_vfio 01:00.0
golden legacy --probe 01:00.0 -- 'host.iommu.units.0.kind="intel-iommu"' 'devices.0.start.verdict="would-try"' 'devices.0.pasid=false' \
	'devices.0.probe.opened=true' 'devices.0.probe.backend="iommufd"' 'devices.0.pasid_bits=0'
reattach_on_all_backends
check_no_faults
