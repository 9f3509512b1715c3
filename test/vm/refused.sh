# What scripts share that see a device refused with one line. Sourced after wire.sh.
# It must not know why it is refused.
# shellcheck shell=bash

# refuse NAME DEVICE,DEVARGS REGEX [BACKEND]: there is no port, the one line that says why matches, and nothing stays pinned.
refuse() {
	local log=$work/$1.log
	start_program "$log" env RTE_IOMMUFD="backend=${4:-auto}" "$programs/port" -a "$2" --iova-mode=va -- orders
	wait_for_line "$log" 'port: FAILED: there is a port' 60
	wait_for_end "$log" 30 && fail "$1: the program has ended without an error" || true
	grep -E '(IOMMUFD|SVANIC): ' "$log"
	expect_line "$log" "(IOMMUFD|SVANIC): .*($3)"
	# Nothing else of ours is said, but which backend it is.
	expect_no_line <(grep -vE "backend (iommufd|type1v?2?)[:,]" "$log" | grep -vE "$3") '(IOMMUFD|SVANIC): '
	check_nothing_pinned
}
