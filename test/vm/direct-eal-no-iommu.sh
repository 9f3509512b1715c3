#!/bin/bash
# As direct-eal, on a machine without an IOMMU, by the device's own node and by its group.
# machine: --iommu none --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/direct_calls.sh"

load_with vfio enable_unsafe_noiommu_mode=1
bind_vfio 01:00.0
restore() { [ ! -e /dev/vfio/devices.away ] || mv /dev/vfio/devices.away /dev/vfio/devices; }

try_unsafe() { # NAME CONTAINERS
	local log=$work/$1.log
	echo "== $1"
	start_direct "$log" noiommu "$2"
	expect_line "$log" 'backend noiommu: UNSAFE: no IOMMU keeps this device from'
	echo_frames 02:00.0 50
	stop_testpmd "$log" || fail "testpmd ended with status $?"
	check_nothing_pinned
}

try_unsafe cdev 1
mv /dev/vfio/devices /dev/vfio/devices.away
try_unsafe group 2
