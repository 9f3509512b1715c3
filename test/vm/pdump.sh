#!/bin/bash
# dpdk-pdump, a secondary process, captures what testpmd receives and sends; the files have each frame of the peer, byte for byte.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

polling_share="" # captures end here: see lib.sh
frames=200

# What a process has received from another one is closed when it executes a program, as what it opens itself.
check_fds_close_on_exec() { # PROCESS
	local fd fds flags checked=
	mapfile -t fds < <(find "/proc/$1/fd" -lname '*vfio*')
	for fd in "${fds[@]}"; do
		flags=$(awk '$1 == "flags:" { print $2 }' "/proc/$1/fdinfo/${fd##*/}")
		echo "descriptor ${fd##*/}, $(readlink "$fd"): flags $flags"
		[ $((flags & 02000000)) != 0 ] || fail "it stays open on exec"
		checked=yes
	done
	[ "$checked" ] || fail "the process has no descriptor of a device"
}

bind_vfio 01:00.0
for backend in iommufd type1; do
	echo "== $backend"
	export RTE_IOMMUFD=backend=$backend
	log=$work/primary-$backend.log
	capture=$work/pdump-$backend.log
	start_testpmd "$log" -a 01:00.0 --iova-mode=va -- --forward-mode=io --total-num-mbufs=2048 --stats-period 1
	wait_for_line "$log" 'start packet forwarding' 90
	expect_backend "$log" "$backend(v2)?"
	start_program "$capture" stdbuf -oL dpdk-pdump -- --pdump "port=0,queue=*,rx-dev=$work/rx-$backend.pcap,tx-dev=$work/tx-$backend.pcap"
	wait_for_line "$capture" 'capture for|core \(' 60
	check_fds_close_on_exec "${pid_of[$capture]}"
	echo_frames 02:00.0 $frames
	stop_program "$capture" INT || fail "dpdk-pdump ended with status $?"
	plain_text "$capture"
	for side in rx tx; do
		"$programs/peer" captured "$work/$side-$backend.pcap" "$(interface_of 02:00.0)" $frames || fail "the capture ($side) is not what was sent"
	done
	expect_no_line "$capture" 'IOMMUFD: .*(cannot|does not)'
	echo_frames 02:00.0 50
	stop_testpmd "$log" || fail "testpmd ended with status $?"
	expect_line "$log" IOMMUFD: # and no complaint
	check_nothing_pinned
done
check_no_faults
