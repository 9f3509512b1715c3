#!/bin/bash
# A machine without an IOMMU, with VFIO's unsafe switch on: the device is left to DPDK's own code, and the line says why.
# machine: --iommu 0 --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

modprobe vfio enable_unsafe_noiommu_mode=1
bind_vfio 01:00.0
log=$work/testpmd.log
start_testpmd "$log" -a 01:00.0 -- --forward-mode=io --total-num-mbufs=2048 --stats-period 1
wait_for_line "$log" 'start packet forwarding' 90
expect_backend "$log" stock
expect_line "$log" 'backend stock: the device has no IOMMU'
echo_frames 02:00.0 100
stop_testpmd "$log" || fail "testpmd ended with status $?"
