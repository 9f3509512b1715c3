#!/bin/bash
# dpdk-iommufd-info --doctor names the member of the group that the kernel has, and its command makes the NIC usable: it sends packets.
# machine: --nic e1000e:group=both --nic e1000e:group=both
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/info.sh"
need_iommufd

bind_vfio 01:00.0
give_to_kernel 01:00.1 e1000e
golden member 01:00.0 -- 'devices.0.start.verdict="would-fail"' 'devices.0.group.members.1.address="0000:01:00.1"' \
	'devices.0.group.members.1.driver="e1000e"' 'devices.0.group.members.1.keeps_the_group=true' \
	'devices.0.start.reason~its member 0000:01:00.1 is bound to e1000e'
doctor group group-member 01:00.0
run_commands group
nothing_left 01:00.0
start_testpmd "$work/group.log" -a 01:00.0 --iova-mode=va -m 64 -- --forward-mode=txonly --total-num-mbufs=2048 --stats-period 1
wait_for_line "$work/group.log" 'TX-packets: +[1-9]' 90
expect_backend "$work/group.log" iommufd
stop_testpmd "$work/group.log" || fail "testpmd ended with status $?"
check_nothing_pinned
