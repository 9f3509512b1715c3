#!/bin/bash
# AMD's IOMMU, by its emulation: the main job on each backend, and a NIC that goes and comes back.
# machine: --iommu amd --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/info.sh"

# Linux finds no interrupt remapping in QEMU's tables of AMD's IOMMU.
restore() { allow_unsafe_interrupts N; }
bind_vfio 01:00.0
golden forged 01:00.0 -- 'host.iommu.on=true' 'host.iommu.firmware_table="IVRS"' 'host.iommu.interrupt_remapping="off"' \
	'devices.0.start.verdict="would-fail"' 'devices.0.start.reason~this machine does not remap interrupts'
allow_unsafe_interrupts Y
golden allowed --probe 01:00.0 -- 'devices.0.start.verdict="would-try"' 'devices.0.start.backend="iommufd"' 'devices.0.map_file=true' \
	'devices.0.probe.opened=true' 'devices.0.probe.backend="iommufd"' 'devices.0.dirty_tracking=false'
reattach_on_all_backends
check_no_faults
