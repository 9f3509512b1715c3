#!/bin/bash
# Registers are mapped by the address at which the program sees them (rte_dev_dma_map()): a frame that was written into the BAR of
# ivshmem goes out of there by the NIC's DMA, byte for byte, whether the program has mapped the BAR by VFIO or by sysfs. Of a device
# that the program has not opened, one line says what these are; type1 maps those as well, and so does DPDK's own code.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel --qemu "-object memory-backend-ram,id=shm,size=1M,share=on -device ivshmem-plain,memdev=shm,bus=pcie.0,addr=0x1a"
# deadline: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0 00:1a.0
need_registers

start_bar() { # SETTINGS HOW: the program, with its log in $log
	log=$work/$1-$2.log
	echo "== $1, $2"
	RTE_IOMMUFD=$1 start_program "$log" "$programs/spaces" -a 01:00.0 --iova-mode=va -m 64 -- bar 0000:01:00.0 0000:00:1a.0 2 "$2"
	wait_for_line "$log" 'spaces: ready' 60
}

end_bar() {
	stop_program "$log" || fail "the program ended with status $?"
	expect_line "$log" 'spaces: region given back'
	check_nothing_pinned
}

for how in vfio sysfs; do
	start_bar backend=iommufd "$how"
	expect_line "$log" 'spaces: [0-9]+ bytes of registers mapped'
	expect_no_line "$log" 'IOMMUFD: cannot map'
	echo_frames 02:00.0 300
	end_bar
done
start_bar backend=iommufd closed
expect_line "$log" 'spaces: refused, errno 14'
expect_line "$log" 'IOMMUFD: cannot map 0x40000000-0x4007ffff: at 0x[0-9a-f]+ of this process are registers of 0000:00:1a.0, and .*RTE_IOMMUFD=backend=type1'
echo_frames 02:00.0 100
end_bar
start_bar backend=type1 closed
expect_no_line "$log" 'cannot map'
end_bar
check_no_faults
