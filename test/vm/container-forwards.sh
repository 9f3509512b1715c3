#!/bin/bash
# A container in which an ordinary user without rights has /dev/iommu, one node of a device, hugepages and sysfs: testpmd forwards by
# IOMMUFD. The same with both files passed, and no node at all.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel --nic e1000e
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/container.sh"

need_iommufd
bind_vfio 01:00.0 03:00.0
cdev=$(node_of 01:00.0)

start_container nodes -d /dev/iommu -d "$cdev"
forwards_in_container nodes iommufd
nodes=$(check_contained nodes)
echo "its nodes: $nodes"
[ "$(tr ' ' '\n' <<<"$nodes" | sed '/^$/d' | sort | xargs)" = "./iommu .${cdev#/dev}" ] || fail "other nodes"
end_container nodes

start_container passed -f iommu=/dev/iommu -f "$(basename "$cdev")=$cdev"
forwards_in_container passed iommufd
nodes=$(check_contained passed)
[ -z "$nodes" ] || fail "it has nodes: $nodes"
end_container passed
check_no_faults
