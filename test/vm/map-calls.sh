#!/bin/bash
# 1 GiB of contiguous 2 MiB hugepages in one file is mapped by at most 4 calls, where DPDK's own code makes 512: counted by strace.
# machine: --nic e1000e --nic e1000e --hugepages 600
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0

# strace shows the calls by name or, where it does not know one, by its number: 0x85 IOAS_MAP, 0x8f IOAS_MAP_FILE.
map_call='VFIO_IOMMU_MAP_DMA|IOMMU_IOAS_MAP|_IOC\(_IOC_NONE, 0x3b, 0x8[5f], 0\)'

count_map_calls() { # BACKEND: the number
	local log=$work/$1.log calls=$work/$1.strace
	RTE_IOMMUFD=backend=$1 start_program "$log" strace -f --seccomp-bpf -o "$calls" -e trace=ioctl \
		dpdk-testpmd -a 01:00.0 --iova-mode=va --single-file-segments -m 1024 -- --forward-mode=txonly --total-num-mbufs=2048 --stats-period 1
	wait_for_line "$log" 'TX-packets: +[1-9]' 120 >&2
	killall -INT dpdk-testpmd
	wait_for_end "$log" 60 >&2 || fail "testpmd ended with status $?"
	grep -cE "$map_call" "$calls"
}

ours=$(count_map_calls iommufd)
type1=$(count_map_calls type1)
stock=$(count_map_calls stock)
echo "calls that map 1 GiB in one file: iommufd $ours, our type1 $type1, stock $stock"
[ "$ours" -le 4 ] && [ "$ours" -ge 1 ] || fail "iommufd: $ours calls"
[ "$type1" -le 4 ] && [ "$type1" -ge 1 ] || fail "our type1: $type1 calls"
[ "$stock" -ge 512 ] || fail "stock: $stock calls; does strace show them by another name?"
