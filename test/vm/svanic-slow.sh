#!/bin/bash
# A port is stopped while the device still works on its rings: once it is disabled, a queue goes on for 100 ms, or for longer than the
# driver waits, which then resets the device. No mbuf gets lost and nothing is written to after it was freed; frames go round afterwards.
# machine: --nic svanic:link=pair0,work-delay=20,disable-delay=100 --nic virtio:link=pair0,kernel --nic svanic:link=pair1,disable-delay=600000 --nic virtio:link=pair1,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

reset_twice() { # BDF PEER-BDF DEVARGS
	log=$work/$1$3.log
	bind_vfio "$1"
	start_program "$log" "$programs/port" -a "$1$3" --iova-mode=va -- reset
	wait_for_line "$log" 'port: ready' 90
	start_flow "$2"
	for turn in 1 2; do
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
	reset_twice 01:00.0 02:00.0 "$devargs"
	expect_no_line "$log" 'does not end its DMA'
	echo "== too long $devargs"
	reset_twice 03:00.0 04:00.0 "$devargs"
	expect_line "$log" '03:00.0: a queue does not end its DMA .*: the device is reset'
done
check_no_faults
