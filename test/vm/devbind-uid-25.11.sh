#!/bin/bash
# dpdk-devbind.py --uid, which DPDK 25.11 has: it gives a user the node of the group, and none of IOMMUFD's. As this user testpmd forwards as
# with DPDK's own code, by a legacy container, and its line says why; when the user has IOMMUFD's nodes as well, by these.
# machine: --dpdk 25.11 --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

need_iommufd
restore() { chown root:root /dev/iommu; }

dpdk-devbind.py --uid nobody --gid nogroup -b vfio-pci 0000:01:00.0
bound_nics+=(01:00.0)
group=/dev/vfio/$(group_of 01:00.0)
device=/dev/vfio/devices/$(basename /sys/bus/pci/devices/0000:01:00.0/vfio-dev/vfio*)
owner_of() { stat -c %U:%G "$1"; } # NODE
[ "$(owner_of "$group")" = nobody:nogroup ] || fail "$group is of $(owner_of "$group")"
[ "$(owner_of "$device")" = root:root ] || fail "$device is of $(owner_of "$device"): devbind gives more than the guide says"

forward_as_nobody() { # NAME BACKEND LINE
	local log=$work/$1.log
	echo "== $1"
	start_program "$log" bash -c 'ulimit -l unlimited; exec setpriv --reuid=nobody --regid=nogroup --clear-groups --no-new-privs "$@"' - \
		dpdk-testpmd -a 01:00.0 --in-memory -m 64 -- --no-mlockall --forward-mode=io --total-num-mbufs=2048 --stats-period 1
	wait_for_line "$log" 'start packet forwarding' 90
	expect_backend "$log" "$2"
	expect_line "$log" "$3"
	echo_frames 02:00.0 100
	stop_testpmd "$log" || fail "testpmd ended with status $?"
	check_nothing_pinned
}

RTE_IOMMUFD=backend=stock forward_as_nobody dpdk-alone stock 'backend stock'
forward_as_nobody group-node type1v2 'backend type1v2: no permission to open /dev/iommu'
chown nobody /dev/iommu "$device"
forward_as_nobody all-nodes iommufd 'backend iommufd'
check_no_faults
