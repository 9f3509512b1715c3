#!/bin/bash
# The NIC is pulled out of the machine under a running testpmd while frames flow, and put in again, on each backend: the kernel gets
# its device back, testpmd goes on, and what it attaches then works.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. /src/devtools/guest/monitor.sh

bind_vfio 01:00.0
peer=$(interface_of 02:00.0)
mkfifo "$work/commands"

tell() { printf '%s\n' "$@" >&5; }

frames_back() { cat "/sys/class/net/$peer/statistics/rx_packets"; }

# Frames go round until stop_flow; returns when they do.
start_flow() {
	local before=$(($(frames_back) + 20)) tries
	start_program "$work/flow.log" python3 /src/test/vm/peer.py echo "$peer" 1000000000
	for ((tries = 0; tries < 600; tries++)); do
		[ "$(frames_back)" -lt "$before" ] || return 0
		sleep 0.1
	done
	fail "no frames come back"
}

stop_flow() { stop_program "$work/flow.log" KILL 2>/dev/null || true; }

pull_and_return() { # LOG TURN
	start_flow
	unplug nic0 || fail "the device does not go"
	stop_flow
	wait_for_lines "$1" 'Device is detached|is removed|Now total ports is 0' "$2" 30
	[ ! -e "$(pci_device 01:00.0)" ] || fail "the kernel still has the device"
	check_nothing_pinned
	plug nic0 || fail "the device does not come"
	bind_vfio 01:00.0
	tell stop 'port attach 0000:01:00.0' 'port start 0' start # testpmd goes on forwarding on no port
	echo_frames 02:00.0 50
}

pull_often() { # BACKEND TURNS
	local log=$work/$1.log turn
	echo "== $1"
	# By lines: what is not a command's own output would stay in testpmd's buffer.
	RTE_IOMMUFD=backend=$1 stdbuf -oL dpdk-testpmd -a 01:00.0 --iova-mode=va -- -i --hot-plug --total-num-mbufs=2048 <"$work/commands" >"$log" 2>&1 &
	pid_of[$log]=$!
	exec 5>"$work/commands"
	tell 'set fwd io' start
	echo_frames 02:00.0 50
	for ((turn = 1; turn <= $2; turn++)); do pull_and_return "$log" "$turn"; done
	tell stop quit
	exec 5>&-
	wait_for_end "$log" 30 || fail "testpmd ended with status $?"
	expect_no_line "$log" 'IOMMUFD: .*(cannot|does not)'
	check_nothing_pinned
}

pull_often iommufd 20
pull_often type1 4
pull_often stock 2
check_no_faults
