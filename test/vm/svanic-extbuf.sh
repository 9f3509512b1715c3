#!/bin/bash
# net_svanic receives into external memory that is pinned to its mbufs (testpmd's --mp-alloc=xbuf), with plain addresses and with sva=1:
# frames come back as they were, and the mbufs go round the pool more than once.
# machine: --nic svanic:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

for devargs in "" ,sva=1; do
	log=$work/testpmd$devargs.log
	bind_vfio 01:00.0
	start_testpmd "$log" -a "01:00.0$devargs" --iova-mode=va -- --mp-alloc=xbuf --total-num-mbufs=1536 --port-topology=loop --forward-mode=io \
		--no-mlockall --stats-period=1
	wait_for_line "$log" 'packet forwarding - ports' 90
	echo_frames 02:00.0 2500
	stop_testpmd "$log" || fail "testpmd ended with status $?"
	check_nothing_pinned
done
check_no_faults
