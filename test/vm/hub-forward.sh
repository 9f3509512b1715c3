#!/bin/bash
# testpmd forwards between two NICs on one hub; the third NIC there belongs to the guest's kernel, which sends frames and finds each
# byte of what circulates afterwards unchanged: what one port sends the other receives, so a frame goes round until one is dropped.
# machine: --nic e1000e:link=hub0 --nic e1000e:link=hub0 --nic virtio:link=hub0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

log=$work/testpmd.log
bind_vfio 01:00.0 02:00.0
start_testpmd "$log" -a 01:00.0 -a 02:00.0 --iova-mode=va -- --forward-mode=io --stats-period 1
wait_for_line "$log" 'start packet forwarding' 90
expect_backend "$log" iommufd
echo_frames 03:00.0 40
stop_testpmd "$log" || fail "testpmd ended with status $?"
for port in 0 1; do
	echo "port $port: $(rx_packets "$log" $port) packets received, $(tx_packets "$log" $port) sent"
	[ "$(rx_packets "$log" $port)" -gt 0 ] || fail "nothing received on port $port"
	[ "$(tx_packets "$log" $port)" -gt 0 ] || fail "nothing sent on port $port"
done
check_no_faults
check_nothing_pinned
