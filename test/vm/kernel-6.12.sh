#!/bin/bash
# Linux 6.12, as Debian 13 and RHEL 10 have it: no mapping by files, no PASIDs, no VF tokens by a device's own node. The main job on each
# backend, and a NIC that goes and comes back.
# machine: --kernel iommufd-6.12 --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0
reattach_on_all_backends
check_no_faults
