#!/bin/bash
# In each of EAL's ways to get memory, frames come in and go out unchanged, and nothing stays pinned after the end.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
# deadline: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0

try_mode() { # NAME EAL-OPTIONS...
	local name=$1 log=$work/$1.log
	shift
	echo "== $name"
	start_testpmd "$log" -a 01:00.0 --iova-mode=va --log-level=lib.iommufd:debug "$@" -- --forward-mode=io --total-num-mbufs=2048 --stats-period 1
	wait_for_line "$log" 'start packet forwarding' 90
	expect_backend "$log" iommufd
	grep -E 'IOMMUFD: .* MiB mapped' "$log"
	[ "$(pinned_pages)" -gt 0 ] || fail "nothing is pinned while testpmd runs: this check would not see a leak"
	echo_frames 02:00.0 200
	stop_testpmd "$log" || fail "testpmd ended with status $?"
	check_nothing_pinned
}

try_mode default
try_mode preallocated -m 256
try_mode legacy-mem --legacy-mem -m 256
try_mode single-file-segments --single-file-segments -m 256
try_mode single-file-segments-dynamic --single-file-segments
try_mode in-memory --in-memory
try_mode huge-unlink --huge-unlink
try_mode no-huge --no-huge -m 256
check_no_faults
