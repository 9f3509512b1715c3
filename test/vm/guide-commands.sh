#!/bin/bash
# The guides' commands that look at a machine, as they stand: each runs without an error and says something, or changes what it shall. One for
# which this kernel lacks something is named and left out.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"

probes=/sys/kernel/tracing/kprobe_events
restore() { [ ! -e $probes ] || : >$probes; }

modprobe iommufd
bind_vfio 01:00.0
[ -e $probes ] || mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null || true # some kernels have none

# What the command wants and this kernel does not have.
missing_for() { # COMMAND
	case $1 in
	*/kprobe_events) [ -e $probes ] || echo "no kprobes" ;;
	*/boot/config-*) [ -r "/boot/config-$(uname -r)" ] || echo "no options beside it" ;;
	esac
}

run_command() { # COMMAND
	local status=0
	bash -euo pipefail -c "$1" >"$work/output.log" 2>&1 </dev/null || status=$?
	[ "$status" = 0 ] || { show_log "$work/output.log"; fail "exit status $status: $1"; }
	case $1 in
	modprobe* | echo*) ;;
	*) [ -s "$work/output.log" ] || fail "it says nothing: $1" ;;
	esac
}

count=0
while read -r command; do
	missing=$(missing_for "$command")
	echo "+ $command${missing:+: left out, this kernel has $missing}"
	[ "$missing" ] || run_command "$command"
	count=$((count + 1))
done < <(python3 /src/test/guides/commands.py /src guest)
[ "$count" -ge 10 ] || fail "$count commands only"
[ ! -e $probes ] || grep -q probe1 $probes || fail "no probe"
check_no_faults
