#!/bin/bash
# examples/two-spaces: the file is mapped by one call and copied by one, the device is moved, its registers can be mapped where the kernel
# gives them out, and nothing is left.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
need_iommufd

bind_vfio 01:00.0
log=$work/two-spaces.log
start_program "$log" "$programs/two-spaces" 0000:01:00.0
wait_for_end "$log" 60 || fail "exit status $?"
cat "$log"
expect_line "$log" '^backend iommufd: asked for by the settings$'
ranges=$(printf '0-%#x %#x-' $((interrupts[0] - 1)) $((interrupts[1] + 1)))
expect_line "$log" "^IOMMU of type $iommu_number, PASIDs of [0-9]+ bits$"
expect_line "$log" "^first: 4096 KiB in 1 areas, by 1 calls, 0 of them copies; IOVAs $ranges"
expect_line "$log" "^second: 4096 KiB in 1 areas, by 1 calls, 1 of them copies; IOVAs $ranges"
expect_line "$log" '^the device is in the second$'
expect_line "$log" '^registers are mapped at 0x300000000$|does not give out device registers'
expect_line "$log" '^done$'
check_nothing_pinned
check_no_faults
