#!/bin/bash
# The guides' commands that look at a machine, as they stand: each runs without an error and says something, or changes what it shall.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"

restore() {
	umount /mnt/huge-1000 2>/dev/null || true
	: >/sys/kernel/tracing/kprobe_events
}

modprobe iommufd
bind_vfio 01:00.0
[ -d /sys/kernel/tracing/events ] || mount -t tracefs tracefs /sys/kernel/tracing
[ -e /sys/kernel/tracing/kprobe_events ] || skip "this kernel has no kprobes"
mkdir -p /mnt/huge-1000 2>/dev/null || { mount -t tmpfs tmpfs /mnt && mkdir /mnt/huge-1000; }

count=0
while read -r command; do
	echo "+ $command"
	bash -euo pipefail -c "$command" >"$work/output.log" 2>&1 </dev/null || { show_log "$work/output.log"; fail "exit status $?: $command"; }
	case $command in
	modprobe* | mount* | echo*) ;;
	*) [ -s "$work/output.log" ] || fail "it says nothing: $command" ;;
	esac
	count=$((count + 1))
done < <(python3 /src/test/guides/commands.py /src guest)
[ "$count" -ge 10 ] || fail "$count commands only"
mountpoint -q /mnt/huge-1000 || fail "no hugetlbfs at /mnt/huge-1000"
grep -q probe1 /sys/kernel/tracing/kprobe_events || fail "no probe"
check_no_faults
