#!/bin/bash
# While frames go through, a program makes and frees pools all the time: memory that EAL takes is mapped before a frame goes out
# of it, and memory that EAL gives back is unmapped.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0

try_growth() { # NAME EAL-OPTIONS...
	local log=$work/$1.log
	echo "== $1"
	shift
	start_program "$log" "$programs/echo" -a 01:00.0 --iova-mode=va "$@" -- grow
	wait_for_line "$log" 'echo: ready' 60
	expect_backend "$log" iommufd
	before=$(pinned_pages)
	echo_frames 02:00.0 1200
	[ "$(count_lines "$log" 'echo: cycle .*freed')" -ge 5 ] || { show_log "$log"; fail "memory was freed less than five times"; }
	# Two pools at the most are alive, so what is pinned cannot have grown with the number of pools.
	after=$(pinned_pages)
	echo "pinned pages: $before at first, $after at last"
	[ "$after" -lt $((before + 4 * 10240)) ] || fail "memory that was freed stays pinned"
	stop_program "$log" || fail "the program ended with status $?"
	check_nothing_pinned
}

try_growth default
try_growth single-file-segments --single-file-segments
try_growth preallocated -m 64
check_no_faults
