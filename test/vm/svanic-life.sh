#!/bin/bash
# A port of net_svanic is configured, started and stopped in many orders, reset under traffic, and closed; no mbuf gets lost, and after
# each of it frames go round. With plain addresses and with sva=1.
# machine: --nic svanic:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

start_port() { # MODE DEVARGS
	log=$work/$1$2.log
	bind_vfio 01:00.0
	start_program "$log" "$programs/port" -a "01:00.0$2" --iova-mode=va -- "$1"
	wait_for_line "$log" 'port: ready' 90
}

end_port() {
	stop_program "$log" TERM || fail "the program ended with status $?"
	expect_line "$log" 'port: done'
	check_nothing_pinned
}

for devargs in "" ,sva=1; do
	start_port orders "$devargs"
	echo_frames 02:00.0 100
	end_port

	start_port reset "$devargs"
	start_flow 02:00.0
	for turn in 1 2 3; do
		wait_for_flow
		kill -USR1 "${pid_of[$log]}"
		wait_for_line "$log" "port: reset $turn\$" 30
	done
	wait_for_flow
	stop_flow
	end_port
done
check_no_faults
