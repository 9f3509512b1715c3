#!/bin/bash
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
need_iommufd
program=$programs/sva
peer=$(interface_of 02:00.0)
echo 1 >"/proc/sys/net/ipv6/conf/$peer/disable_ipv6"
bind_vfio 01:00.0
run() {
	echo "== $*"
	SECONDS=0
	status=0
	timeout 400 "$program" 0000:01:00.0 "$peer" "$@" >"$work/log" 2>&1 || status=$?
	grep -E 'turns,|WRONG|old|refused|IOMMUFD' "$work/log" | head -n 12 || true
	echo "status $status, took $SECONDS s"
}
. /src/test/vm/zz-what.sh
