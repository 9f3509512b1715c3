#!/bin/bash
# The NIC is pulled out of the machine under a testpmd that a secondary process shares it with, and put in again: both give it back to the
# kernel, both have it again, and frames go on. In the suite few times; with UNPLUG_TURNS=20 in the environment of the guest as often as that:
# doc/security.md has the figures.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
# deadline: 3600
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/churn.sh"
. /src/devtools/guest/monitor.sh

turns=$((${UNPLUG_TURNS:-2} / 2)) # on each backend
bind_vfio 01:00.0
note_before
mkfifo "$work/commands"

tell() { printf '%s\n' "$@" >&5; }

device_files() { find "/proc/${pid_of[$1]}/fd" -lname '*vfio*' -printf x | wc -c; } # LOG

pull_and_return() { # PRIMARY SECONDARY TURN
	local files
	wait_for_flow
	files=$(device_files "$2")
	[ "$files" -gt 0 ] || fail "the secondary has no file of the device"
	unplug nic0 || fail "the device does not go"
	wait_for_lines "$1" 'Device is detached' "$3" 60
	[ ! -e "$(pci_device 01:00.0)" ] || fail "the kernel still has the device"
	plug nic0 || fail "the device does not come"
	bind_vfio 01:00.0
	tell stop 'port attach 0000:01:00.0' 'port start 0' start
	wait_for_lines "$1" 'Port 0 is attached' "$3" 60
	running "$2" || fail "the secondary has ended"
	[ "$(device_files "$2")" = "$files" ] || fail "the secondary has $(device_files "$2") files of the device, and had $files"
}

pull_often() { # BACKEND TURNS
	local primary=$work/primary-$1.log secondary=$work/secondary-$1.log turn
	echo "== $1"
	export RTE_IOMMUFD=backend=$1
	stdbuf -oL dpdk-testpmd -a 01:00.0 --iova-mode=va -- -i --hot-plug --total-num-mbufs=2048 <"$work/commands" >"$primary" 2>&1 &
	pid_of[$primary]=$!
	exec 5>"$work/commands"
	tell 'set fwd io' start
	wait_for_line "$primary" 'io packet forwarding - ports=1' 90
	start_program "$secondary" "$programs/echo" --proc-type=secondary -a 01:00.0 --iova-mode=va -- idle
	wait_for_line "$secondary" 'echo: idle' 60
	start_flow 02:00.0
	for ((turn = 1; turn <= $2; turn++)); do pull_and_return "$primary" "$secondary" "$turn"; done
	wait_for_flow
	stop_flow
	stop_program "$secondary" || fail "the secondary ended with status $?"
	tell stop quit
	exec 5>&-
	wait_for_end "$primary" 30 || fail "testpmd ended with status $?"
	expect_no_line "$primary" 'IOMMUFD: .*(cannot|does not)'
	expect_no_line "$secondary" 'IOMMUFD: .*(cannot|does not)'
	check_nothing_left
}

pull_often iommufd "$turns"
pull_often type1 "$turns"
check_no_faults
