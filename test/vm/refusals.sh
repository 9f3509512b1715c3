#!/bin/bash
# Refusals whose cause is easily mistaken: a device that this very process has open is not said to be another program's, and memory that
# runs out in a memory cgroup is not put down to a limit on locked memory that has room.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

user=1000
cgroup=/sys/fs/cgroup/refusals
bind_vfio 01:00.0
restore() {
	chown root /dev/iommu
	[ ! -d $cgroup ] || rmdir $cgroup
}
chown $user /dev/iommu /dev/vfio/devices/vfio* "/dev/vfio/$(group_of 01:00.0)"

refusals() { # NAME SETTINGS: the line
	log=$work/$1-$2.log
	"$programs/refusals" "$1" "backend=$2" "$(pci_device 01:00.0)" >"$log" 2>&1 || fail "not refused as it should be"
	grep -E 'refusals:|iommufd:|IOMMUFD:' "$log"
}

# Nobody in it can be killed for memory, so that the kernel says ENOMEM.
fill_in_cgroup() { # SETTINGS
	start_program "$log" bash -c 'echo -1000 >/proc/self/oom_score_adj; ulimit -l 1048576; exec "$@"' - \
		setpriv --reuid=$user --regid=$user --clear-groups "$programs/refusals" fill "backend=$1" "$(pci_device 01:00.0)"
	wait_for_line "$log" 'refusals: ready'
	echo "${pid_of[$log]}" >$cgroup/cgroup.procs
	kill -USR1 "${pid_of[$log]}"
	wait_for_end "$log" 60
}

for backend in iommufd type1; do
	echo "== $backend, a device that this process has open already"
	refusals twice $backend
	expect_line "$log" '0000:01:00.0: .*\(held by this process itself, by its file descriptor [0-9]+\): close it there first'
	expect_no_line "$log" 'end that program'
done
check_nothing_pinned

mountpoint -q /sys/fs/cgroup || mount -t cgroup2 none /sys/fs/cgroup
grep -q memory /sys/fs/cgroup/cgroup.controllers || skip "no memory cgroups in this kernel (all else passed)"
echo +memory >/sys/fs/cgroup/cgroup.subtree_control
mkdir $cgroup
echo 16M >$cgroup/memory.max
declare -A counter=([iommufd]=VmPin [type1]=VmLck)
for backend in iommufd type1; do
	echo "== $backend, a memory cgroup that is full"
	log=$work/fill-$backend.log
	fill_in_cgroup $backend || fail "memory did not run out"
	grep -E 'refusals:|iommufd:|IOMMUFD:' "$log"
	has_room="the limit on locked memory, 1048576 KiB, has room for it \([1-9][0-9]* KiB are charged: ${counter[$backend]} of this process\)"
	expect_line "$log" "cannot pin 4 KiB for DMA: out of memory \(ENOMEM\)(. Looked at: $has_room.*; the memory cgroup /refusals, where I/O page tables count, uses [0-9]+ of 16384 KiB|, also for a look at limits and charges)"
	expect_no_line "$log" 'raise it to'
	check_nothing_pinned
done
