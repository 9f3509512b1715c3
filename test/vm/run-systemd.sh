#!/bin/bash
# The unit of doc/containers.md, by systemd itself: OpenFile= passes the files, testpmd forwards as an ordinary user without a right to
# the nodes.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel --nic e1000e
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

systemd=/usr/lib/systemd/systemd
[ -x $systemd ] || skip "no systemd in this root"
version=$($systemd --version | awk 'NR == 1 { print $2 }')
[ "$version" -ge 253 ] || skip "systemd $version has no OpenFile="
need_iommufd
bind_vfio 01:00.0
mkdir -p /dev/vfio/by-pci
ln -sf "/dev/vfio/devices/$(ls "$(pci_device 01:00.0)/vfio-dev")" /dev/vfio/by-pci/0000:01:00.0
restore() { rm -rf /dev/vfio/by-pci /run/systemd; }

# The root of the guest is read-only: units are in /run, and the user is one that is there.
units=/run/systemd/system
mkdir -p $units/dpdk-testpmd.service.d
cp /src/examples/containers/dpdk-testpmd.service $units
cat >$units/dpdk-testpmd.service.d/guest.conf <<-END
	[Unit]
	DefaultDependencies=no
	Wants=
	After=
	[Service]
	User=nobody
	StandardOutput=append:$work/testpmd.log
	StandardError=append:$work/testpmd.log
END

# Process 1 of a PID namespace of its own; it takes itself for the system of a container.
start_program "$work/systemd.log" unshare --pid --fork --kill-child --mount --mount-proc --cgroup \
	env container=lab $systemd --system --unit=dpdk-testpmd.service --log-target=console --show-status=no
wait_for_line "$work/testpmd.log" 'start packet forwarding' 120
expect_backend "$work/testpmd.log" iommufd
echo_frames 02:00.0 100 || true
pid=$(pgrep -x dpdk-testpmd)
grep -E '^(Uid|Cap...|NoNewPrivs):' "/proc/$pid/status"
kill -INT "$pid"
check_no_faults
