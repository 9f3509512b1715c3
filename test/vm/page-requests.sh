#!/bin/bash
# A device asks for the pages of a space that has a fault queue: what is mapped and answered it uses, what is refused it gives up; a
# device that cannot ask, or a device that nobody would hear, is refused with the reason.
# machine: --nic svanic --nic svanic:pri=off --nic svanic:ats=off,pri=off
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
need_iommufd

program=$programs/page_requests
[ -x "$program" ] || skip "the kernel's headers in this root do not know PASIDs"
bind_vfio 01:00.0 02:00.0 03:00.0

check "page requests do not work: see above" "$program" 0000:01:00.0
check_nothing_pinned

refused() { # BDF REGEX
	local log=$work/$1.log status=0
	"$program" "0000:$1" >"$log" 2>&1 || status=$?
	grep IOMMUFD: "$log"
	[ "$status" = 3 ] || fail "exit status $status"
	expect_line "$log" "IOMMUFD: 0000:$1: cannot make page requests, $2"
}

refused 02:00.0 'the device has no capability for them \(PRI\)'
refused 03:00.0 'the device has no ATS capability'
check_nothing_pinned
