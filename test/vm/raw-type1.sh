#!/bin/bash
# Programs and drivers that map memory by VFIO's type1 ioctls on a container's fd, as net_nbl does: on IOMMUFD these calls are served
# on the container's address space. Frames go out of that memory, and after the unmap the IOMMU refuses it.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
# deadline: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

iova=0x40000000
bind_vfio 01:00.0

check_raw() { # BACKEND NAME DEVICE RAW-ARGUMENTS...
	local backend=$1 log=$work/$1-$2.log device=$3 before
	echo "== $backend, $2 container"
	shift 3
	before=$(faults_inside | wc -l)
	RTE_IOMMUFD=backend=$backend start_program "$log" "$programs/echo" -a "$device" --iova-mode=va -m 64 -- raw "$@"
	wait_for_line "$log" 'echo: ready' 60
	expect_backend "$log" "$backend(v2)?"
	grep -E 'echo: (page|external)' "$log"
	echo_frames 02:00.0 200
	[ "$(dmesg_faults | wc -l)" = "$faults_so_far" ] || fail "refused DMA: $(dmesg_faults)"
	kill -USR1 "${pid_of[$log]}"
	wait_for_line "$log" 'echo: sent from unmapped memory'
	for ((i = 0; i < 60; i++)); do
		[ "$(faults_inside | wc -l)" = "$before" ] || break
		pause
	done
	faults_inside | tail -n 1
	[ "$(faults_inside | wc -l)" -gt "$before" ] || fail "no refused access to the unmapped memory"
	stop_program "$log" || fail "the program ended with status $?"
	check_nothing_pinned
	faults_so_far=$(dmesg_faults | wc -l)
}

# 512 buffers of 2176 bytes; which of them is sent is the mempool's affair.
faults_inside() {
	local fault
	for fault in $(fault_addresses 01:00.0); do
		((fault < iova || fault >= iova + 512 * 2176)) || echo "$fault"
	done
}

faults_so_far=0
check_raw iommufd default 01:00.0
check_raw type1 default 01:00.0
# DPDK's own default container is not reached by 24.11's rte_vfio_get_container_fd(), which opens a new one.
for backend in iommufd type1 stock; do
	check_raw $backend custom 00:00.0 0000:01:00.0
done
