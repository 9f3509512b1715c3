#!/bin/bash
# One device reads another device's memory: frames that were written into a BAR of the second go out of there by the first one's DMA,
# byte for byte. The second device is shared memory behind PCI (ivshmem).
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel --qemu "-object memory-backend-ram,id=shm,size=1M,share=on -device ivshmem-plain,memdev=shm,bus=pcie.0,addr=0x1a"
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0 00:1a.0
need_registers
for policy in shared per-device; do
	echo "== ioas=$policy"
	log=$work/$policy.log
	RTE_IOMMUFD=ioas=$policy start_program "$log" "$programs/spaces" -a 01:00.0 --iova-mode=va -m 64 -- p2p 0000:01:00.0 0000:00:1a.0 2
	wait_for_line "$log" 'spaces: ready' 60
	echo_frames 02:00.0 300
	stop_program "$log" || fail "the program ended with status $?"
	expect_line "$log" 'spaces: region given back'
	check_nothing_pinned
done
check_no_faults
