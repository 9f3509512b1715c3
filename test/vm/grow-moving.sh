#!/bin/bash
# A NIC is moved between two address spaces, very often, while a thread takes memory from EAL and gives it back: both spaces have what
# is new, and frames go out of it. In the suite few times; with GROW_MOVES=2000 in the environment of the guest as often as that: doc/security.md
# has the figures.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
# deadline: 3600
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/churn.sh"

moves=${GROW_MOVES:-10}
log=$work/moving.log
bind_vfio 01:00.0
need_iommufd
note_before
start_flow 02:00.0
export RTE_IOMMUFD=backend=iommufd
start_program "$log" "$programs/grow_moving" -a 01:00.0 --iova-mode=va -- 0000:01:00.0 "$moves" 20
wait_for_end "$log" 1000 || fail "it ended with status $?"
mean() { awk '{ memory += $4; move += $8 } END { printf "%d ms for memory, %d ms for itself", memory / NR, move / NR }'; }
echo "a move of the first ten took $(grep -m 10 '^grow_moving: move ' "$log" | mean), one of the last ten $(grep '^grow_moving: move ' "$log" | tail -n 10 | mean)"
grep 'grow_moving: done' "$log"
expect_line "$log" "grow_moving: done, $moves moves"
expect_no_line "$log" 'IOMMUFD: .*(cannot|does not)'
running "$work/flow.log" || { cat "$work/flow.log"; fail "frames were changed"; }
expect_next_start moving
check_no_faults
