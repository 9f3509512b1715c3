#!/bin/bash
# examples/private-memory: each NIC has a space of its own with EAL's memory, what is mapped for the first is not in the second's,
# and nothing is left.
# machine: --nic e1000e --nic e1000e --hugepages 600
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
need_iommufd

bind_vfio 01:00.0 02:00.0
log=$work/private-memory.log
# The environment's choice is replaced: with it there would be one space.
RTE_IOMMUFD=ioas=shared start_program "$log" "$programs/private-memory" --iova-mode=va -m 64 -a 01:00.0 -a 02:00.0 -- 0000:01:00.0 0000:02:00.0
wait_for_end "$log" 60 || fail "exit status $?"
cat "$log"
expect_line "$log" '^backend iommufd, a space for each$'
expect_line "$log" "^the first: 256 KiB more than EAL's memory\$"
expect_line "$log" "^the second: 0 KiB more than EAL's memory\$"
expect_line "$log" '^done$'
check_nothing_pinned
check_no_faults
