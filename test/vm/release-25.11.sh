#!/bin/bash
# The main job on DPDK 25.11.
# machine: --dpdk 25.11 --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0
for backend in iommufd type1 stock; do
	log=$work/$backend.log
	RTE_IOMMUFD=backend=$backend start_testpmd "$log" -a 01:00.0 --iova-mode=va -- --forward-mode=io --stats-period 1
	wait_for_line "$log" 'start packet forwarding' 90
	grep -E 'IOMMUFD:|RTE Version|EAL: ' "$log"
	expect_backend "$log" "$backend(v2)?"
	echo_frames 02:00.0 200
	stop_testpmd "$log" || fail "testpmd ended with status $?"
	check_nothing_pinned
done
check_no_faults
