#!/bin/bash
# A machine without an IOMMU, with VFIO's unsafe switch on: by the device's own node and by its group frames go through, one loud line
# says what that means.
# machine: --iommu none --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

load_with vfio enable_unsafe_noiommu_mode=1
bind_vfio 01:00.0
ls /dev/vfio/devices/noiommu-vfio* || fail "the kernel gives the device no node"
restore() { [ ! -e /dev/vfio/devices.away ] || mv /dev/vfio/devices.away /dev/vfio/devices; }

try_unsafe() { # NAME EAL-OPTIONS...
	local log=$work/$1.log
	echo "== $1"
	shift
	start_testpmd "$log" -a 01:00.0 "$@" -- --forward-mode=io --total-num-mbufs=2048 --stats-period 1
	wait_for_line "$log" 'start packet forwarding' 90
	grep IOMMUFD: "$log"
	expect_backend "$log" noiommu
	expect_line "$log" 'backend noiommu: UNSAFE: no IOMMU keeps this device from'
	pinned=$(pinned_pages)
	echo "$pinned pages pinned"
	echo_frames 02:00.0 100
	stop_testpmd "$log" || fail "testpmd ended with status $?"
	check_nothing_pinned
}

try_unsafe cdev
[ "$pinned" -gt 0 ] || fail "the device's node pins nothing"
try_unsafe cdev-static -m 64 --single-file-segments
mv /dev/vfio/devices /dev/vfio/devices.away
try_unsafe group
mv /dev/vfio/devices.away /dev/vfio/devices

echo "== virtual addresses: DPDK's PCI bus does not come to us with them"
log=$work/va.log
dpdk-testpmd -a 01:00.0 --iova-mode=va -- --total-num-mbufs=2048 >"$log" 2>&1 </dev/null || true
expect_line "$log" 'Requested device 0000:01:00.0 cannot be used'

echo "== DPDK's own code"
log=$work/stock.log
RTE_IOMMUFD=backend=stock start_testpmd "$log" -a 01:00.0 -- --forward-mode=io --total-num-mbufs=2048 --stats-period 1
wait_for_line "$log" 'start packet forwarding' 90
echo_frames 02:00.0 50
stop_testpmd "$log" || fail "testpmd ended with status $?"
