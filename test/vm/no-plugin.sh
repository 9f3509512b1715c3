#!/bin/bash
# Without the plugin testpmd is DPDK's own again, on the same NIC and kernel; and with it, programs without a VFIO device start as
# before and hear nothing of us.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
# drivers: all
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

plugin=$(echo "$libraries"/dpdk/pmds-*/librte_bus_pci_iommufd.so)

echo "== a program without PCI devices"
for options in "--no-pci --vdev=net_null0" "--vdev=net_null0"; do
	# shellcheck disable=SC2086
	dpdk-testpmd $options --no-huge -m 128 --log-level=eal:3 -- --total-num-mbufs=2048 </dev/null >"$work/null.log" 2>&1 ||
		fail "testpmd $options ended with status $?"
	expect_no_line "$work/null.log" IOMMUFD
done

echo "== removed"
mv "$plugin" "$work/kept"
bind_vfio 01:00.0
log=$work/testpmd.log
start_testpmd "$log" -a 01:00.0 --iova-mode=va -- --forward-mode=io --stats-period 1
wait_for_line "$log" 'start packet forwarding' 90
wait_for_line "$log" 'Using IOMMU type 1'
expect_no_line "$log" IOMMUFD
echo_frames 02:00.0 100
stop_testpmd "$log" || fail "testpmd ended with status $?"
mv "$work/kept" "$plugin"
check_nothing_pinned
