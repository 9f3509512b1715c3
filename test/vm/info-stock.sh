#!/bin/bash
# dpdk-iommufd-info on a kernel without IOMMUFD: a legacy container, and why; as a start says it.
# machine: --kernel stock --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/info.sh"

doctor unbound unbound 01:00.0
bound_nics+=(01:00.0)
run_commands unbound
golden bound 01:00.0 -- 'host.kernel.has_iommufd=false' 'host.kernel.has_vfio=true' 'host.kernel.options.CONFIG_IOMMUFD="n"' \
	'host.kernel.options.CONFIG_VFIO_IOMMU_TYPE1="m"' 'host.iommufd_calls=null' 'host.nodes.0.state="missing"' \
	'host.nodes.1.state="accessible"' 'devices.0.cdev=null' 'devices.0.group_node.state="accessible"' 'devices.0.map_file=false' \
	'devices.0.start.verdict="would-try"' 'devices.0.start.backend="type1v2"' 'devices.0.start.reason~this kernel has no /dev/iommu'
golden probed --probe 01:00.0 -- 'devices.0.probe.opened=true' 'devices.0.probe.backend="type1v2"' 'devices.0.dirty_tracking=null' \
	'devices.0.unseen.0~only IOMMUFD tells'
nothing_left 01:00.0
grep -q 'works by backend type1v2, not by IOMMUFD: this kernel has no /dev/iommu' "$work/nothing_left.doctor" || fail "it is not said why it is no IOMMUFD"
golden user --doctor 01:00.0 --user nobody -- 'doctor.found=["permission"]' "doctor.sentences.0~nobody may not open /dev/vfio/$(group_of 01:00.0) "
