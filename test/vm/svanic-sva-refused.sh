#!/bin/bash
# sva=1 where something is missing: one line names it, there is no port, and nothing falls back to plain addresses. So it is with
# arguments that are not understood. A NIC whose driver ignores sva=1 works as without it, with EAL's memory: only a driver can
# request an empty address space.
# machine: --nic svanic:pri=off --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/refused.sh"

bind_vfio 01:00.0 02:00.0
refuse requests 01:00.0,sva=1 '[Pp]age request|PRI'
refuse type1 01:00.0,sva=1 '01:00.0: .*(IOMMUFD backend|page requests|backend=iommufd)' type1
refuse number 01:00.0,sva=3 'sva=3 is not understood: sva takes 0 or 1'
refuse alone 01:00.0,pasid=queue 'pasid has a meaning only with sva=1'

for backend in iommufd type1; do
	log=$work/ignored-$backend.log
	RTE_IOMMUFD=backend=$backend start_program "$log" "$programs/echo" -a 02:00.0,sva=1 --iova-mode=va
	wait_for_line "$log" 'echo: ready' 60
	echo_frames 03:00.0 50
	stop_program "$log" || fail "the program with sva=1 for a driver that ignores it ended with status $?"
	check_nothing_pinned
done
check_no_faults
