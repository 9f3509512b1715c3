#!/bin/bash
# Devices that cannot be had: each ends in one clear line with the remedy, and testpmd goes on or ends as with DPDK's own code.
# machine: --nic e1000e --nic e1000e --hugepages 600
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

testpmd_status() { # LOG ARGUMENTS...
	local log=$1 status=0
	shift
	dpdk-testpmd "$@" --iova-mode=va -- --total-num-mbufs=2048 >"$log" 2>&1 </dev/null || status=$?
	echo $status
}

# as_stock NAME REGEX ARGUMENTS...: one line of ours says it, and the exit status is the one of DPDK's own code.
as_stock() {
	local name=$1 regex=$2 ours stock
	shift 2
	echo "== $name"
	ours=$(testpmd_status "$work/$name.log" "$@")
	stock=$(RTE_IOMMUFD=backend=stock testpmd_status "$work/$name-stock.log" "$@")
	grep IOMMUFD: "$work/$name.log" || true
	expect_line "$work/$name.log" "$regex"
	[ "$ours" = "$stock" ] || fail "exit status $ours, with DPDK's own code $stock"
}

modprobe vfio-pci
as_stock unbound 'IOMMUFD: 0000:01:00.0: not bound to any driver: run "dpdk-devbind.py -b vfio-pci 0000:01:00.0"' -a 01:00.0
expect_line "$work/unbound.log" IOMMUFD:
as_stock nonexistent 'IOMMUFD: 0000:77:00.0: there is no such PCI device' -a 77:00.0
expect_line "$work/nonexistent.log" IOMMUFD:

give_to_kernel 01:00.0 e1000e
as_stock kernel-driver 'IOMMUFD: 0000:01:00.0: bound to e1000e, and no driver of DPDK has taken it so: .*run "dpdk-devbind.py -b vfio-pci 0000:01:00.0"' -a 01:00.0
expect_line "$work/kernel-driver.log" IOMMUFD:

echo "== opened by another process, by its cdev"
bind_vfio 01:00.0 02:00.0 # which takes them from the kernel's driver
log=$work/first.log
start_testpmd "$log" -a 01:00.0 --iova-mode=va --file-prefix=first -- --total-num-mbufs=2048 --stats-period 1
wait_for_line "$log" 'start packet forwarding' 90
as_stock second "IOMMUFD: 0000:01:00.0: already opened, and a device can be opened by one program at a time \(held by process ${pid_of[$log]}, dpdk-testpmd\)" -a 01:00.0 --file-prefix=second
echo "== and the other NIC is still to be had"
start_testpmd "$work/other.log" -a 02:00.0 --iova-mode=va --file-prefix=second -- --forward-mode=txonly --total-num-mbufs=2048 --stats-period 1
wait_for_line "$work/other.log" 'TX-packets: +[1-9]' 90
stop_testpmd "$work/other.log" || fail "testpmd ended with status $?"
stop_testpmd "$log" || fail "testpmd ended with status $?"

echo "== opened by another process, by its group"
RTE_IOMMUFD=backend=stock start_testpmd "$log" -a 01:00.0 --iova-mode=va --file-prefix=first -- --total-num-mbufs=2048 --stats-period 1
wait_for_line "$log" 'start packet forwarding' 90
as_stock legacy "IOMMUFD: 0000:01:00.0: its IOMMU group is in use through /dev/vfio/$(group_of 01:00.0) \(held by process ${pid_of[$log]}, dpdk-testpmd\)" -a 01:00.0 --file-prefix=second
stop_testpmd "$log" || fail "testpmd ended with status $?"
check_nothing_pinned
