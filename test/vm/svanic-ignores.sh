#!/bin/bash
# A model of svanic that ignores invalidations does send old bytes: so a test that looks for them can fail. Shown on the bare device, by
# the test of memory that changes under sva=1, and by sva-follow: each way to change memory has to find them.
# machine: --nic svanic:link=pair0,ignore-invalidations=on --nic virtio:link=pair0,kernel --nic svanic:link=pair1 --nic virtio:link=pair1,kernel
. "$(dirname "$0")/svanic.sh"

check_svanic 01:00.0 02:00.0 ignored
unbind_nics 01:00.0
bound_nics=()

mkdir "$work/change"
if LAB_SCRIPT_DIR=$work/change TURNS=3 bash /src/test/vm/svanic-sva-change.sh >"$work/change.log" 2>&1; then
	fail "svanic-sva-change passes on a device that ignores invalidations"
fi
expect_line "$work/change.log" 'FAILED: what arrived is not what the process had'

program=$programs/sva
mkdir "$work/follow"
if LAB_SCRIPT_DIR=$work/follow bash /src/test/vm/sva-follow.sh >"$work/follow.log" 2>&1; then
	fail "sva-follow passes on a device that ignores invalidations"
fi
expect_line "$work/follow.log" 'FAILED: change munmap 300: not as documented'
bind_vfio 01:00.0
for kind in munmap mmap mremap brk dontneed race mprotect; do
	log=$work/$kind.log
	if timeout 200 "$program" 0000:01:00.0 "$peer" change "$kind" 10 >"$log" 2>&1; then
		fail "$kind: no old byte from a device that ignores invalidations"
	fi
	grep turns "$log"
	expect_line "$log" "$kind: 10 turns, .*; [1-9][0-9]* old\$"
done
