#!/bin/bash
# The model of svanic does what its datasheet says: a program drives the bare device, and looks at the wire from the other end.
# machine: --nic svanic:link=pair1 --nic virtio:link=pair1,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
need_iommufd

program=$programs/svanic_device
[ -x "$program" ] || skip "the kernel's headers in this root do not know PASIDs"
peer=$(basename "$(pci_device 02:00.0)"/virtio*/net/*)
echo 1 >"/proc/sys/net/ipv6/conf/$peer/disable_ipv6" # the kernel sends nothing of its own
ip link set "$peer" up
bind_vfio 01:00.0
check "the device differs from its datasheet: see above" "$program" 0000:01:00.0 "$peer"
check_nothing_pinned
