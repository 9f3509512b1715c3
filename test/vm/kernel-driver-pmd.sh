#!/bin/bash
# Two NICs that a driver of the kernel has are asked for. Without a PMD that works through it each gets a line with the advice to bind
# it to vfio-pci; with such a PMD none does, at start and when it is attached later.
# machine: --nic e1000e --nic e1000e --hugepages 600
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

modprobe vfio-pci # the plugin looks at devices only where there is VFIO
give_to_kernel 01:00.0 e1000e
give_to_kernel 02:00.0 e1000e
pmd=$programs/beside_kernel_pmd.so
[ -e "$pmd" ] || skip "DPDK's structures for drivers are not known here"

try_both() { # NAME EAL-ARGUMENTS...: one NIC at start, the other attached
	local log=$work/$1.log
	shift
	printf '%s\n' 'port attach 0000:02:00.0' quit | dpdk-testpmd "$@" -a 01:00.0 --iova-mode=va -- -i --total-num-mbufs=2048 >"$log" 2>&1 ||
		fail "testpmd ended with status $?"
	grep IOMMUFD: "$log" || true
}

echo "== no PMD for them"
try_both without
for nic in 0000:01:00.0 0000:02:00.0; do
	expect_line "$work/without.log" "IOMMUFD: $nic: bound to e1000e, and no driver of DPDK has taken it so: .*\"dpdk-devbind.py -b vfio-pci $nic\""
done

echo "== a PMD that works through the kernel's driver"
try_both with -d "$pmd" --log-level=bus.pci:info
expect_no_line "$work/with.log" 'IOMMUFD:'
expect_line "$work/with.log" 'Probe PCI driver: test_beside_kernel .*0000:01:00.0'
