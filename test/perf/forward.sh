#!/bin/bash
# Stock DPDK and ours by turns in one boot: how many packets a second testpmd sends, and how long it is from its start to the first
# packet on the wire. The first turn of each only warms up.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
# deadline: 600
. "$(dirname "$0")/../vm/lib.sh"
. "$(dirname "$0")/../vm/wire.sh"

turns=${TURNS:-5}
seconds=5 # of statistics in each turn, one block a second
bind_vfio 01:00.0
wire=$(interface_of 02:00.0)
ip link set "$wire" promisc on # testpmd addresses nobody in particular

uptime_now() { cut -d' ' -f1 /proc/uptime; }

one_turn() { # BACKEND NUMBER: a line "BACKEND NUMBER START FIRST PACKETS-PER-SECOND..."
	local log=$work/testpmd.log start
	ip link set "$wire" up
	start_program "$work/peer.log" python3 /src/test/vm/peer.py first "$wire"
	wait_for_line "$work/peer.log" 'peer: listening'
	start=$(uptime_now)
	RTE_IOMMUFD=backend=$1 start_testpmd "$log" -a 01:00.0 --iova-mode=va -- --forward-mode=txonly --stats-period 1
	wait_for_line "$work/peer.log" '^[0-9]+\.[0-9]+$' 90
	ip link set "$wire" down # what is sent from now on costs the guest nothing more
	wait_for_lines "$log" 'Tx-pps: +[1-9]' $((seconds + 1)) 120
	expect_backend "$log" "$1"
	stop_testpmd "$log" || fail "testpmd ended with status $?"
	# The first block covers an unknown part of a second.
	echo "$1 $2 $start $(tail -n 1 "$work/peer.log") $(plain_text "$log" | awk '$1 == "Tx-pps:" && $2 > 0 { print $2 }' | tail -n +2 | head -n "$seconds" | xargs)"
	stop_program "$work/peer.log" || true
}

for ((turn = 0; turn <= turns; turn++)); do
	for backend in stock iommufd; do
		one_turn $backend $turn | tee /dev/stderr
	done
done | grep -v ' 0 ' >"$work/turns" || true
python3 /src/test/perf/compare.py "$work/turns" /lab/forward.json
check_no_faults
