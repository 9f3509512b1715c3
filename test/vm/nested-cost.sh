#!/bin/bash
# What a program's own page table costs a NIC behind an SMMUv3, beside calls of the kernel and beside no protection: nanoseconds for a page
# mapped and unmapped, frames each second. Only that there is a figure for each is looked at; doc/nested.md has them.
# machine: --kernel patched-nesting --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

log=$work/cost.log
bind_vfio 01:00.0
interface_of 02:00.0
"$programs/nested" -a 01:00.0 --iova-mode=va -m 256 -- cost 0000:01:00.0 >"$log" 2>&1 || { show_log "$log"; fail "exit status $?"; }
grep 'nested:' "$log"
check_nothing_pinned
check_no_faults
