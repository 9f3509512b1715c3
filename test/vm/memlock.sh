#!/bin/bash
# An ordinary user whose limit on locked memory is too small: one line with the limit, what was wanted and the remedy; with a large
# enough limit the same command works.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

user=1000
bind_vfio 01:00.0
restore() { chown root /dev/iommu; }
chown $user /dev/iommu /dev/vfio/devices/vfio* "/dev/vfio/$(group_of 01:00.0)"
chmod 1777 /dev/hugepages
mkdir -p "$work/run"
chown $user "$work/run"

with_limit() { # KIB TESTPMD-ARGUMENTS...
	ulimit -l "$1"
	shift
	exec env XDG_RUNTIME_DIR="$work/run" setpriv --reuid=$user --regid=$user --clear-groups dpdk-testpmd "$@"
}

declare -A counter=([iommufd]=VmPin [type1]=VmLck)
for backend in iommufd type1; do
	echo "== $backend, too small"
	log=$work/small-$backend.log
	export RTE_IOMMUFD=backend=$backend
	(with_limit 8192 -a 01:00.0 --iova-mode=va --single-file-segments -m 256 -- --total-num-mbufs=2048) >"$log" 2>&1 </dev/null || true
	grep IOMMUFD: "$log"
	expect_line "$log" 'IOMMUFD: cannot pin 262144 KiB for DMA: the limit on locked memory is 8192 KiB, and 0 KiB are charged against it already '"\(${counter[$backend]} of this process\); raise it to at least 262144 "
	expect_line "$log" 'Requested device 0000:01:00.0 cannot be used'
	check_nothing_pinned

	echo "== $backend, large enough"
	log=$work/large-$backend.log
	start_program "$log" with_limit 524288 -a 01:00.0 --iova-mode=va --single-file-segments -m 256 -- --forward-mode=io --total-num-mbufs=2048 --stats-period 1
	wait_for_line "$log" 'start packet forwarding' 90
	echo_frames 02:00.0 50
	stop_testpmd "$log" || fail "testpmd ended with status $?"
	check_nothing_pinned
done
