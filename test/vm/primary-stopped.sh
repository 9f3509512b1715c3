#!/bin/bash
# The primary process is stopped (SIGSTOP) when a secondary starts: one patience and one line for all of its devices, and never a change
# to DPDK's own code. When the primary goes on, secondaries work.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel --nic e1000e
# deadline: 400
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0 03:00.0
for backend in iommufd type1; do
	echo "== $backend"
	export RTE_IOMMUFD=backend=$backend
	log=$work/primary-$backend.log
	start_testpmd "$log" -a 01:00.0 -a 03:00.0 --iova-mode=va -- --forward-mode=io --stats-period 1
	wait_for_line "$log" 'start packet forwarding' 90
	kill -STOP "${pid_of[$log]}"
	secondary=$work/stopped-$backend.log
	started=$SECONDS
	start_program "$secondary" dpdk-proc-info -a 01:00.0 -a 03:00.0 -- --xstats
	wait_for_end "$secondary" 60 || true # its status is what it makes of no ports
	echo "dpdk-proc-info ended after $((SECONDS - started)) s"
	grep -E 'IOMMUFD|Fail to recv reply' "$secondary" || true
	expect_line "$secondary" 'IOMMUFD: the primary process does not answer'
	expect_line "$secondary" 'IOMMUFD'
	expect_no_line "$secondary" 'backend stock'
	# Each of EAL's own requests would wait for five seconds.
	[ "$(count_lines "$secondary" 'Fail to recv reply for request.*iommufd_device')" = 1 ] || fail "not one request that waited"
	[ "$(count_lines "$secondary" 'Fail to recv reply for request.*eal_vfio_mp_sync')" = 1 ] || fail "more requests than one to DPDK's own code"
	kill -CONT "${pid_of[$log]}"
	dpdk-proc-info -a 01:00.0 -a 03:00.0 -- --xstats >"$work/goes-on-$backend.log" 2>&1 || fail "dpdk-proc-info ended with status $?"
	expect_no_line "$work/goes-on-$backend.log" 'IOMMUFD: .*(cannot|does not)'
	[ "$(count_lines "$work/goes-on-$backend.log" 'rx_good_packets')" = 2 ] || fail "not two ports"
	stop_testpmd "$log" || fail "testpmd ended with status $?"
	check_nothing_pinned
done
