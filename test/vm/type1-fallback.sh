#!/bin/bash
# On a kernel without IOMMUFD the same command works through a legacy container, by our own code and in runs, and says why.
# machine: --kernel stock --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0

forward_in_mode type1v2 default
forward_in_mode type1v2 preallocated -m 256
expect_line "$work/default.log" 'backend type1v2: this kernel has no /dev/iommu'
expect_line "$work/preallocated.log" '256 MiB mapped in [1-4] calls' # one file a page, but one run for a container
forward_in_mode type1v2 no-huge --no-huge -m 256

echo "== grow"
log=$work/grow.log
start_program "$log" "$programs/echo" -a 01:00.0 --iova-mode=va -- grow
wait_for_line "$log" 'echo: ready' 60
expect_told type1v2 /iommufd/info backend
reason=$("$telemetry" get /iommufd/info reason)
grep -qF "backend type1v2: $reason" "$log" && [[ $reason == 'this kernel has no /dev/iommu'* ]] || fail "telemetry gives another reason: $reason"
echo_frames 02:00.0 600
[ "$(count_lines "$log" 'echo: cycle .*freed')" -ge 3 ] || fail "memory was freed less than three times"
stop_program "$log" || fail "the program ended with status $?"

echo "== asked for IOMMUFD"
log=$work/forced.log
RTE_IOMMUFD=backend=iommufd start_testpmd "$log" -a 01:00.0 --iova-mode=va -- --forward-mode=io --stats-period 1
wait_for_line "$log" 'backend iommufd was asked for, but this kernel has no /dev/iommu' 60
expect_line "$log" 'IOMMUFD:'
stop_testpmd "$log" || true

check_no_faults
check_nothing_pinned
