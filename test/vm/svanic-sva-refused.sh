#!/bin/bash
# sva=1 where something is missing: one line names it, there is no port, and nothing falls back to plain addresses. So it is with
# arguments that are not understood.
# machine: --nic svanic:pri=off
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

refuse() { # NAME DEVARGS REGEX [BACKEND]
	local log=$work/$1.log
	start_program "$log" env RTE_IOMMUFD="backend=${4:-auto}" "$programs/port" -a "01:00.0,$2" --iova-mode=va -- orders
	wait_for_line "$log" 'port: FAILED: there is a port' 60
	wait_for_end "$log" 30 && fail "$1: the program has ended without an error" || true
	grep -E '(IOMMUFD|SVANIC): ' "$log"
	expect_line "$log" "(IOMMUFD|SVANIC): .*($3)"
	# Nothing else of ours is said, but which backend it is.
	expect_no_line <(grep -vE "backend (iommufd|type1v?2?)[:,]" "$log" | grep -vE "$3") '(IOMMUFD|SVANIC): '
	check_nothing_pinned
}

bind_vfio 01:00.0
refuse requests sva=1 '[Pp]age request|PRI'
refuse type1 sva=1 'iommufd|IOMMUFD backend|page requests' type1
refuse number sva=3 'sva=3 is not understood: sva takes 0 or 1'
refuse alone pasid=queue 'pasid has a meaning only with sva=1'
check_no_faults
