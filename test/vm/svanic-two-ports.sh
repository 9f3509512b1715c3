#!/bin/bash
# Two ports with sva=1 in one process share its one sva: frames go from one to the other and back, unchanged. One sva has one pin-limit:
# another one is refused in one line, and the port that was there first works.
# machine: --nic svanic:link=pair0 --nic virtio:link=pair0,kernel --nic svanic:link=pair1 --nic virtio:link=pair1,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

threads_named() { cat "/proc/${pid_of[$log]}"/task/*/comm | grep -cxF "$1"; }

bind_vfio 01:00.0 03:00.0
log=$work/two.log
start_testpmd "$log" -a 01:00.0,sva=1,pin-limit=64M -a 03:00.0,sva=1 --iova-mode=va -- --forward-mode=io --total-num-mbufs=4096 --stats-period 1
wait_for_line "$log" 'start packet forwarding' 90
[ "$(count_lines "$log" 'addresses of this process by PASID')" = 2 ] || fail "not a PASID for each port"
[ "$(threads_named iommufd-sva)" = 1 ] || fail "$(threads_named iommufd-sva) threads serve page requests"
start_program "$work/far.log" "$programs/peer" reflect "$(interface_of 04:00.0)"
wait_for_line "$work/far.log" 'peer: listening'
echo_frames 02:00.0 1000
stop_program "$work/far.log" TERM || fail "the far end"
cat "$work/far.log"
[ "$(sed -nE 's/^peer: ([0-9]+) frames reflected/\1/p' "$work/far.log")" -ge 1000 ] || fail "frames have not gone through both ports"
/src/devtools/guest/port-counters | grep -E '^sva_'
stop_testpmd "$log" || fail "testpmd ended with status $?"
check_nothing_pinned

log=$work/limits.log
start_testpmd "$log" -a 01:00.0,sva=1,pin-limit=64M -a 03:00.0,sva=1,pin-limit=32M --iova-mode=va -- --forward-mode=io --port-topology=loop \
	--total-num-mbufs=2048 --stats-period 1
wait_for_line "$log" 'start packet forwarding' 90
expect_line "$log" 'IOMMUFD: this process has an sva already, .*pin_limit 67108864'
expect_no_line "$log" 'SVANIC: 0000:03:00.0'
expect_line "$log" 'addresses of this process by PASID'
echo_frames 02:00.0 200
stop_testpmd "$log" || fail "testpmd ended with status $?"
check_no_faults
check_nothing_pinned
