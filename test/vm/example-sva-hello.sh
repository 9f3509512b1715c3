#!/bin/bash
# examples/sva-hello: what is on its stack, from malloc(), in its own file, and then at the file's address arrives byte for byte, though
# nothing was mapped for the NIC; without sva=1 it says what is missing.
# machine: --nic svanic:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
need_iommufd

program=$programs/sva-hello
bind_vfio 01:00.0
printf 'hello from the stack' >"$work/stack"
printf 'hello from malloc()' >"$work/heap"
head -c 1000 "$program" >"$work/file"
printf 'hello from where the file was' >"$work/instead"
start_program "$work/peer.log" "$programs/peer" expect "$(interface_of 02:00.0)" "$work/stack" "$work/heap" "$work/file" "$work/instead"
wait_for_line "$work/peer.log" 'peer: listening'

start_program "$work/hello.log" "$program" -a 01:00.0,sva=1
wait_for_end "$work/hello.log" 90 || fail "exit status $?"
cat "$work/hello.log"
expect_line "$work/hello.log" 'sva-hello: 4 frames sent, 0 errors$'
expect_line "$work/hello.log" 'sva-hello: [1-9][0-9]* page requests were served$'
[ "$(count_lines "$work/hello.log" 'is given back$')" = 4 ] || fail "not all four buffers were given back"

stop_program "$work/peer.log" TERM || fail "what arrived is not what was sent"
cat "$work/peer.log"
check_no_faults
check_nothing_pinned

# A NIC whose addresses are not the process's: nothing is sent, and the line says what to do.
start_program "$work/without.log" "$program" -a 01:00.0
! wait_for_end "$work/without.log" 90 || fail "exit status 0 without sva=1"
expect_line "$work/without.log" 'give sva=1$'
expect_no_line "$work/without.log" 'sending'
check_nothing_pinned
