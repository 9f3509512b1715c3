#!/bin/bash
# What a look at a legacy container's record of written pages costs, over 256 MiB that an idle device could write: the kernel reports all
# of it, at each look.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0
log=$work/cost.log
start_program "$log" "$programs/dirty_cost" /sys/bus/pci/devices/0000:01:00.0 backend=type1
wait_for_end "$log" 60 || fail "exit status $?"
cat "$log"
expect_line "$log" '^dirty_cost: backend type1v2: [0-9]+ us for each GiB, 65536 of 65536 pages reported$'
check_nothing_pinned
check_no_faults
