#!/bin/bash
# A legacy container takes a limited number of mappings. Who goes beyond, at the start or later, is told which limit it is and what
# helps; and that helps.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

limit=/sys/module/vfio_iommu_type1/parameters/dma_entry_limit
modprobe vfio_iommu_type1
before=$(<$limit)
restore() { echo "$before" >$limit; }
bind_vfio 01:00.0
line='IOMMUFD: cannot map 0x[0-9a-f]+-0x[0-9a-f]+: .*-m.*dma_entry_limit'

start_limited() { # BACKEND NAME MAPPINGS [EAL-OPTIONS...]
	log=$work/$1-$2.log
	echo "== $1, $2, $3 mappings at most"
	echo "$3" >$limit
	RTE_IOMMUFD=backend=$1 start_program "$log" "$programs/echo" -a 01:00.0 --iova-mode=va "${@:4}" -- plain
	wait_for_line "$log" 'echo: (ready|FAILED)' 60
	grep -E 'IOMMUFD: cannot|EAL: .*error|echo: ' "$log" || true
}

start_limited type1 at-start 0
stop_program "$log" && fail "it started"
expect_line "$log" "$line"
expect_line "$log" 'Requested device 0000:01:00.0 cannot be used'
check_nothing_pinned

# DPDK lets nobody refuse memory at this point: the line is all there is.
start_limited type1 later 1
expect_line "$log" "$line"
stop_program "$log" || fail "the program ended with status $?"
check_nothing_pinned

start_limited type1 allocated-at-start 4 -m 64
echo_frames 02:00.0 50
expect_no_line "$log" 'IOMMUFD: cannot'
stop_program "$log" || fail "the program ended with status $?"
check_nothing_pinned

# DPDK's own code maps page by page: that does not help it.
start_limited stock allocated-at-start 4 -m 64
stop_program "$log" && fail "DPDK's own code has got along with four mappings"
check_nothing_pinned
check_no_faults
