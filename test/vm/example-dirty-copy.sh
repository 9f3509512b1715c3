#!/bin/bash
# examples/dirty-copy, and type1's record of written pages under real DMA: each page that the NIC wrote is reported and the copy is equal
# at the end; pages that it did not write are reported as well, all that are mapped and at each read, because the kernel knows no better for
# a device behind an IOMMU (update_user_bitmap() in vfio_iommu_type1.c). By IOMMUFD the same program says what is missing, where the
# IOMMU has no dirty tracking; where it has, no page is reported that the NIC has not written.
# machine: --nic svanic:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
need_iommufd

bind_vfio 01:00.0
start_program "$work/broadcasts.log" python3 -c '
import socket, sys, time
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
wire.bind((sys.argv[1], 0))
count = 0
while True:
    count += 1
    wire.send(b"\xff" * 6 + b"\x02" * 6 + b"\x88\xb6" + count.to_bytes(4, "big") + bytes(46))
    time.sleep(0.002)' "$(interface_of 02:00.0)"

echo "== type1"
log=$work/type1.log
start_program "$log" "$programs/dirty-copy" 0000:01:00.0 backend=type1
wait_for_end "$log" 60 || fail "exit status $?"
cat "$log"
expect_line "$log" 'counts all memory that is mapped for a device behind an IOMMU as written'
rounds=$(count_lines "$log" '^dirty-copy: round ')
[ "$rounds" -ge 5 ] || fail "only $rounds rounds"
[ "$(count_lines "$log" '^dirty-copy: round [0-9]+: 128 of 128 pages, ')" = "$rounds" ] || fail "the kernel reports less than all memory: it has got better"
expect_line "$log" '^dirty-copy: [0-9]+ frames, the copy is equal$'
check_nothing_pinned

echo "== iommufd"
log=$work/iommufd.log
start_program "$log" "$programs/dirty-copy" 0000:01:00.0 backend=iommufd
if wait_for_end "$log" 60; then
	cat "$log"
	expect_line "$log" '^dirty-copy: [0-9]+ frames, the copy is equal$'
	[ "$(count_lines "$log" ' pages, 0 of them not written by the NIC')" -gt 0 ] || fail "more is reported than was written"
else
	cat "$log"
	expect_line "$log" 'which pages it writes cannot be recorded: the kernel reports no dirty tracking for its IOMMU'
	expect_line "$log" 'not all writes can be recorded: 0000:01:00.0 is on a page table without dirty tracking$'
fi
stop_program "$work/broadcasts.log" KILL || true
check_no_faults
check_nothing_pinned
