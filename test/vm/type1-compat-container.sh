#!/bin/bash
# /dev/vfio/vfio is IOMMUFD's, as with a kernel's IOMMUFD_VFIO_CONTAINER: here by a link to /dev/iommu. What is mapped outlives a group
# there. A NIC is taken out of a running testpmd and put back in as with VFIO's own container, also with DPDK's own code; and what is
# unmapped, given back and mapped again in between is what the device then has.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
# deadline: 400
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

need_iommufd
bind_vfio 01:00.0
restore() { [ ! -c /dev/vfio/vfio.away ] || mv -f /dev/vfio/vfio.away /dev/vfio/vfio; }
mv /dev/vfio/vfio /dev/vfio/vfio.away
ln -s ../iommu /dev/vfio/vfio
mkfifo "$work/commands"

say() { printf '%s\n' "$@" >&5; }

for backend in type1 stock; do
	echo "== $backend"
	log=$work/$backend.log
	RTE_IOMMUFD=backend=$backend dpdk-testpmd -a 01:00.0 --iova-mode=va -- -i --total-num-mbufs=2048 <"$work/commands" >"$log" 2>&1 &
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
	expect_no_line "$log" 'IOMMUFD: .*(cannot|does not)'
	check_nothing_pinned
done

echo "== memory that is given back while no device is attached"
log=$work/between.log
"$programs/type1_life" between /sys/bus/pci/devices/0000:01:00.0 >"$log" 2>&1 || fail "what is mapped is not what the device has"
expect_line "$log" 'IOMMUFD: 0000:01:00.0: cannot attach, memory that was mapped for devices is not there any more'
check_nothing_pinned

echo "== maps beside detachments"
log=$work/race.log
"$programs/type1_life" race /sys/bus/pci/devices/0000:01:00.0 30 >"$log" 2>&1 || fail "the kernel does not have what the record says"
grep detachments "$log"
check_nothing_pinned
check_no_faults
