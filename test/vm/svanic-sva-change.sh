#!/bin/bash
# A port sends from memory that is unmapped and mapped anew, replaced by mremap(), dropped by MADV_DONTNEED, and forbidden by mprotect(),
# by turns, while another port of the same sva forwards: what arrives is what the process had there at each turn, never what was there before.
# machine: --nic svanic:link=pair0 --nic virtio:link=pair0,kernel --nic svanic:link=pair1 --nic virtio:link=pair1,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

turns=${TURNS:-2000}
program=$programs/sva_ports
[ -x "$program" ] || skip "there is no sva_ports in this root"
bind_vfio 01:00.0 03:00.0
mkdir "$work/turns"
python3 -c '
import sys
for turn in range(int(sys.argv[1])):
    with open(f"{sys.argv[2]}/{turn}", "wb") as file:
        file.write(turn.to_bytes(8, "big") * 125)' "$turns" "$work/turns"
start_program "$work/peer.log" "$programs/peer" expect "$(interface_of 02:00.0)" "$work"/turns/*
wait_for_line "$work/peer.log" 'peer: listening'
start_flow 04:00.0

log=$work/ports.log
# However long the kernel takes for an answer on a busy machine: a frame is refused only where there is no memory.
start_program "$log" "$program" -a 01:00.0,sva=1,patience=0 -a 03:00.0,sva=1,patience=0 --iova-mode=va -- change "$turns"
wait_for_line "$log" 'sva_ports: ready' 90
wait_for_flow
wait_for_line "$log" 'sva_ports: changed' 300
grep 'turns,' "$log"
expect_line "$log" "sva_ports: $turns turns, [1-9][0-9]* changes followed, $((turns / 4)) invalidations, $((turns / 4)) refused\$"
wait_for_flow
stop_flow
stop_program "$work/peer.log" TERM || fail "what arrived is not what the process had"
cat "$work/peer.log"
expect_line "$work/peer.log" "peer: $turns frames as expected, 0 others, 0 missing"
stop_program "$log" TERM || fail "the program ended with status $?"
expect_line "$log" 'sva_ports: done'
check_nothing_pinned
