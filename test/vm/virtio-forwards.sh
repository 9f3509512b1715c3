#!/bin/bash
# net_virtio, whose driver maps its device by itself, carries frames both ways over IOMMUFD.
# machine: --nic virtio:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

log=$work/testpmd.log
bind_vfio 01:00.0
start_testpmd "$log" -a 01:00.0 --iova-mode=va -- --forward-mode=io --stats-period 1
wait_for_line "$log" 'start packet forwarding' 90
expect_backend "$log" iommufd
echo_frames 02:00.0 300
stop_testpmd "$log" || fail "testpmd ended with status $?"
check_no_faults
check_nothing_pinned
