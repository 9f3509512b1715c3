#!/bin/bash
# The udev rules that are installed, and the commands beside them in the guide: the group "dpdk" gets the nodes and whoever is added to it can use
# them, a device has a node named by its address, and a device is bound to vfio-pci whoever had it, by a rule or by driverctl.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel --nic e1000e
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

need_command udevadm
need_command driverctl
need_iommufd
udevd=/usr/lib/systemd/systemd-udevd
[ -x $udevd ] || udevd=/lib/systemd/systemd-udevd
rules=/run/udev/rules.d/61-vfio-bind.rules
restore() {
	userdel packet 2>/dev/null || true
	groupdel dpdk 2>/dev/null || true
	rm -rf /run/udev /dev/vfio/by-pci /etc/driverctl.d/*
	chown root:root /dev/iommu && chmod 600 /dev/iommu
}

systemd-sysusers
useradd --no-create-home packet
adduser packet dpdk
mkdir -p /run/udev/rules.d
sed 's/0000:01:00.0/0000:03:00.0/' "$(find /usr/share/doc/dpdk-iommufd -name 61-vfio-bind.rules.example)" >$rules
start_program "$work/udevd.log" $udevd
wait_for_udevd() {
	local tries
	for ((tries = 0; tries < 100; tries++)); do
		! udevadm control --ping --timeout=30 2>/dev/null || return 0
		pause
	done
	fail "udevd does not answer"
}
wait_for_udevd

check_node() { # NODE
	[ "$(stat -L -c '%G %a' "$1")" = "dpdk 660" ] || fail "$1: $(stat -L -c '%U %G %a' "$1")"
}

echo "== /dev/iommu"
udevadm trigger --action=add --subsystem-match=misc --sysname-match=iommu --settle
check_node /dev/iommu

echo "== a device that has no driver"
[ -z "$(driver_of 03:00.0)" ] || fail "it has a driver"
bound_nics+=(03:00.0)
udevadm trigger --action=add --settle "$(pci_device 03:00.0)"
udevadm settle
[ "$(driver_of 03:00.0)" = vfio-pci ] || fail "its driver is $(driver_of 03:00.0)"
check_node /dev/vfio/by-pci/0000:03:00.0
[ "$(readlink -f /dev/vfio/by-pci/0000:03:00.0)" = "$(echo /dev/vfio/devices/*)" ] || fail "by-pci leads elsewhere"
check_node "/dev/vfio/$(group_of 03:00.0)"

echo "== a device that its own driver has"
unbind_nics 03:00.0
bound_nics+=(01:00.0) # which the module takes as well
give_to_kernel 03:00.0 e1000e
udevadm trigger --action=add --settle "$(pci_device 03:00.0)"
udevadm settle
[ "$(driver_of 03:00.0)" = vfio-pci ] || fail "its driver is $(driver_of 03:00.0)"
check_node /dev/vfio/by-pci/0000:03:00.0

echo "== driverctl does the same"
unbind_nics 03:00.0
give_to_kernel 03:00.0 e1000e
driverctl set-override 0000:03:00.0 vfio-pci
udevadm settle
[ "$(driver_of 03:00.0)" = vfio-pci ] || fail "its driver is $(driver_of 03:00.0)"
check_node /dev/vfio/by-pci/0000:03:00.0

echo "== a member of the group has the device"
start_program "$work/member.log" bash -c "ulimit -l unlimited; exec setpriv --reuid=packet --regid=packet --init-groups \
	dpdk-testpmd -a 03:00.0 --in-memory -m 64 -- --no-mlockall --total-num-mbufs=2048 --stats-period 1"
wait_for_line "$work/member.log" 'start packet forwarding' 90
expect_backend "$work/member.log" iommufd
stop_testpmd "$work/member.log" || fail "testpmd ended with status $?"
stop_program "$work/udevd.log" TERM || true
check_nothing_pinned
