#!/bin/bash
# A machine whose IOMMU does not translate by PASID: the line names the IOMMU, or the device where that is what lacks it.
# machine: --nic svanic --nic svanic:pasid=off --iommu intremap=on,scalable-mode=on,fsts=on,device-iotlb=on
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
need_iommufd

program=$programs/pasid
[ -x "$program" ] || skip "the kernel's headers in this root do not know PASIDs"
bind_vfio 01:00.0 02:00.0

refused() { # BDF REGEX
	local log=$work/$1.log
	check "not as documented" "$program" refused "0000:$1" backend=iommufd >"$log" 2>&1
	grep IOMMUFD: "$log"
	[ "$(count_lines "$log" "IOMMUFD: 0000:$1: cannot use PASIDs, $2")" = 2 ] || fail "the line is missing"
}

refused 01:00.0 'the device has the capability, but its IOMMU does not translate by PASID'
refused 02:00.0 'the device has no PASID capability'
check_nothing_pinned
check_no_faults
