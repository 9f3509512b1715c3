#!/bin/bash
# A device is moved from one address space into another and back, without ever being detached: frames go through in either, and in the
# second they go out of memory that only this one has.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

log=$work/move.log
bind_vfio 01:00.0
start_program "$log" "$programs/spaces" -a 01:00.0 --iova-mode=va -m 64 -- move 0000:01:00.0
wait_for_line "$log" 'spaces: ready' 60
echo_frames 02:00.0 50
for turn in 1 2 3 4 5 6 7; do
	kill -USR1 "${pid_of[$log]}"
	wait_for_line "$log" "spaces: move $turn"
	echo_frames 02:00.0 50
done
stop_program "$log" || fail "the program ended with status $?"
check_no_faults
check_nothing_pinned
