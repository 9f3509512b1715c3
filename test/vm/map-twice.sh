#!/bin/bash
# With physical addresses as IOVAs the same page can be mapped for two addresses of the process, as two ports of vhost do with the
# memory of one guest: each page is mapped by one call of the kernel, and unmapped when both are unmapped.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

need_command strace
bind_vfio 01:00.0

# strace shows the calls by name or, where it does not know one, by its number: 0x85 IOAS_MAP, 0x86 IOAS_UNMAP, 0x8f IOAS_MAP_FILE.
map_call='IOMMU_IOAS_MAP|_IOC\(_IOC_NONE, 0x3b, 0x8[5f], 0\)'
unmap_call='IOMMU_IOAS_UNMAP|_IOC\(_IOC_NONE, 0x3b, 0x86, 0\)'

count_calls() { # REGEX FROM TO: between two lines that the program has printed
	sed -n "/maps: $2/,/maps: $3/p" "$calls" | grep -cE "$1" || true
}

log=$work/maps.log calls=$work/maps.strace
RTE_IOMMUFD=backend=iommufd start_program "$log" strace -f -o "$calls" -e trace=ioctl,write "$programs/maps" -a 01:00.0 --iova-mode=pa -m 64 -- twice
wait_for_line "$log" 'maps: done' 120
wait_for_end "$log" 60 || fail "the program ended with status $?"
expect_no_line "$log" 'IOMMUFD: cannot map'
expect_line "$log" 'IOMMUFD: cannot unmap' # by the program, once more than it has mapped
first=$(count_calls "$map_call" 'map for the first' 'map for the second')
second=$(count_calls "$map_call" 'map for the second' 'unmap for the first')
early=$(count_calls "$unmap_call" 'unmap for the first' 'unmap for the second')
late=$(count_calls "$unmap_call" 'unmap for the second' 'all unmapped')
echo "calls that map 16 pages: $first, and $second for the second address; that unmap them: $early, and $late at the last"
[ "$first $second $early $late" = "16 0 0 16" ] || fail "these are not 16, 0, 0 and 16"
check_nothing_pinned
