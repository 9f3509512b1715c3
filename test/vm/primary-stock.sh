#!/bin/bash
# The primary leaves its devices to DPDK's own code. A secondary without that setting is told so at once and does the same; nobody waits.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0
echo "== backend=stock"
log=$work/primary.log
RTE_IOMMUFD=backend=stock start_testpmd "$log" -a 01:00.0 --iova-mode=va -- --forward-mode=io --stats-period 1
wait_for_line "$log" 'start packet forwarding' 90
secondary=$work/secondary.log
start_program "$secondary" env -u RTE_IOMMUFD "$programs/echo" --proc-type=secondary -a 01:00.0 --iova-mode=va -- idle
wait_for_line "$secondary" 'echo: idle' 60
grep -E 'IOMMUFD|Fail to recv' "$secondary" || true
expect_line "$secondary" 'IOMMUFD: backend stock: .*the primary process'
expect_line "$secondary" 'IOMMUFD'
expect_no_line "$secondary" 'Fail to recv reply'
stop_program "$secondary" || fail "the secondary ended with status $?"
echo_frames 02:00.0 50
stop_testpmd "$log" || fail "testpmd ended with status $?"
check_nothing_pinned
