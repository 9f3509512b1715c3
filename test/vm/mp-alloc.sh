#!/bin/bash
# testpmd with its pools in memory of each kind that it offers, for two ports that share an address space: memory of EAL's, and memory of its own,
# which it maps once for each port. The same becomes of each as with DPDK's own code.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel --nic e1000e
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

# forward_with WAY BACKEND: what becomes of it, in $became.
forward_with() {
	local log=$work/$1-$2.log
	RTE_IOMMUFD=backend=$2 start_testpmd "$log" -a 01:00.0 -a 03:00.0 --iova-mode=va -- --mp-alloc="$1" --forward-mode=io --port-topology=loop \
		--total-num-mbufs=2048 --stats-period 1
	wait_for_line "$log" 'start packet forwarding|EAL: Error|Cause:' 90
	became="not started: $(sed -nE 's/.*Cause: //p' "$log" | head -n 1)"
	if grep -q 'start packet forwarding' "$log"; then
		became=forwards
		echo_frames 02:00.0 50
		stop_testpmd "$log" || fail "testpmd ended with status $?"
	fi
	wait_for_end_of "$log"
	expect_line "$log" "IOMMUFD: .*backend $2(v2)?: "
	expect_line "$log" IOMMUFD: # and no complaint
	check_nothing_pinned
	echo "--mp-alloc=$1, $2: $became"
}

# Of one that has not started: it may already have ended.
wait_for_end_of() { [ -z "${pid_of[$1]:-}" ] || wait_for_end "$1" 30 || true; } # LOG

# compare_with WAY BACKEND...
compare_with() {
	local backend stock
	forward_with "$1" stock
	stock=$became
	for backend in "${@:2}"; do
		forward_with "$1" "$backend"
		[ "$became" = "$stock" ] || fail "another result than DPDK's own code"
	done
}

bind_vfio 01:00.0 03:00.0
compare_with native iommufd
compare_with anon iommufd
compare_with xmem iommufd type1
compare_with xmemhuge iommufd
compare_with xbuf iommufd
check_no_faults
