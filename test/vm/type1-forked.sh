#!/bin/bash
# A program on a legacy container gives up its only NIC while a child that fork() has made still has the NIC's file, so that the kernel
# keeps its group in the container with all that is mapped. Memory is freed and allocated again, and a NIC of another group is attached:
# frames go out of the new memory. And: memory that is mapped and unmapped in the midst of such a detachment.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel --nic e1000e:link=pair1 --nic virtio:link=pair1,kernel
# deadline: 400
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0 03:00.0
[ "$(group_of 01:00.0)" != "$(group_of 03:00.0)" ] || fail "both NICs are in one group"

for ends in before after; do
	echo "== the child ends $ends the program"
	log=$work/forked-$ends.log
	RTE_IOMMUFD=backend=type1 start_program "$log" "$programs/replug" -a 01:00.0 --iova-mode=va -m 64 -- 0000:01:00.0 0000:03:00.0
	wait_for_line "$log" 'replug: ready' 60
	echo_frames 02:00.0 300
	kill -USR1 "${pid_of[$log]}"
	wait_for_line "$log" 'replug: changed'
	echo_frames 04:00.0 300
	if [ $ends = before ]; then
		kill -USR2 "${pid_of[$log]}"
		wait_for_line "$log" 'replug: child ended'
		echo_frames 04:00.0 300
	fi
	stop_program "$log" || fail "the program ended with status $?"
	expect_no_line "$log" 'IOMMUFD: .*cannot'
	check_nothing_pinned
done

echo "== memory that is given back while no device is attached"
log=$work/between.log
"$programs/type1_life" between /sys/bus/pci/devices/0000:01:00.0 >"$log" 2>&1 || fail "what is mapped is not what the device has"
expect_line "$log" 'IOMMUFD: cannot map 0x40000000-0x4003ffff: .*there is no memory'
check_nothing_pinned

echo "== maps beside detachments"
log=$work/race.log
"$programs/type1_life" race /sys/bus/pci/devices/0000:01:00.0 30 >"$log" 2>&1 || fail "the kernel does not have what the record says"
grep detachments "$log"
check_nothing_pinned
check_no_faults
