#!/bin/bash
# A program takes its NIC and gives it back, very often: after each time it has the files, threads, pinned memory and kernel objects that
# it had before, and frames go through the port in some of the turns. In the suite few times; with ATTACH_TURNS=1000 in the environment
# of the guest as often as that: doc/security.md has the figures.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
# deadline: 3600
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/churn.sh"

turns=${ATTACH_TURNS:-20}
every=$((turns < 50 ? 10 : 50))
bind_vfio 01:00.0
note_before

# What DPDK's own code leaves of the heap in each turn is not ours.
bytes_a_turn() { sed -nE 's/^attach_often: bytes a turn: heap (-?[0-9]+)\..*/\1/p' "$1"; } # LOG

attach_often() { # NAME SETTINGS TURNS
	local log=$work/$1.log
	echo "== $1"
	start_flow 02:00.0
	RTE_IOMMUFD=$2 start_program "$log" "$programs/attach_often" -a 01:00.0 --iova-mode=va -m 16 -- 0000:01:00.0 "$3" "$every"
	wait_for_end "$log" 1000 || fail "it ended with status $?"
	grep 'attach_often:' "$log" | tail -n 2
	expect_line "$log" "attach_often: done, $3 turns"
	expect_no_line "$log" 'IOMMUFD: .*(cannot|does not)'
	running "$work/flow.log" || { cat "$work/flow.log"; fail "frames were changed"; }
	RTE_IOMMUFD=$2 expect_next_start "$1"
}

attach_often stock backend=stock 10
read -ra backends <<<"${ATTACH_BACKENDS:-iommufd type1}"
for backend in "${backends[@]}"; do
	attach_often "$backend" "backend=$backend" "$turns"
	[ "$(bytes_a_turn "$work/$backend.log")" -le $(($(bytes_a_turn "$work/stock.log") + 16)) ] ||
		fail "each turn leaves more of the heap than with DPDK's own code"
done
check_no_faults
