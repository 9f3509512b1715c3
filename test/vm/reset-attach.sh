#!/bin/bash
# A device is detached and attached while another thread resets it all the time: an attach that meets a reset waits for its end. The
# device is one with ATS, because only for these the kernel refuses to attach during a reset (pci_dev_reset_iommu_prepare()).
# machine: --nic virtio:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0
"$programs/reset" /sys/bus/pci/devices/0000:01:00.0 40 >"$work/output" 2>&1 || status=$?
sort "$work/output" | uniq -c | sort -rn | head -n 20
[ "${status:-0}" = 0 ] || fail "attaching, detaching or resetting failed"
check_nothing_pinned
