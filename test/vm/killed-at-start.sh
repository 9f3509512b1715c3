#!/bin/bash
# Programs are killed at points of their start that chance decides: nothing stays pinned, the kernel keeps nothing, and the next one gets the
# NIC. In the suite some; with START_KILLS=200 in the environment of the guest as many as that: doc/security.md has the figures.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
# deadline: 3600
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/churn.sh"

kills=$((${START_KILLS:-16} / 2)) # on each backend
RANDOM=${START_SEED:-1} # so that a run can be had again, as far as a machine lets it
bind_vfio 01:00.0
note_before

clock() { now=$((${EPOCHREALTIME/./} / 1000)); } # sets $now, in ms, without a program

start() { start_program "$log" "$programs/echo-static" -a 01:00.0 --iova-mode=va -m 16 -- plain; }

# How long a start lasts that nobody ends.
measure_start() {
	local began
	log=$work/measured.log
	clock && began=$now
	start
	wait_for_line "$log" 'echo: ready' 60
	clock && lasts=$((now - began))
	stop_program "$log" || fail "the program ended with status $?"
	echo "a start lasts $lasts ms"
}

declare -A files_of=([iommufd]="/dev/iommu /dev/vfio/devices/vfio0" [type1]="/dev/vfio/vfio /dev/vfio/$(group_of 01:00.0)")

has_open() { # FILE
	local file
	for file in "/proc/$pid/fd"/*; do
		[ ! "$file" -ef "$1" ] || return 0
	done
	return 1
}

# Sets $where: what the program that is to be killed has got. No program runs for this: meanwhile it would go on.
look_where() {
	local line node
	where="before VFIO"
	for node in ${files_of[$backend]}; do
		! has_open "$node" || where="with ${node%/vfio[0-9]*}"
	done
	while read -r line; do
		[[ ! $line =~ ^Vm(Pin|Lck):[[:space:]]*[1-9] ]] || where="with memory pinned"
	done <"/proc/$pid/status"
	while read -r line; do
		[[ $line != *"echo: ready"* ]] || where="ready"
	done <"$log"
}

kill_one() {
	local delay=$((RANDOM * lasts / 32768))
	log=$work/killed.log
	start
	pid=${pid_of[$log]}
	read -r -t "$((delay / 1000)).$(printf %03d $((delay % 1000)))" -u "$nothing" || true
	look_where 2>/dev/null
	stop_program "$log" KILL 2>/dev/null || true
	killed[$where]=$((${killed[$where]:-0} + 1))
	check_nothing_left
}

for backend in iommufd type1; do
	echo "== $backend"
	export RTE_IOMMUFD=backend=$backend
	declare -A killed=()
	measure_start
	start_flow 02:00.0
	for ((turn = 1; turn <= kills; turn++)); do kill_one; done
	for where in "${!killed[@]}"; do echo "killed $where: ${killed[$where]}"; done
	expect_next_start "$backend"
done
check_no_faults
