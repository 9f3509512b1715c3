#!/bin/bash
# The NIC is pulled out of the machine under a running testpmd while frames flow, and put in again, on each backend: the kernel gets
# its device back, testpmd goes on, and what it attaches then works.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
# deadline: 400
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. /src/devtools/guest/monitor.sh

bind_vfio 01:00.0
mkfifo "$work/commands"

tell() { printf '%s\n' "$@" >&5; }

pull_and_return() { # LOG TURN
	wait_for_flow
	unplug nic0 || fail "the device does not go"
	wait_for_lines "$1" 'Device is detached' "$2" 30
	[ ! -e "$(pci_device 01:00.0)" ] || fail "the kernel still has the device"
	check_nothing_pinned
	plug nic0 || fail "the device does not come"
	bind_vfio 01:00.0
	tell stop 'port attach 0000:01:00.0' 'port start 0' start # testpmd goes on forwarding on no port
	wait_for_lines "$1" 'Port 0 is attached' "$2" 60
}

pull_often() { # BACKEND TURNS
	local log=$work/$1.log turn
	echo "== $1"
	# By lines: what is not a command's own output would stay in testpmd's buffer.
	RTE_IOMMUFD=backend=$1 stdbuf -oL dpdk-testpmd -a 01:00.0 --iova-mode=va -- -i --hot-plug --total-num-mbufs=2048 <"$work/commands" >"$log" 2>&1 &
	pid_of[$log]=$!
	exec 5>"$work/commands"
	tell 'set fwd io' start
	start_flow 02:00.0
	for ((turn = 1; turn <= $2; turn++)); do pull_and_return "$log" "$turn"; done
	wait_for_flow
	stop_flow
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
