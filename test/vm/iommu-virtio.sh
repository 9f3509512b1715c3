#!/bin/bash
# virtio-iommu, which a machine of the cloud may have: the main job on each backend, and a NIC that goes and comes back.
# machine: --iommu virtio --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

# A virtio-iommu remaps no interrupts.
restore() { allow_unsafe_interrupts N; }
allow_unsafe_interrupts Y
bind_vfio 01:00.0
reattach_on_all_backends
check_no_faults
