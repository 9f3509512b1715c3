#!/bin/bash
# Files that are passed by LISTEN_FDS: testpmd forwards without a right to the nodes and without /dev/iommu, and its port can be
# taken out and put back in. Files that are not what their names say, and files for another process, are one line.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

need_iommufd
bind_vfio 01:00.0
restore() { [ ! -e /dev/iommu.away ] || mv /dev/iommu.away /dev/iommu; }
cdev=/dev/vfio/devices/vfio0
iommu=/dev/iommu

as_nobody() { exec setpriv --reuid=nobody --regid=nogroup --clear-groups --bounding-set=-all --inh-caps=-all "$@"; }

# pass NAMES FILE FILE COMMAND...: what systemd does for OpenFile=.
pass() {
	export LISTEN_FDS=2 LISTEN_FDNAMES=$1 LISTEN_PID=${listen_pid:-$BASHPID}
	exec 3<>"$2" 4<>"$3"
	shift 3
	ulimit -l 262144
	as_nobody "$@"
}

echo "== forwards, and its port is attached again"
log=$work/forwards.log
mkfifo "$work/commands"
say() { printf '%s\n' "$@" >&5; }
(pass iommu:vfio0 $iommu $cdev dpdk-testpmd -a 01:00.0 --in-memory -m 64 -- -i --no-mlockall --total-num-mbufs=2048) <"$work/commands" >"$log" 2>&1 &
pid_of[$log]=$!
exec 5>"$work/commands"
say 'set fwd io' start
echo_frames 02:00.0 50
for turn in 1 2; do
	say stop 'port stop 0' 'port close 0' 'device detach 0000:01:00.0' 'port attach 0000:01:00.0' 'port start 0' start
	wait_for_lines "$log" 'Port 0 is attached' "$turn"
	echo_frames 02:00.0 50
done
say stop quit
exec 5>&-
wait_for_end "$log" 30 || fail "testpmd ended with status $?"
expect_backend "$log" iommufd
expect_line "$log" 'IOMMUFD: '
check_nothing_pinned

run_to_end() { # NAME NAMES FILE FILE [ENVIRONMENT...]: its one line
	local log=$work/$1.log names=$2 one=$3 other=$4
	echo "== $1"
	shift 4
	(pass "$names" "$one" "$other" env "$@" dpdk-testpmd -a 01:00.0 --in-memory -m 64 -- --no-mlockall --total-num-mbufs=2048) >"$log" 2>&1 </dev/null || true
	grep -E 'IOMMUFD: ' "$log"
	expect_line "$log" 'IOMMUFD: '
	expect_line "$log" 'Requested device 0000:01:00.0 cannot be used'
	check_nothing_pinned
}

run_to_end wrong-order vfio0:iommu $iommu $cdev
expect_line "$work/wrong-order.log" 'LISTEN_FDNAMES calls file descriptor 4 "iommu", but its file is not /dev/iommu: pass that file, or put the names in the order'
run_to_end not-the-device iommu:pci-0000-01-00.0 $iommu /dev/null RTE_IOMMUFD=backend=iommufd
expect_line "$work/not-the-device.log" 'LISTEN_FDNAMES calls file descriptor 4 "pci-0000-01-00.0", but its file is not /dev/vfio/devices/vfio0'
run_to_end other-names other:names $iommu $cdev
expect_line "$work/other-names.log" 'no permission to open /dev/iommu'
listen_pid=$$ run_to_end other-process iommu:vfio0 $iommu $cdev
expect_line "$work/other-process.log" 'no permission to open /dev/iommu'
run_to_end not-allowed iommu:vfio0 $iommu $cdev RTE_IOMMUFD=backend=iommufd,rlimit=process
expect_line "$work/not-allowed.log" 'rlimit=process was asked for, and the kernel lets only a process with CAP_SYS_RESOURCE'

echo "== no /dev/iommu at all"
log=$work/no-node.log
mv /dev/iommu /dev/iommu.away
iommu=/dev/iommu.away
start_program "$log" pass iommu:vfio0 $iommu $cdev dpdk-testpmd -a 01:00.0 --in-memory -m 64 -- --no-mlockall --forward-mode=io --total-num-mbufs=2048 --stats-period 1
wait_for_line "$log" 'start packet forwarding' 90
expect_backend "$log" iommufd
echo_frames 02:00.0 50
stop_testpmd "$log" || fail "testpmd ended with status $?"
check_nothing_pinned
check_no_faults
