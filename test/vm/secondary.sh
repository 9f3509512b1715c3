#!/bin/bash
# A secondary process sees the primary's NIC: dpdk-proc-info reads its statistics while frames go through.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0
for backend in iommufd type1; do
	echo "== $backend"
	export RTE_IOMMUFD=backend=$backend
	log=$work/primary-$backend.log
	start_testpmd "$log" -a 01:00.0 --iova-mode=va -- --forward-mode=io --stats-period 1
	wait_for_line "$log" 'start packet forwarding' 90
	echo_frames 02:00.0 100
	dpdk-proc-info -a 01:00.0 -- --xstats >"$work/secondary-$backend.log" 2>&1 || fail "dpdk-proc-info ended with status $?"
	grep -E 'IOMMUFD|rx_good_packets|tx_good_packets' "$work/secondary-$backend.log" || true
	seen=$(sed -nE 's/^.*rx_good_packets: ([0-9]+)$/\1/p' "$work/secondary-$backend.log")
	# What was lost on the way was sent again: there can be more than 100, but no more than the primary has by its next count.
	wait_for_lines "$log" 'statistics for port 0' $(($(count_lines "$log" 'statistics for port 0') + 2))
	[ "${seen:-0}" -ge 100 ] && [ "$seen" -le "$(rx_packets "$log")" ] ||
		fail "the secondary process counts ${seen:-no} frames, the primary $(rx_packets "$log")"
	expect_no_line "$work/secondary-$backend.log" 'cannot be used'
	echo_frames 02:00.0 100
	stop_testpmd "$log" || fail "testpmd ended with status $?"
	check_nothing_pinned
done
