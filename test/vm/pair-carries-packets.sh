#!/bin/bash
# The lab itself: what stock testpmd sends on one NIC of a pair arrives at the other, and the capture has it too.
# machine: --kernel stock --nic e1000e:link=pair0,capture --nic e1000e:link=pair0
. "$(dirname "$0")/lib.sh"

log=$work/testpmd.log
bind_vfio 01:00.0 02:00.0
export RTE_IOMMUFD=backend=stock
start_testpmd "$log" -a 01:00.0 -a 02:00.0 --iova-mode=va -- --forward-mode=txonly --stats-period 1
wait_for_line "$log" 'RX-packets: [1-9]' 90
stop_testpmd "$log" || fail "testpmd ended with status $?"
[ "$(rx_packets "$log" 1)" -gt 0 ] || fail "nothing arrived at the second NIC"
[ "$(stat -c %s /lab/nic0.pcap)" -gt 100 ] || fail "the capture is empty"
