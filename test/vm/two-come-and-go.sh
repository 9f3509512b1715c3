#!/bin/bash
# Two programs with a NIC each come and go, in order and by SIGKILL, one on IOMMUFD and the other one by turns on that and on a legacy
# container: who stays loses no frame and no page, and who comes back gets its NIC. In the suite few times; with COME_TURNS=50 in the
# environment of the guest as often as that: doc/security.md has the figures.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel --nic e1000e:link=pair1 --nic virtio:link=pair1,kernel
# deadline: 3600
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/churn.sh"

turns=${COME_TURNS:-1}
declare -A nic_of=([first]=01:00.0 [second]=03:00.0)
bind_vfio 01:00.0 03:00.0
note_before

come() { # NAME BACKEND
	local log=$work/$1.log
	RTE_IOMMUFD=backend=$2 start_program "$log" "$programs/echo-static" -a "${nic_of[$1]}" --file-prefix="$1" --iova-mode=va -m 16 -- plain
}

is_there() { wait_for_line "$work/$1.log" 'echo: ready' 60 && wait_for_flow "wire-$1"; } # NAME

go() { # NAME TURN: every other time outright
	if (($2 % 2 == 0)); then
		stop_program "$work/$1.log" || fail "it ended with status $?"
	else
		stop_program "$work/$1.log" KILL 2>/dev/null || true
	fi
}

pinned_by() { awk '/VmPin|VmLck/ { sum += $2 } END { print sum }' "/proc/${pid_of[$work/$1.log]}/status"; } # NAME

# What stays says nothing and keeps what it has, which is all that the machine has pinned.
check_undisturbed() { # NAME PINNED-BEFORE
	local pinned
	wait_for_flow "wire-$1"
	expect_line "$work/$1.log" IOMMUFD:
	pinned=$(pinned_by "$1")
	[ "$pinned" = "$2" ] || fail "$1 has $pinned KiB pinned, and had $2"
	[ "$(pinned_pages)" = $((pinned / 4)) ] || fail "$(pinned_pages) pages are pinned, and $1 has $pinned KiB"
}

leave_and_return() { # NAME STAYS BACKEND TURN
	local pinned
	pinned=$(pinned_by "$2")
	[ "$pinned" -gt 0 ] || fail "nothing is pinned while the program runs"
	go "$1" "$4"
	check_undisturbed "$2" "$pinned"
	come "$1" "$3"
	is_there "$1"
}

start_flow 02:00.0 wire-first
start_flow 04:00.0 wire-second
for ((turn = 1; turn <= turns; turn++)); do
	other=iommufd
	((turn % 2 == 0)) || other=type1
	come first iommufd
	come second $other
	is_there first
	is_there second
	leave_and_return first second iommufd "$turn"
	leave_and_return second first $other $((turn + 1))
	go first "$turn"
	go second "$turn"
	check_nothing_left
done
come first iommufd
come second iommufd
is_there first
is_there second
stop_flow wire-first
stop_flow wire-second
go first 2
go second 2
check_nothing_left
check_no_faults
