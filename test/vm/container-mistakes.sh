#!/bin/bash
# Containers that were given something else than they need: a node of another device, a node without a device, a node too few, nodes of
# both worlds. Each is one line that says what is wrong.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel --nic e1000e
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/container.sh"

need_iommufd
bind_vfio 01:00.0 03:00.0
cdev=$(node_of 01:00.0)
group=/dev/vfio/$(group_of 01:00.0)
container=/dev/vfio/vfio
no_container='/dev/vfio/vfio is missing, but this kernel has its driver \(in a container, pass it in'

refused_in_container another-device "$cdev is not this device's node .*: repair /dev; $no_container" \
	-d /dev/iommu -d "$(node_of 03:00.0):$cdev"

mknod "$work/stale" c "0x$(stat -c %t "$cdev")" 4242
refused_in_container stale-node "$cdev is there, but no device behind it: it is left over from another device or another boot .*; $no_container" \
	-d /dev/iommu -d "$work/stale:$cdev"

refused_in_container no-iommu "/dev/iommu is missing, but this kernel has its driver \(in a container, pass it in; .*; $no_container" -d "$cdev"
refused_in_container no-device "$cdev is missing \(in a container, pass it in; .*; $no_container" -d /dev/iommu
refused_in_container passed-another "LISTEN_FDNAMES calls file descriptor 4 \"$(basename "$cdev")\", but its file is not $cdev: .*; $no_container" \
	-f iommu=/dev/iommu -f "$(basename "$cdev")=$(node_of 03:00.0)"

echo "== both worlds: a device node, and a container instead of /dev/iommu"
start_container mixed -d "$cdev" -d "$group" -d $container
forwards_in_container mixed type1v2
expect_line "$work/mixed.log" 'backend type1v2: /dev/iommu is missing, but this kernel has its driver \(in a container, pass it in'
end_container mixed

echo "== both worlds: somebody outside has the group"
RTE_IOMMUFD=backend=type1 start_testpmd "$work/outside.log" -a 01:00.0 --iova-mode=va -m 64 --file-prefix=outside "${forwarding[@]}"
wait_for_line "$work/outside.log" 'start packet forwarding' 90
refused=$work/group-in-use.log
start_program "$refused" limited "$in_namespaces" -d /dev/iommu -d "$cdev" -- "$programs/port" -a 01:00.0 -m 16 -- orders
wait_for_end "$refused" 60 && fail "the program has ended without an error" || true
grep IOMMUFD: "$refused"
expect_line "$refused" "IOMMUFD: 0000:01:00.0: its IOMMU group is in use \\(EBUSY\\): by a process that has $group open and cannot be seen from here"
expect_line "$refused" IOMMUFD:
stop_testpmd "$work/outside.log" || fail "testpmd ended with status $?"
check_nothing_pinned
check_no_faults
