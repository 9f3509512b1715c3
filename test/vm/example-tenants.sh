#!/bin/bash
# examples/tenants: both tenants' own frames arrive as they were; each one's attempts to read and to write the other's memory are refused,
# counted in its own pair, and in the kernel's log with its own PASID. Nothing else is refused, and nothing of the other arrives.
# machine: --nic svanic:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
need_iommufd

bind_vfio 01:00.0
printf 'from the memory of Anna' >"$work/anna"
printf 'from the memory of Bert' >"$work/bert"
start_program "$work/peer.log" "$programs/peer" expect "$(interface_of 02:00.0)" "$work/anna" "$work/anna" "$work/bert"
wait_for_line "$work/peer.log" 'peer: listening'

# broadcasts, of another kind than the tenants' frames
start_program "$work/broadcasts.log" python3 -c '
import socket, sys, time
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
wire.bind((sys.argv[1], 0))
while True:
    wire.send(b"\xff" * 6 + b"\x02" * 6 + b"\x88\xb6" + bytes(50))
    time.sleep(0.1)' "$(interface_of 02:00.0)"
start_program "$work/tenants.log" "$programs/tenants" 0000:01:00.0
wait_for_end "$work/tenants.log" 60 || fail "exit status $?"
cat "$work/tenants.log"
expect_line "$work/tenants.log" 'Anna has another space on PASID 1$'
[ "$(count_lines "$work/tenants.log" 'Anna sends from its own memory: sent$')" = 2 ] || fail "Anna has not sent before and after"
expect_line "$work/tenants.log" 'Bert sends from its own memory: sent$'
[ "$(count_lines "$work/tenants.log" 'Anna sends from the memory of Bert: refused$')" = 2 ] || fail "Anna could send what is of Bert"
expect_line "$work/tenants.log" 'Bert sends from the memory of Anna: refused$'
for who in 'Anna Bert' 'Bert Anna'; do
	expect_line "$work/tenants.log" "${who% *} receives into its own memory: received\$"
	expect_line "$work/tenants.log" "${who% *} receives into the memory of ${who#* }: refused, which is as it was\$"
done
expect_line "$work/tenants.log" 'Anna: 2 frames sent, 1 received, 3 errors, 3 faults, the last at 0x20001000$'
expect_line "$work/tenants.log" 'Bert: 1 frames sent, 1 received, 2 errors, 2 faults, the last at 0x10002000$'

stop_program "$work/broadcasts.log" KILL || true
stop_program "$work/peer.log" TERM || fail "other frames arrived than the tenants' own"
cat "$work/peer.log"

# The kernel's log has the attempts, and no other DMA. What each attempt met is above, by the NIC's own counters: Linux
# limits how many faults it logs in a time, and asks three times for each (dmar_fault(), __ratelimit()).
attempt='DMA (Read PASID 0x1\] .*fault addr 0x20001000|Read PASID 0x2\] .*fault addr 0x10001000|Write PASID 0x1\] .*fault addr 0x20002000|Write PASID 0x2\] .*fault addr 0x10002000) '
dmesg_faults >"$work/faults.log"
cat "$work/faults.log"
[ "$(count_lines "$work/faults.log" "$attempt")" -gt 0 ] || fail "no attempt is in the kernel's log"
[ "$(count_lines "$work/faults.log" 'fault addr')" = "$(count_lines "$work/faults.log" "$attempt")" ] || fail "other DMA was refused, too"
check_nothing_pinned
