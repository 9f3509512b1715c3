#!/bin/bash
# A librte_eal that calls its own functions directly (-Bsymbolic-functions): the PCI bus's calls get to the plugin all the same, frames
# go through by each backend and in a secondary process, and one line tells what else is open.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

direct='this librte_eal calls its own VFIO functions directly'
soname=$(basename "$(echo "$libraries"/librte_eal.so.[0-9][0-9])")
mkdir "$work/lib"
ln -s "$programs/direct/librte_eal.so" "$work/lib/$soname"
export LD_LIBRARY_PATH=$work/lib

containers_open() { # LOG: descriptors of /dev/vfio/vfio
	find "/proc/${pid_of[$1]}/fd" -lname /dev/vfio/vfio | wc -l
}

bind_vfio 01:00.0
for backend in iommufd type1 stock; do
	echo "== $backend"
	export RTE_IOMMUFD=backend=$backend
	log=$work/$backend.log
	start_testpmd "$log" -a 01:00.0 --iova-mode=va -- --forward-mode=io --total-num-mbufs=2048 --stats-period 1
	wait_for_line "$log" 'start packet forwarding' 90
	expect_backend "$log" "$backend(v2)?"
	expect_line "$log" "$direct"
	grep -q "$programs/direct/" "/proc/${pid_of[$log]}/maps" || fail "the program runs with another librte_eal"
	open=$(containers_open "$log")
	echo "$open descriptors of /dev/vfio/vfio are open"
	# DPDK's own code has one; type1 one more, which is in use.
	[ "$open" = "$([ "$backend" = type1 ] && echo 2 || echo 1)" ] || fail "$open descriptors of /dev/vfio/vfio"
	echo_frames 02:00.0 50
	if [ "$backend" != stock ]; then
		dpdk-proc-info -a 01:00.0 -- --xstats >"$work/secondary-$backend.log" 2>&1 || fail "dpdk-proc-info ended with status $?"
		expect_line "$work/secondary-$backend.log" 'rx_good_packets'
	fi
	stop_testpmd "$log" || fail "testpmd ended with status $?"
	check_nothing_pinned
done
check_no_faults
