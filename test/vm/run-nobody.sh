#!/bin/bash
# dpdk-iommufd-run: testpmd forwards as `nobody`, who has no right to any node and no capability, with hugepages without a mount and
# with a mount of its own; pinned memory is charged to whom it says. What it cannot do is one line.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

need_iommufd
bind_vfio 01:00.0
huge=/run/huge-nobody
restore() {
	chmod 600 /dev/iommu
	! mountpoint -q "$huge" || umount "$huge"
}
as_nobody() { setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"; }

status_of() { awk -v key="$2:" '$1 == key { $1 = ""; print substr($0, 2) }' "/proc/${pid_of[$1]}/status"; } # LOG KEY

check_status() { # LOG KEY VALUE
	[ "$(status_of "$1" "$2")" = "$3" ] || fail "$2 of the program is $(status_of "$1" "$2")"
}

check_has_no_rights() { # LOG
	local set node
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do check_status "$1" $set 0000000000000000; done
	check_status "$1" NoNewPrivs 1
	check_status "$1" Uid "65534 65534 65534 65534"
	check_status "$1" Gid "65534 65534 65534 65534"
	[[ "$(status_of "$1" Groups)" =~ ^(65534)?\ *$ ]] || fail "it has groups: $(status_of "$1" Groups)"
	for node in /dev/iommu /dev/vfio/devices/vfio0 "/dev/vfio/$(group_of 01:00.0)"; do
		! as_nobody test -r "$node" || fail "nobody can open $node"
	done
}

forward() { # NAME RUN-OPTIONS -- EAL-OPTIONS
	local name=$1 log=$work/$1.log options=()
	shift
	while [ "$1" != -- ]; do options+=("$1"); shift; done
	shift
	echo "== $name"
	start_program "$log" dpdk-iommufd-run -a 01:00.0 --user nobody "${options[@]}" -- \
		dpdk-testpmd -a 01:00.0 -m 64 "$@" -- --no-mlockall --forward-mode=io --total-num-mbufs=2048 --stats-period 1
	wait_for_line "$log" 'start packet forwarding' 90
	expect_backend "$log" iommufd
	check_has_no_rights "$log"
	[ "$(pinned_pages)" -gt 0 ] || fail "nothing is pinned while testpmd runs: this check would not see a leak"
	echo_frames 02:00.0 100
}

end() { # NAME
	stop_testpmd "$work/$1.log" || fail "testpmd ended with status $?"
	check_nothing_pinned
}

forward in-memory --memlock 128M -- --in-memory
grep -E 'Max locked memory +134217728 +134217728 ' "/proc/${pid_of[$work/in-memory.log]}/limits"
[ "$(status_of "$work/in-memory.log" VmLck)" = "0 kB" ] || fail "the process is charged"
end in-memory

mkdir -p $huge
mount -t hugetlbfs -o uid=nobody,gid=nogroup,mode=0700 hugetlbfs $huge
forward own-mount --memlock 128M --rlimit-mode process -- --huge-dir $huge
echo "VmLck: $(status_of "$work/own-mount.log" VmLck)"
[ "$(status_of "$work/own-mount.log" VmLck)" = "65536 kB" ] || fail "the process is not charged"
end own-mount

refused() { # STATUS REGEX COMMAND...
	local log=$work/refused.log status=0 wanted=$1 regex=$2
	shift 2
	echo "== $*"
	"$@" >"$log" 2>&1 </dev/null || status=$?
	cat "$log"
	[ "$status" = "$wanted" ] || fail "exit status $status"
	expect_line "$log" "^dpdk-iommufd-run: $regex"
	expect_line "$log" ''
}

run=dpdk-iommufd-run
refused 125 'started as root, it has to know who the program runs as: give --user USER' $run -a 01:00.0 -- true
refused 125 '0000:02:00.0: no VFIO driver has it: run "dpdk-devbind.py -b vfio-pci 0000:02:00.0"' $run -a 02:00.0 --user nobody -- true
refused 125 '0000:7f:00.0: there is no such device' $run -a 7f:00.0 --user nobody -- true
refused 125 'there is no user nemo: make one' $run -a 01:00.0 --user nemo -- true
refused 125 'no user has the number 4711, .*: give it, 4711:4711' $run -a 01:00.0 --user 4711 -- true
refused 127 'cannot execute no-such-program: .*: install it, or give its path' $run -a 01:00.0 --user nobody -- no-such-program
refused 126 'cannot execute /etc: .*: the user needs the right to read and execute it' $run -a 01:00.0 --user nobody -- /etc
refused 125 'no permission to open /dev/iommu' as_nobody $run -a 01:00.0 -- true
chmod 666 /dev/iommu
refused 125 '0000:01:00.0: no permission to open /dev/vfio/devices/vfio0' as_nobody $run -a 01:00.0 -- true
refused 125 'the kernel lets only a process with CAP_SYS_RESOURCE choose whom it charges: start this as root' as_nobody $run -a 01:00.0 --rlimit-mode process -- true
chmod 666 /dev/vfio/devices/vfio0
refused 125 '--memlock is above the hard limit, [0-9]+ KiB, which only a process with CAP_SYS_RESOURCE can raise' as_nobody bash -c "ulimit -l 1024; exec $run -a 01:00.0 --memlock unlimited -- true"
refused 125 'cannot take the groups of user 0 .*: start this as root' as_nobody $run -a 01:00.0 --user root -- true

echo "== root without rights, and descriptors that are not its business"
secret=$work/secret
: >"$secret"
$run -a 01:00.0 --user root -- bash -c 'grep -E "^(Uid|Cap...|NoNewPrivs):" /proc/self/status; ls -l /proc/$$/fd; echo "$LISTEN_FDS $LISTEN_FDNAMES $LISTEN_PID = $$"' >"$work/root.log" 2>&1 7<"$secret" || true
cat "$work/root.log"
expect_line "$work/root.log" '^Uid:	0	0	0	0'
[ "$(count_lines "$work/root.log" '^Cap...:	0000000000000000$')" = 5 ] || fail "capabilities are left"
expect_no_line "$work/root.log" 'secret$'
expect_line "$work/root.log" ' 3 -> /dev/iommu$'
expect_line "$work/root.log" ' 4 -> /dev/vfio/devices/vfio0$'
[[ "$(grep ^2 "$work/root.log")" =~ ^"2 iommu:pci-0000-01-00.0 "([0-9]+)" = "([0-9]+)$ ]] || fail "the variables are wrong"
[ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[2]}" ] || fail "LISTEN_PID is not the program"
check_nothing_pinned
check_no_faults
