#!/bin/bash
# VFIO's unsafe no-IOMMU switch is on, but the machine has an IOMMU: an ordinary user with --no-huge and without --iova-mode gets
# virtual addresses and forwards, because there is no device without an IOMMU.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

switch=/sys/module/vfio/parameters/enable_unsafe_noiommu_mode
modprobe vfio
restore() {
	echo N >$switch
	chown root /dev/iommu
}
echo Y >$switch
bind_vfio 01:00.0
user=1000
mkdir -p "$work/run"
chown $user "$work/run" /dev/iommu /dev/vfio/devices/vfio*
ulimit -l unlimited

log=$work/testpmd.log
start_program "$log" env XDG_RUNTIME_DIR="$work/run" setpriv --reuid=$user --regid=$user --clear-groups \
	dpdk-testpmd -a 01:00.0 --no-huge -m 256 -- --forward-mode=io --port-topology=loop --total-num-mbufs=2048 --stats-period 1
wait_for_line "$log" 'start packet forwarding' 90
grep -E "IOMMUFD:|IOVA mode" "$log"
expect_line "$log" "Selected IOVA mode 'VA'"
expect_backend "$log" iommufd
echo_frames 02:00.0 50
stop_testpmd "$log" || fail "testpmd ended with status $?"
check_nothing_pinned
