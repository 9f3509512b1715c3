#!/bin/bash
# A container of its own, as vDPA drivers make one, on each backend: the device goes into it, its maps are the program's, and
# everything can be taken down again; with DPDK's own code the same program does the same.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0
for backend in iommufd type1 stock; do
	echo "== $backend"
	log=$work/$backend.log
	RTE_IOMMUFD=backend=$backend start_program "$log" "$programs/echo" -a 00:00.0 --iova-mode=va -m 64 -- container 0000:01:00.0
	wait_for_line "$log" 'echo: ready' 60
	expect_line "$log" "backend $backend"
	echo_frames 02:00.0 100
	stop_program "$log" || fail "the program ended with status $?"
	expect_line "$log" 'echo: container closed'
	check_nothing_pinned
done
check_no_faults
