#!/bin/bash
# Linux 6.12, as Debian 13 and RHEL 10 have it: no mapping by files, no PASIDs, no VF tokens by a device's own node. The main job on each
# backend, and a NIC that goes and comes back.
# machine: --kernel iommufd-6.12 --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/info.sh"

bind_vfio 01:00.0
golden older --probe 01:00.0 -- 'host.kernel.has_iommufd=true' 'host.iommufd_calls.IOAS_MAP_FILE=false' 'host.iommufd_calls.FAULT_QUEUE_ALLOC=true' \
	'devices.0.map_file=false' 'devices.0.start.verdict="would-try"' 'devices.0.start.backend="iommufd"' 'devices.0.probe.backend="iommufd"'
reattach_on_all_backends
check_no_faults
