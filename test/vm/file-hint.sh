#!/bin/bash
# When each of many hugepages has a file of its own, one line tells of --single-file-segments; it does not where that would not help.
# machine: --nic e1000e --nic e1000e --hugepages 600
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0
hint="IOMMUFD: [0-9]+ calls mapped EAL's memory, since each hugepage has a file of its own: with --single-file-segments"

start_with() { # NAME EAL-OPTIONS...
	log=$work/$1.log
	echo "== $1"
	shift
	start_testpmd "$log" -a 01:00.0 -a 02:00.0 --iova-mode=va "$@" -- --forward-mode=txonly --total-num-mbufs=2048 --stats-period 1
	wait_for_line "$log" 'TX-packets: +[1-9]' 120
	stop_testpmd "$log" || fail "testpmd ended with status $?"
	grep -E "IOMMUFD:.*calls" "$log" || true
	check_nothing_pinned
}

start_with own-files -m 1024
expect_line "$log" "$hint it takes [1-4], and"
start_with legacy-mem --legacy-mem -m 1024
expect_line "$log" "$hint instead of --legacy-mem it takes [1-4], and"
start_with one-file -m 1024 --single-file-segments
expect_no_line "$log" "$hint"
start_with dynamic
expect_no_line "$log" "$hint"
RTE_IOMMUFD=backend=type1 start_with type1 -m 1024
expect_no_line "$log" "$hint"
