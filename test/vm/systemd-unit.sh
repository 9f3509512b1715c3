#!/bin/bash
# The unit of examples/containers, started by systemd itself as process 1 of a PID namespace: OpenFile= passes the files, LimitMEMLOCK= counts,
# and testpmd forwards as an ordinary user without a capability and without a node. systemd stops it in order when it ends.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
# deadline: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

need_iommufd
systemd=/usr/lib/systemd/systemd
[ -x $systemd ] || skip "no systemd in this root"
unit=dpdk-testpmd.service
grep -qs Service.OpenFile $systemd /usr/lib/*/systemd/libsystemd-core-*.so || skip "a systemd without OpenFile="

units=/etc/systemd/system
log=/var/systemd-unit.log # the unit's PrivateTmp= mounts another /tmp, where $work is
manager=$work/systemd.log
restore() {
	rm -rf "$log" /dev/vfio/by-pci "${units:?}/$unit" "${units:?}/$unit.d" "${units:?}/unit-test.target"
	userdel packet 2>/dev/null || true
}

bind_vfio 01:00.0
mkdir -p /dev/vfio/by-pci # as the udev rule does
ln -sf "/dev/vfio/devices/$(basename /sys/bus/pci/devices/0000:01:00.0/vfio-dev/vfio*)" /dev/vfio/by-pci/0000:01:00.0
useradd --no-create-home --shell /bin/bash packet

# The unit as it is, but that frames come back unchanged. Nothing else of the machine is started; systemd's end still stops it.
sed 's/macswap/io/' /src/examples/containers/$unit >$units/$unit
systemd-analyze verify $units/$unit >"$work/verify.log" 2>&1 || fail "systemd finds mistakes in the unit"
! grep -F $unit "$work/verify.log" || fail "systemd ignores a line of the unit" # its status is 0 then
mkdir -p $units/$unit.d
printf '%s\n' '[Unit]' DefaultDependencies=no Conflicts=shutdown.target Before=shutdown.target \
	'[Service]' "StandardOutput=append:$log" "StandardError=append:$log" >$units/$unit.d/test.conf
printf '%s\n' '[Unit]' DefaultDependencies=no "Wants=$unit" >$units/unit-test.target

# Process 1 of its own namespaces, as in a container. What it says goes to its console, which has to be a terminal.
begin_namespace() {
	mount --make-rprivate /
	mount -t proc proc /proc
	mount -t tmpfs -o mode=755 tmpfs /run
	mount --bind "$(tty)" /dev/console
	exec env -i container=lab PATH="$PATH" $systemd --system --unit=unit-test.target --log-target=console --log-level=info --show-status=no
}
export -f begin_namespace
export systemd
: >"$log"
start_program "$manager" python3 -c 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' \
	unshare --pid --mount --fork --kill-child bash -c begin_namespace
init_process() { pgrep -f "^$systemd --system --unit=unit-test.target"; }

echo "== forwards"
pid_of[$log]=${pid_of[$manager]}
wait_for_line "$log" 'IOMMUFD: .*backend ' 90
expect_backend "$log" iommufd
wait_for_line "$log" 'start packet forwarding|Press enter|NIC statistics' 90
echo_frames 02:00.0 50

echo "== without rights"
testpmd=$(pgrep -x dpdk-testpmd)
for set in Inh Prm Eff Bnd Amb; do
	grep -qE "^Cap$set:\s+0+$" "/proc/$testpmd/status" || fail "it has capabilities: $(grep "^Cap$set" "/proc/$testpmd/status")"
done
[ "$(stat -c %U "/proc/$testpmd")" = packet ] || fail "it runs as $(stat -c %U "/proc/$testpmd")"
[ ! -e "/proc/$testpmd/root/dev/iommu" ] && [ ! -e "/proc/$testpmd/root/dev/vfio" ] || fail "it sees the nodes"
grep -qE '^Max locked memory +268435456 +268435456' "/proc/$testpmd/limits" || fail "not its limit: $(grep locked "/proc/$testpmd/limits")"

echo "== what the guide asks systemd for"
status=0
nsenter --target "$(init_process)" --pid --mount systemctl status systemd-udevd >"$work/status.log" 2>&1 </dev/null || status=$?
cat "$work/status.log"
[ "$status" = 3 ] || fail "systemctl ended with status $status: here this service is not started"
expect_line "$work/status.log" 'Active: inactive \(dead\)'

echo "== stopped by systemd"
unset "pid_of[$log]"
kill -s RTMIN+4 "$(init_process)" # poweroff.target
wait_for_end "$manager" 90 || [ $? != 124 ] || fail "systemd does not end"
wait_for_line "$log" 'Bye'
check_nothing_pinned
