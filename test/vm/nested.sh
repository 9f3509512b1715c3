#!/bin/bash
# A NIC translates by a page table of the program's own, behind an SMMUv3: each frame goes out of a page that is mapped by a store for
# that frame alone, and comes back unchanged to a peer that knows nothing of it. A frame out of a page that was unmapped is a fault, which the
# program reads. The kernel is patched, and says so: QEMU's SMMUv3 lacks what Linux wants for this.
# machine: --kernel patched-nesting --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

[[ $(uname -r) = *-lab-patched-nesting* ]] || fail "the kernel's release $(uname -r) does not say that it is patched"
log=$work/nested.log
bind_vfio 01:00.0
start_program "$log" "$programs/nested" -a 01:00.0 --iova-mode=va -m 256 -- echo 0000:01:00.0
wait_for_line "$log" 'nested: ready' 60
echo_frames 02:00.0 300
expect_no_line "$log" 'nested: fault'
check_no_faults

kill -USR1 "${pid_of[$log]}"
wait_for_line "$log" 'nested: sending out of '
page=$(sed -nE 's/^nested: sending out of (0x[0-9a-f]+)$/\1/p' "$log")
# 0x10 is F_TRANSLATION. The frame begins where its page does.
wait_for_line "$log" "nested: fault 0x10, read at $page, 0 lost"
check_no_faults # the kernel hands it to the program, and does not log it
echo_frames 02:00.0 100

kill -USR2 "${pid_of[$log]}"
wait_for_line "$log" 'nested: protection none'
echo_frames 02:00.0 100
kill -USR2 "${pid_of[$log]}"
wait_for_line "$log" 'nested: protection stores'
echo_frames 02:00.0 100
# QEMU's NIC reads a frame whose read was refused again, word for word: all that is refused is of that page.
! grep 'nested: fault' "$log" | grep -vF "nested: fault 0x10, read at ${page%000}" || fail "something else was refused"
stop_program "$log" || fail "the program ended with status $?"
expect_no_line "$log" 'IOMMUFD: .*(cannot|does not|keeps)'
check_nothing_pinned
check_no_faults
