#!/bin/bash
# Devices use a program's own addresses: whatever memory is there can be sent from and received into, what is not there is refused, the
# limit on what is pinned holds, and a service that does not answer harms nobody. Bytes are compared at the other end.
# machine: --nic svanic:link=pair0 --nic virtio:link=pair0,kernel --nic e1000e
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
need_iommufd

program=$programs/sva
[ -x "$program" ] || skip "the kernel's headers in this root do not know PASIDs"
peer=$(interface_of 02:00.0)
echo 1 >"/proc/sys/net/ipv6/conf/$peer/disable_ipv6" # the kernel sends nothing of its own
bind_vfio 01:00.0

# run WHAT...: a program for each, so that each begins with nothing.
run() {
	local log=$work/${*// /-}.log
	log=${log// /-}
	echo "== $*"
	timeout 120 "$program" 0000:01:00.0 "$peer" "$@" >"$log" 2>&1 || fail "$*: not as documented, status $?"
	grep -E 'turns|pages asked|pinned|after [0-9]' "$log" || true
	check_nothing_pinned
}

run memory
expect_line "$work/memory.log" 'IOMMUFD: .* cannot be followed: it is a shared mapping of a file that is open for reading only'
[ "$(count_lines "$work/memory.log" '^IOMMUFD: devices ')" = 1 ] || fail 'that was told more than once'
run prefault
run limit
run fork
run burst 20
run stopped
run outstanding
