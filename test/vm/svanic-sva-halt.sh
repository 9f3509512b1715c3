#!/bin/bash
# The memory of a receive ring is given up under the device: the queue halts, which is told once, by one line and one event; another port
# of the same process goes on; after a reset the port works as before. Twice, since the second halt is told again.
# machine: --nic svanic:link=pair0 --nic virtio:link=pair0,kernel --nic svanic:link=pair1 --nic virtio:link=pair1,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

program=$programs/sva_ports
[ -x "$program" ] || skip "there is no sva_ports in this root"
bind_vfio 01:00.0 03:00.0
log=$work/ports.log
start_program "$log" "$program" -a 01:00.0,sva=1 -a 03:00.0,sva=1 --iova-mode=va --no-huge -m 256 -- halt
wait_for_line "$log" 'sva_ports: ready' 90
start_flow 04:00.0
wait_for_flow
for turn in 1 2; do
	echo "== $turn"
	echo_frames 02:00.0 200
	kill -USR1 "${pid_of[$log]}"
	wait_for_lines "$log" 'sva_ports: the ring is gone' "$turn"
	# more than the ring has, whose first and last page are not only its own
	start_program "$work/subject.$turn.log" "$programs/peer" echo "$(interface_of 02:00.0)" 1100 --seed 2
	wait_for_line "$log" "sva_ports: event $turn: a reset is needed"
	wait_for_flow
	kill -USR2 "${pid_of[$log]}"
	wait_for_lines "$log" 'sva_ports: reset' "$turn"
	wait_for_end "$work/subject.$turn.log" 60 || fail "the port does not work after the reset"
	cat "$work/subject.$turn.log"
	wait_for_flow
	[ "$(count_lines "$log" 'SVANIC: .*01:00.0: receive queue 0 has halted: ')" = "$turn" ] || fail "not one line for each halt"
	[ "$(count_lines "$log" 'sva_ports: event ')" = "$turn" ] || fail "not one event for each halt"
done
stop_flow
stop_program "$log" TERM || fail "the program ended with status $?"
grep -E 'SVANIC: ' "$log"
expect_line "$log" 'sva_ports: done'
expect_no_line "$log" 'SVANIC: .*03:00.0: .*halted'
check_nothing_pinned
