#!/bin/bash
# A group of which the kernel's driver keeps a member: a legacy container cannot have it, and the line names the member, its driver
# and the remedy.
# machine: --nic e1000e:group=both --nic e1000e:group=both
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0
give_to_kernel 01:00.1 e1000e
[ "$(group_of 01:00.0)" = "$(group_of 01:00.1)" ] || fail "the two functions are not in one group"

for backend in type1 auto; do
	log=$work/$backend.log
	echo "== backend=$backend"
	RTE_IOMMUFD=backend=$backend dpdk-testpmd -a 01:00.0 --iova-mode=va -- --total-num-mbufs=2048 >"$log" 2>&1 </dev/null || true
	grep IOMMUFD: "$log"
	expect_line "$log" "IOMMUFD: 0000:01:00.0: IOMMU group $(group_of 01:00.0) cannot be used, its member 0000:01:00.1 is bound to e1000e: run \"dpdk-devbind.py -b vfio-pci 0000:01:00.1\""
	expect_line "$log" 'Requested device 0000:01:00.0 cannot be used'
done
release_from_driver 01:00.1
check_nothing_pinned
