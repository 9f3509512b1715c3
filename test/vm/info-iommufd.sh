#!/bin/bash
# dpdk-iommufd-info on a kernel with IOMMUFD: what it says of a free NIC, a bound one, one in use, to whom, and of the plugin in DPDK's
# folder; and that it changes nothing.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/info.sh"

plugin=$(echo "$libraries"/dpdk/pmds-*/librte_bus_pci_iommufd.so)
library=$(realpath "$plugin")
restore() { [ ! -e "$library.away" ] || mv "$library.away" "$library"; }
as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups dpdk-iommufd-info)
state() { # of what it could change
	cut -d' ' -f1,3 /proc/modules
	find /sys/bus/pci/devices/*/ -maxdepth 1 -name driver -exec readlink -f {} +
	find /dev -path '*vfio*' -o -name iommu
}

# Not every kernel has its options beside it.
no_options="" unseen=0
config=/boot/config-$(uname -r)
[ -r "$config" ] || no_options="\"the kernel's options: there is no $config, or it cannot be read\"" unseen=1

before=$(state)
golden free -- 'user.is_root=true' 'host.iommu.on=true' "host.iommu.units.0.kind=\"$iommu\"" "host.iommu.firmware_table=$iommu_table" \
	'host.iommu.interrupt_remapping="on"' "host.hugepages.$huge_place.total=512" "host.hugepages.$huge_place.size_kib=2048" "host.hugepages.$huge_place.numa_node=$huge_node" \
	'host.hugetlbfs.0.node.path="/dev/hugepages"' 'host.plugin.state="loads"' 'host.limits.is_unlimited=true' "host.unseen=[$no_options]" \
	'devices.0.address="0000:01:00.0"' 'devices.0.driver=null' 'devices.0.start.verdict="not-of-vfio"' 'devices.0.start.backend=null' \
	'devices.1.address="0000:02:00.0"' 'devices.1.driver="virtio-pci"' 'devices.1.start.verdict="not-of-vfio"'
[ "$(state)" = "$before" ] || fail "it has changed: $(diff <(echo "$before") <(state))"

need_iommufd
bind_vfio 01:00.0
group=$(group_of 01:00.0)
before=$(state)
strace -f --seccomp-bpf -e trace=ioctl,openat,open -o "$work/calls" dpdk-iommufd-info --json 01:00.0 >"$work/traced.json"
grep -E 'VFIO_DEVICE|0x3b, 0x7[6-9]|"/dev/vfio/'"$group"'"' "$work/calls" && fail "it binds the device, or opens its group"
grep -q '"/dev/iommu"' "$work/calls" || fail "the trace shows nothing"
golden bound 01:00.0 -- 'host.kernel.has_iommufd=true' 'host.iommufd_calls.IOAS_MAP_FILE=true' 'host.iommufd_calls.IOAS_NOIOMMU_GET_PA=true' \
	'host.nodes.0.path="/dev/iommu"' 'host.nodes.0.state="accessible"' 'devices.0.driver="vfio-pci"' "devices.0.group.number=$group" \
	"devices.0.iommu.name=\"$iommu_unit\"" 'devices.0.cdev.state="accessible"' "devices.0.group_node.path=\"/dev/vfio/$group\"" \
	'devices.0.pasid=false' 'devices.0.ats=false' 'devices.0.page_requests=false' 'devices.0.map_file=true' 'devices.0.dirty_tracking=null' \
	"devices.0.reserved=[{\"first\": \"${interrupts[0]}\", \"last\": \"${interrupts[1]}\", \"type\": \"msi\"}]" 'devices.0.held_by=null' \
	'devices.0.start.verdict="would-try"' 'devices.0.start.backend="iommufd"' 'devices.0.probe=null' 'devices.0.unseen.0~--probe tells'
RTE_IOMMUFD=backend=type1 golden type1 01:00.0 -- 'devices.0.start.verdict="would-try"' 'devices.0.start.backend="type1v2"' \
	'devices.0.start.reason="asked for by the settings"' 'devices.0.map_file=false'
[ "$(state)" = "$before" ] || fail "it has changed: $(diff <(echo "$before") <(state))"
golden probed --probe 01:00.0 -- 'devices.0.probe.opened=true' 'devices.0.probe.backend="iommufd"' 'devices.0.dirty_tracking=false' \
	'devices.0.pasid_bits=0' 'devices.0.unseen=[]'

echo "== an ordinary user sees less, and says so"
info=("${as_nobody[@]}")
golden nobody 01:00.0 -- 'user.name="nobody"' 'user.is_root=false' 'host.iommufd_calls=null' 'host.limits.is_unlimited=false' \
	'host.nodes.0.state="denied"' 'devices.0.cdev.state="denied"' 'devices.0.pasid=null' 'devices.0.ats=null' \
	'devices.0.start.verdict="would-fail"' 'devices.0.start.reason~no permission to open /dev/iommu' \
	"host.unseen.$unseen~which calls /dev/iommu has" 'devices.0.unseen.0~PASID, ATS' 'devices.0.unseen.1~another user has it'
"${as_nobody[@]}" --verbose 01:00.0 >"$work/nobody.text"
grep -q 'not seen .*PASID, ATS and page requests' "$work/nobody.text" || { cat "$work/nobody.text"; fail "the text does not say what was not seen"; }
status=0
"${as_nobody[@]}" --user root || status=$?
[ "$status" = 2 ] || fail "an ordinary user looks as another one: exit status $status"
info=(dpdk-iommufd-info)
golden user 01:00.0 --user nobody -- 'user.name="nobody"' 'host.nodes.0.state="denied"' 'devices.0.cdev.state="denied"' 'devices.0.pasid=false' \
	'host.limits=null' "host.unseen.$unseen~run this as nobody" 'devices.0.start.verdict="would-fail"'

echo "== colour on terminals only"
escape=$(printf '\033')
dpdk-iommufd-info >"$work/file.text"
python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' dpdk-iommufd-info </dev/null >"$work/terminal.text"
! grep -q "$escape" "$work/file.text" || fail "there is colour in a file"
grep -q "$escape" "$work/terminal.text" || fail "there is no colour on a terminal"

echo "== in use"
log=$work/testpmd.log
for backend in iommufd type1; do
	RTE_IOMMUFD=backend=$backend start_testpmd "$log" -a 01:00.0 --iova-mode=va -m 64 -- --forward-mode=io --total-num-mbufs=2048 --stats-period 1
	wait_for_line "$log" 'start packet forwarding' 90
	pid=${pid_of[$log]}
	golden "held-$backend" --doctor 01:00.0 -- "devices.0.held_by.pid=$pid" 'devices.0.held_by.program="dpdk-testpmd"' \
		'devices.0.start.verdict="would-fail"' "devices.0.start.reason~held by process $pid" 'doctor.found=["in-use"]' 'doctor.commands=[]'
	[ "$backend" = type1 ] || golden left-alone --probe 01:00.0 -- 'devices.0.probe=null'
	stop_testpmd "$log" || fail "testpmd ended with status $?"
done

echo "== the plugin"
mv "$library" "$library.away"
doctor broken plugin 01:00.0
golden broken-plugin 01:00.0 -- 'host.plugin.state="broken"' "host.plugin.path=\"$plugin\"" 'host.plugin.error~No such file'
run_commands broken
[ ! -L "$plugin" ] || fail "the link is still there"
mv "$library.away" "$library"
golden missing-plugin 01:00.0 -- 'host.plugin.state="missing"'
doctor missing plugin 01:00.0
run_commands missing
nothing_left 01:00.0
check_nothing_pinned
