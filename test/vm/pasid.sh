#!/bin/bash
# Queue pairs of one device, each with a PASID and a space of its own, use the same addresses and reach different memory; PASIDs that
# are attached to nothing, or to another space now, are refused by the IOMMU. A device without PASIDs is refused by us.
# machine: --nic svanic:link=pair0 --nic virtio:link=pair0,kernel --nic e1000e
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
need_iommufd

program=$programs/pasid
[ -x "$program" ] || skip "the kernel's headers in this root do not know PASIDs"
peer=$(interface_of 02:00.0)
echo 1 >"/proc/sys/net/ipv6/conf/$peer/disable_ipv6" # the kernel sends nothing of its own
bind_vfio 01:00.0 03:00.0

# expect_fault WHICH ADDRESS REASON: the IOMMU has reported it. WHICH is how VT-d names the requests; QEMU's model of it does so where
# the PASID has a page table, and says NO_PASID where it has none.
expect_fault() {
	grep -qE "\[DMA Read $1\] Request device \[0000:01:00.0\] fault addr $2 \[fault reason $3\]" <(dmesg_faults) ||
		{ dmesg_faults; fail "no fault of $1 at $2 for the reason $3"; }
}

for way in raw ats; do
	for count in 1 2 8; do
		log=$work/$way-$count.log
		echo "== $count spaces, $way"
		check "not as documented: see $log" "$program" spaces 0000:01:00.0 "$peer" "$count" "$way" >"$log" 2>&1
		expect_line "$log" 'IOMMUFD: cannot map 0xfee00000-0xfee00fff: .*interrupts'
		check_nothing_pinned
	done
done
# All were counted by the device. The kernel does not print each, and requests for translations (ATS) are refused without a report.
expect_fault '(NO_PASID|PASID 0xabcde)' 0x1000000 0x51 # attached to nothing: no entry in the PASID directory
expect_fault 'PASID 0x1' 0x9000000 0x71                # what only the replaced space has: no entry in the page table
expect_fault '(NO_PASID|PASID 0x1)' 0x1000000 0x5b     # detached: no entry in the PASID table

echo "== a device without PASIDs"
log=$work/e1000e.log
check "not as documented" "$program" refused 0000:03:00.0 backend=iommufd >"$log" 2>&1
[ "$(count_lines "$log" 'IOMMUFD: 0000:03:00.0: cannot use PASIDs, the device has no PASID capability: ')" = 2 ] || fail "the line is missing"

echo "== a legacy container"
log=$work/type1.log
check "not as documented" "$program" refused 0000:01:00.0 backend=type1 >"$log" 2>&1
[ "$(count_lines "$log" 'IOMMUFD: 0000:01:00.0: backend type1(v2)? has no PASIDs: ')" = 2 ] || fail "the line is missing"

echo "== devices with PASIDs and without, whichever comes first, share one page table"
# strace shows the calls by name or, where it does not know one, by its number.
for order in "0000:01:00.0 0000:03:00.0" "0000:03:00.0 0000:01:00.0"; do
	log=$work/shared.log calls=$work/shared.strace
	# shellcheck disable=SC2086 # two devices
	check "not as documented" strace -f -o "$calls" -e trace=ioctl "$program" shared $order >"$log" 2>&1
	made=$(count_lines "$calls" 'IOMMU_HWPT_ALLOC|_IOC\(_IOC_NONE, 0x3b, 0x89, 0\)')
	mapped=$(count_lines "$calls" 'IOMMU_IOAS_MAP|_IOC\(_IOC_NONE, 0x3b, 0x8[5f], 0\)')
	echo "$order: $made page tables made, $mapped calls to map"
	[ "$made" = 1 ] || fail "$made page tables for $order"
	[ "$mapped" = 1 ] || fail "$mapped map calls for $order"
done
check_nothing_pinned
