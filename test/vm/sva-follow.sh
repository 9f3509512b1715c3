#!/bin/bash
# Memory that devices use changes while they use it: the next byte that is sent is never an old one. Each way is done blindly, too: with
# what the kernel reports kept from the library, old bytes must be seen.
# machine: --nic svanic:link=pair0 --nic virtio:link=pair0,kernel --nic e1000e
# deadline: 600
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
	timeout 200 "$program" 0000:01:00.0 "$peer" "$@" >"$log" 2>&1 || fail "$*: not as documented, status $?"
	grep turns "$log"
	check_nothing_pinned
}

for kind in munmap mmap mremap dontneed race; do
	run blind "$kind" 20
	run change "$kind" 500
done
run blind mprotect 3
run change mprotect 300
