#!/bin/bash
# A NIC is taken out of a running testpmd and put back in, on each backend: what was mapped is there again for it.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0
mkfifo "$work/commands"

say() { printf '%s\n' "$@" >&5; }

for backend in iommufd type1 stock; do
	echo "== $backend"
	log=$work/$backend.log
	RTE_IOMMUFD=backend=$backend dpdk-testpmd -a 01:00.0 --iova-mode=va -- -i --total-num-mbufs=2048 <"$work/commands" >"$log" 2>&1 &
	pid_of[$log]=$!
	exec 5>"$work/commands"
	say 'set fwd io' start
	echo_frames 02:00.0 50
	for turn in 1 2; do
		say stop 'port stop 0' 'port close 0' 'device detach 0000:01:00.0' 'port attach 0000:01:00.0' 'port start 0' start
		wait_for_lines "$log" 'Port 0 is attached' "$turn"
		echo_frames 02:00.0 50
	done
	say stop quit
	exec 5>&-
	wait_for_end "$log" 30 || fail "testpmd ended with status $?"
	expect_no_line "$log" 'IOMMUFD: .*(cannot|does not)'
	check_nothing_pinned
done
check_no_faults
