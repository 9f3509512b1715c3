#!/bin/bash
# The main job on a DPDK that the lab has built from a folder: by each backend, in a secondary process, and with the NIC taken out and put in
# again.
# machine: --dpdk source --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

echo "DPDK $(pkg-config --modversion libdpdk)"
bind_vfio 01:00.0
forward_on_all_backends
# A secondary process may have no library with lists of its own that its primary has not, and dpdk-proc-info has those of eventdev.
for backend in iommufd type1; do
	echo "== $backend, and a secondary process"
	log=$work/primary-$backend.log
	export RTE_IOMMUFD=backend=$backend
	start_testpmd "$log" -d librte_eventdev.so -a 01:00.0 --iova-mode=va -- --forward-mode=io --total-num-mbufs=2048 --stats-period 1
	wait_for_line "$log" 'start packet forwarding' 90
	expect_backend "$log" "$backend(v2)?"
	echo_frames 02:00.0 50
	read_by_secondary "$work/secondary-$backend.log"
	expect_no_line "$work/secondary-$backend.log" 'IOMMUFD: .*(cannot|does not)'
	echo_frames 02:00.0 50
	stop_testpmd "$log" || fail "testpmd ended with status $?"
	check_nothing_pinned
done
unset RTE_IOMMUFD
check_telemetry_of_testpmd iommufd 'the kernel and the device have it'
reattach_on_all_backends
check_no_faults
