#!/bin/bash
# net_svanic spreads flows among four receive queues by their hash; each has packets, and all come back as they were.
# machine: --nic svanic:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

log=$work/port.log
peer=$(interface_of 02:00.0)
bind_vfio 01:00.0
start_program "$log" "$programs/port" -a 01:00.0 --iova-mode=va -- spread
wait_for_line "$log" 'port: ready' 90
python3 -B /src/test/vm/flows.py "$peer" 128 || fail "packets were lost or changed"
stop_program "$log" TERM || fail "the program ended with status $?"
for queue in 0 1 2 3; do
	expect_line "$log" "port: queue $queue had [1-9][0-9]+ packets"
done
check_no_faults
check_nothing_pinned
