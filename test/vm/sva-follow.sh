#!/bin/bash
# Memory that devices use changes while they use it: the next byte that is sent is never an old one. Each way is done blindly, too: with
# what the kernel reports kept from the library, old bytes must be seen; and early, with each report read before anything is unmapped.
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

# At once after the call has returned: nothing to wait for. Read first and unmapped later, the same reports do not do.
for kind in munmap mmap mremap brk; do
	run blind "$kind" 20
	run early "$kind" 20
	run change "$kind" 300
done
# With room for three userfaultfds (an eighth of the limit) mappings share them: the same holds.
for kind in munmap mremap; do
	(ulimit -n 24 && run change "$kind" 100)
done
# madvise() is reported before it drops pages: what devices request there is held until the thread has run on. Nothing has to be waited for, and
# to wait as drivers and programs can does no harm.
for kind in dontneed race; do
	run blind "$kind" 20
	run early "$kind" 20
	for way in unfenced fenced change settle; do
		run "$way" "$kind" 100
	done
done
run blind mprotect 3
run change mprotect 200
