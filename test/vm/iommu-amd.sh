#!/bin/bash
# AMD's IOMMU, by its emulation: the main job on each backend, and a NIC that goes and comes back.
# machine: --iommu amd --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

# Linux finds no interrupt remapping in QEMU's tables of AMD's IOMMU.
restore() { allow_unsafe_interrupts N; }
allow_unsafe_interrupts Y
bind_vfio 01:00.0
reattach_on_all_backends
check_no_faults
