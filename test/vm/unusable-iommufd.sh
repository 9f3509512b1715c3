#!/bin/bash
# What is missing or forbidden on the way to IOMMUFD leads to a legacy container with the reason, or, where that cannot be had
# either, to one line that names both.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0
restore() {
	[ ! -e /dev/iommu.away ] || mv /dev/iommu.away /dev/iommu
	chmod 600 /dev/iommu
	chmod 666 /dev/vfio/vfio
}
group=/dev/vfio/$(group_of 01:00.0)
cdev=$(echo /dev/vfio/devices/vfio*)
user=1000
mkdir -p "$work/run"
chown $user "$work/run"
chmod 1777 /dev/hugepages

forwards() { # NAME COMMAND...: frames go through a legacy container
	local log=$work/$1.log
	echo "== $1"
	shift
	start_program "$log" "$@" -a 01:00.0 --iova-mode=va -- --forward-mode=io --total-num-mbufs=2048 --stats-period 1
	wait_for_line "$log" 'start packet forwarding' 90
	grep IOMMUFD: "$log"
	expect_backend "$log" type1v2
	echo_frames 02:00.0 50
	stop_testpmd "$log" || fail "testpmd ended with status $?"
	check_nothing_pinned
}

as_user() { # testpmd of an ordinary user, who may pin what it likes
	find /dev/hugepages -name 'rtemap_*' -delete # those of root
	ulimit -l unlimited
	exec env XDG_RUNTIME_DIR="$work/run" setpriv --reuid=$user --regid=$user --clear-groups dpdk-testpmd "$@"
}

chown $user "$group" "$cdev"
chmod 000 /dev/iommu
forwards iommu-mode-000 as_user
expect_line "$work/iommu-mode-000.log" 'backend type1v2: no permission to open /dev/iommu'

mv /dev/iommu /dev/iommu.away
forwards iommu-missing dpdk-testpmd
expect_line "$work/iommu-missing.log" 'backend type1v2: /dev/iommu is missing, but this kernel has its driver'
mv /dev/iommu.away /dev/iommu
chmod 600 /dev/iommu

mv "$cdev" "$cdev.away"
forwards cdev-missing dpdk-testpmd
expect_line "$work/cdev-missing.log" "backend type1v2: $cdev is missing"
mv "$cdev.away" "$cdev"

echo "== nothing for an ordinary user"
log=$work/nothing.log
chown root "$group" "$cdev"
chmod 600 /dev/vfio/vfio
start_program "$log" as_user -a 01:00.0 --iova-mode=va -- --forward-mode=io --stats-period 1
wait_for_line "$log" 'neither IOMMUFD nor legacy containers can be used: no permission to open /dev/iommu .*; no permission to open /dev/vfio/vfio' 60
grep IOMMUFD: "$log"
expect_line "$log" IOMMUFD:
stop_testpmd "$log" || true
chmod 666 /dev/vfio/vfio

echo "== only the group is forbidden"
log=$work/group.log
chmod 000 /dev/iommu
start_program "$log" as_user -a 01:00.0 --iova-mode=va -- --forward-mode=io --stats-period 1
wait_for_line "$log" "0000:01:00.0: neither .*: no permission to open /dev/iommu .*; no permission to open $group" 60
stop_testpmd "$log" || true
chmod 600 /dev/iommu
check_nothing_pinned
