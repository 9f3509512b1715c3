#!/bin/bash
# Two NICs on vfio-pci, of which an ordinary user may use only the second: the first ends in one line and decides nothing, the second
# forwards over IOMMUFD.
# machine: --nic e1000e --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0 02:00.0
user=1000
cdev_of() { echo /dev/vfio/devices/"$(basename "$(pci_device "$1")"/vfio-dev/vfio*)"; }
restore() {
	chown root /dev/iommu
	chmod 600 /dev/iommu
}
first=$(cdev_of 01:00.0)
second=$(cdev_of 02:00.0)
check "the NICs have no nodes" test -c "$first" -a -c "$second"
mkdir -p "$work/run"
chown $user "$work/run" /dev/iommu "$second"
chmod 1777 /dev/hugepages
ulimit -l unlimited

log=$work/testpmd.log
start_program "$log" env XDG_RUNTIME_DIR="$work/run" setpriv --reuid=$user --regid=$user --clear-groups \
	dpdk-testpmd --iova-mode=va -- --forward-mode=io --port-topology=loop --total-num-mbufs=2048 --stats-period 1
wait_for_line "$log" 'start packet forwarding' 90
grep IOMMUFD: "$log"
expect_line "$log" "IOMMUFD: 0000:01:00.0: neither IOMMUFD nor legacy containers can be used: no permission to open $first .*; no permission to open /dev/vfio/$(group_of 01:00.0)"
expect_line "$log" 'IOMMUFD: 0000:02:00.0: backend iommufd: '
expect_backend "$log" iommufd
echo_frames 03:00.0 50
stop_testpmd "$log" || fail "testpmd ended with status $?"
check_nothing_pinned
