#!/bin/bash
# virtio-iommu, which a machine of the cloud may have: the main job on each backend, and a NIC that goes and comes back.
# machine: --iommu virtio --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/info.sh"

# A virtio-iommu remaps no interrupts.
restore() { allow_unsafe_interrupts N; }
bind_vfio 01:00.0
golden forged 01:00.0 -- 'host.iommu.on=true' 'host.iommu.firmware_table="VIOT"' 'host.iommu.interrupt_remapping="off"' \
	'devices.0.start.verdict="would-fail"' 'devices.0.start.reason~this machine does not remap interrupts'
allow_unsafe_interrupts Y
golden allowed --probe 01:00.0 -- 'devices.0.start.verdict="would-try"' 'devices.0.start.backend="iommufd"' 'devices.0.map_file=true' \
	'devices.0.probe.opened=true' 'devices.0.probe.backend="iommufd"'
reattach_on_all_backends
check_no_faults
