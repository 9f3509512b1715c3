#!/bin/bash
# Each size of hugepages that the machine has: frames go through with EAL's memory in pages of this size, on IOMMUFD, and nothing stays
# pinned. x86-64 has 2 MiB and 1 GiB, arm64 64 KiB and 32 MiB besides; a kernel that does not know a size ignores it and what follows it.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel --hugepages 64 --mem 5G --append "hugepagesz=1G hugepages=1 hugepagesz=64K hugepages=2048 hugepagesz=32M hugepages=4"
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

mounted=()
restore() { [ ${#mounted[@]} = 0 ] || umount "${mounted[@]}"; }

bind_vfio 01:00.0
for pool in /sys/kernel/mm/hugepages/hugepages-*; do
	kib=${pool##*-} kib=${kib%kB}
	[ "$(<"$pool/nr_hugepages")" -gt 0 ] || fail "the machine has no pages of $kib KiB"
	mkdir "$work/$kib"
	mount -t hugetlbfs -o "pagesize=${kib}K" hugetlbfs "$work/$kib"
	mounted+=("$work/$kib")
	forward_in_mode iommufd "of-$kib-KiB" --huge-dir "$work/$kib" --log-level=lib.eal:debug -m 64
	grep -qF "page size 0x$(printf %x "$kib")kB" "$work/of-$kib-KiB.log" || fail "EAL has not taken pages of $kib KiB"
done
[ ${#mounted[@]} -ge 2 ] || fail "the machine has one size only"
check_no_faults
