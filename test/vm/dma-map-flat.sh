#!/bin/bash
# Maps of 4 KiB by rte_dev_dma_map() take as long when there are 65,536 of them as at the first: the last 2048 calls at most 1.5 times
# the first 2048, by their medians, and so do unmaps. DPDK's own code is measured beside it, with 16,384.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
# deadline: 900
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0

measure() { # BACKEND COUNT ROUNDS: sets first, last, fewest and most
	local log=$work/$1.log line
	RTE_IOMMUFD=backend=$1 start_program "$log" "$programs/maps" -a 01:00.0 --iova-mode=va -m 64 -- flat "$2" "$3"
	wait_for_line "$log" 'maps: done' 700
	wait_for_end "$log" 60 || fail "the program ended with status $?"
	line=$(grep -E 'maps: [0-9]+ maps' "$log")
	echo "$1: ${line#maps: }"
	read -r first last fewest most < <(sed -nE 's/.*first ([0-9]+) ns, last ([0-9]+) ns.*fewest ([0-9]+) ns, with most ([0-9]+) ns/\1 \2 \3 \4/p' <<<"$line")
}

measure stock 16384 1
measure iommufd 65536 3
((2 * last <= 3 * first)) || fail "the last maps took $last ns, the first $first"
((2 * most <= 3 * fewest)) || fail "unmaps took $most ns among many, $fewest among few"
check_nothing_pinned
