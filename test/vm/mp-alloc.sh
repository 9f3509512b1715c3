#!/bin/bash
# testpmd with its pools in memory of its own, which it maps once for each of two ports that share an address space.
# Not with --mp-alloc=anon: testpmd maps that at IOVA 0 and gives the NIC the addresses of the process, so that each DMA is refused, also
# with DPDK's own code.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel --nic e1000e
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0 03:00.0
for way in xmem xmemhuge xbuf; do
	echo "== --mp-alloc=$way"
	log=$work/$way.log
	start_testpmd "$log" -a 01:00.0 -a 03:00.0 --iova-mode=va -- --mp-alloc=$way --forward-mode=io --port-topology=loop --total-num-mbufs=2048 --stats-period 1
	wait_for_line "$log" 'start packet forwarding' 90
	expect_backend "$log" iommufd
	echo_frames 02:00.0 100
	stop_testpmd "$log" || fail "testpmd ended with status $?"
	grep IOMMUFD: "$log"
	expect_line "$log" IOMMUFD: # and no complaint
	check_nothing_pinned
done
check_no_faults
