#!/bin/bash
# On a kernel without IOMMUFD, `backend=stock` leaves DPDK to its own VFIO code: testpmd sends packets and shuts down in order.
# machine: --kernel stock --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
# drivers: all
. "$(dirname "$0")/lib.sh"

log=$work/testpmd.log
[ ! -e /dev/iommu ] || fail "this kernel has /dev/iommu: not the stock one"
bind_vfio 01:00.0
export RTE_IOMMUFD=backend=stock
start_testpmd "$log" -a 01:00.0 --iova-mode=va -- --forward-mode=txonly --stats-period 1
wait_for_line "$log" 'TX-packets: +[1-9]' 90
stop_testpmd "$log" || fail "testpmd ended with status $?"
[ "$(tx_packets "$log")" -gt 0 ] || fail "no packets in the final statistics"
check_no_faults
