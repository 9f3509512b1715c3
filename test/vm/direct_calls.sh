# What scripts share that run testpmd with a librte_eal that calls its own functions directly (-Bsymbolic-functions). Sourced after lib.sh
# and wire.sh.
# shellcheck shell=bash

declare -gA pid_of # LOG -> process; functions.sh has begun it

direct='this librte_eal calls its own VFIO functions directly'
direct_soname=$(basename "$(echo "$libraries"/librte_eal.so.[0-9][0-9])")
mkdir "$work/lib"
ln -s "$programs/direct/librte_eal.so" "$work/lib/$direct_soname"
export LD_LIBRARY_PATH=$work/lib

containers_open() { # LOG: descriptors of /dev/vfio/vfio
	find "/proc/${pid_of[$1]}/fd" -lname /dev/vfio/vfio | wc -l
}

# start_direct LOG BACKEND CONTAINERS EAL-OPTIONS...: testpmd forwards with the NIC at 01:00.0 by this backend (a regex), one line tells that
# EAL's own calls are direct, and this number of descriptors of /dev/vfio/vfio is open.
start_direct() {
	local log=$1 backend=$2 containers=$3 open
	shift 3
	start_testpmd "$log" -a 01:00.0 "$@" -- --forward-mode=io --total-num-mbufs=2048 --stats-period 1
	wait_for_line "$log" 'start packet forwarding' 90
	expect_backend "$log" "$backend"
	expect_line "$log" "$direct"
	grep -q "$programs/direct/" "/proc/${pid_of[$log]}/maps" || fail "the program runs with another librte_eal"
	open=$(containers_open "$log")
	echo "$open descriptors of /dev/vfio/vfio are open"
	[ "$open" = "$containers" ] || fail "$open descriptors of /dev/vfio/vfio"
}

# On each backend, and in a secondary process where the library has the device. DPDK's own code has one container open; type1 one more,
# which is in use.
forward_with_direct_calls() { # BACKEND...
	local backend log containers
	for backend in "$@"; do
		echo "== $backend"
		export RTE_IOMMUFD=backend=$backend
		log=$work/$backend.log
		containers=1
		[ "$backend" != type1 ] || containers=2
		start_direct "$log" "$backend(v2)?" $containers --iova-mode=va
		echo_frames 02:00.0 50
		[ "$backend" = stock ] || read_by_secondary "$work/secondary-$backend.log"
		stop_testpmd "$log" || fail "testpmd ended with status $?"
		check_nothing_pinned
	done
	check_no_faults
}
