#!/bin/bash
# Memory of the program's own, mapped with rte_dev_dma_map(): its bytes go out on the wire, and after rte_dev_dma_unmap() the IOMMU
# refuses the device's access to it.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

log=$work/echo.log
bind_vfio 01:00.0
start_program "$log" "$programs/echo" -a 01:00.0 --iova-mode=va -- extmem
wait_for_line "$log" 'echo: ready' 60
expect_backend "$log" iommufd
echo_frames 02:00.0 200
check_no_faults

address=$(sed -nE 's/^echo: external memory at 0x//p' "$log")
kill -USR1 "${pid_of[$log]}"
wait_for_line "$log" 'echo: sent from unmapped memory'
for ((i = 0; i < 300; i++)); do
	faults=$(dmesg_faults)
	[ -z "$faults" ] || break
	pause
done
echo "unmapped 0x$address; the kernel says: $faults"
# 512 buffers of 2176 bytes; which of them is sent is the mempool's affair.
inside=0
for fault in $(fault_addresses 01:00.0); do
	((fault < 0x$address || fault >= 0x$address + 512 * 2176)) || inside=$((inside + 1))
done
[ "$inside" -gt 0 ] || fail "no refused access to the unmapped memory"
stop_program "$log" || fail "the program ended with status $?"
check_nothing_pinned
