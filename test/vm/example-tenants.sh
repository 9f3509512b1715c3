#!/bin/bash
# examples/tenants: both tenants' own frames arrive as they were; each one's attempt at the other's memory is refused, counted in
# its own pair, and in the kernel's log with its own PASID. Nothing else is refused, and nothing of the other arrives.
# machine: --nic svanic:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
need_iommufd

bind_vfio 01:00.0
printf 'from the memory of Anna' >"$work/anna"
printf 'from the memory of Bert' >"$work/bert"
start_program "$work/peer.log" python3 /src/test/vm/peer.py expect "$(interface_of 02:00.0)" "$work/anna" "$work/bert"
wait_for_line "$work/peer.log" 'peer: listening'

start_program "$work/tenants.log" "$programs/tenants" 0000:01:00.0
wait_for_end "$work/tenants.log" 60 || fail "exit status $?"
cat "$work/tenants.log"
expect_line "$work/tenants.log" 'Anna sends from its own memory: sent$'
expect_line "$work/tenants.log" 'Bert sends from its own memory: sent$'
expect_line "$work/tenants.log" 'Anna sends from the memory of Bert: refused$'
expect_line "$work/tenants.log" 'Bert sends from the memory of Anna: refused$'
expect_line "$work/tenants.log" 'Anna: 1 frames sent, 1 errors, 1 faults, the last at 0x20001000$'
expect_line "$work/tenants.log" 'Bert: 1 frames sent, 1 errors, 1 faults, the last at 0x10001000$'

stop_program "$work/peer.log" TERM || fail "other frames arrived than the tenants' own"
cat "$work/peer.log"

# The kernel's log: one line for each attempt, and no other.
dmesg_faults >"$work/faults.log"
expect_line "$work/faults.log" 'DMA Read PASID 0x1\] .*01:00\.0\] fault addr 0x20001000 '
expect_line "$work/faults.log" 'DMA Read PASID 0x2\] .*01:00\.0\] fault addr 0x10001000 '
expect_line "$work/faults.log" 'fault addr 0x20001000|PASID 0x1\]'
expect_line "$work/faults.log" 'fault addr 0x10001000|PASID 0x2\]'
check_nothing_pinned
