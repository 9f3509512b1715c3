#!/bin/bash
# Linux 7.2, of the backports one release before the newest: the main job on each backend, a NIC that goes and comes back, and what
# dpdk-iommufd-info tells of it.
# machine: --kernel iommufd-7.2 --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/info.sh"

[[ $(uname -r) == 7.2.* ]] || fail "the kernel is $(uname -r)"
bind_vfio 01:00.0
golden info --probe 01:00.0 -- 'host.iommu.firmware_table="DMAR"' 'devices.0.start.verdict="would-try"' 'devices.0.start.backend="iommufd"' \
	'devices.0.probe.opened=true' 'devices.0.probe.backend="iommufd"'
reattach_on_all_backends
check_no_faults
