#!/bin/bash
# A port is stopped while the device still works on its rings: once it is disabled, a queue goes on for 100 ms, or for longer than the
# driver waits, which then resets the device. No mbuf gets lost and nothing is written to after it was freed; frames go round afterwards.
# machine: --nic svanic:link=pair0,work-delay=5,disable-delay=100 --nic virtio:link=pair0,kernel --nic svanic:link=pair1,disable-delay=600000 --nic virtio:link=pair1,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

reset_port() { # BDF PEER-BDF DEVARGS TIMES
	log=$work/$1$3.log
	bind_vfio "$1"
	start_program "$log" "$programs/port" -a "$1$3" --iova-mode=va -- reset
	wait_for_line "$log" 'port: ready' 90
	start_flow "$2"
	for ((turn = 1; turn <= $4; turn++)); do
		wait_for_flow
		kill -USR1 "${pid_of[$log]}"
		wait_for_line "$log" "port: reset $turn\$" 60
	done
	wait_for_flow
	stop_flow
	stop_program "$log" TERM || fail "the program ended with status $?"
	expect_line "$log" 'port: done'
	check_nothing_pinned
}

for devargs in "" ,sva=1; do
	echo "== 100 ms $devargs"
	reset_port 01:00.0 02:00.0 "$devargs" 2
	expect_no_line "$log" 'does not end its DMA'
	echo "== too long $devargs"
	reset_port 03:00.0 04:00.0 "$devargs" 1
	# at the reset, and at the end; what was sent before is sent, and not lost
	[ "$(count_lines "$log" '03:00.0: a queue does not end its DMA .*: the device is reset')" = 2 ] || fail "not one line for each stop"
	expect_line "$log" 'port: in [0-9]+ missed [0-9]+ errors 0 out [0-9]+ errors 0$'
done
check_no_faults
