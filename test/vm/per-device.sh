#!/bin/bash
# ioas=per-device: every way of EAL's memory reaches each device, but what is mapped for one device is out of the other's reach: its
# DMA there faults, until the memory is copied into its address space.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel --nic e1000e
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0 03:00.0
export RTE_IOMMUFD=ioas=per-device
forward_in_mode iommufd default -a 03:00.0
forward_in_mode iommufd single-file-segments -a 03:00.0 --single-file-segments -m 256
RTE_IOMMUFD=ioas=per-device,backend=type1 forward_in_mode 'type1(v2)?' type1 -a 03:00.0 -m 64

echo "== memory grows and shrinks"
log=$work/grow.log
start_program "$log" "$programs/echo" -a 01:00.0 --iova-mode=va -- grow
wait_for_line "$log" 'echo: ready' 60
echo_frames 02:00.0 600
[ "$(count_lines "$log" 'echo: cycle .*freed')" -ge 3 ] || fail "memory was freed less than three times"
stop_program "$log" || fail "the program ended with status $?"
check_nothing_pinned
check_no_faults

for backend in iommufd type1; do
	echo "== memory of one device, $backend"
	log=$work/isolation-$backend.log
	RTE_IOMMUFD=ioas=per-device,backend=$backend start_program "$log" "$programs/spaces" \
		-a 01:00.0 -a 03:00.0 --iova-mode=va -- isolation 0000:01:00.0 0000:03:00.0
	wait_for_line "$log" 'spaces: ready' 60
	echo_frames 02:00.0 50
	faults_before=$(fault_addresses 01:00.0 | wc -l)
	kill -USR1 "${pid_of[$log]}"
	wait_for_line "$log" "spaces: sent out of the other device's memory"
	address=$(sed -nE 's/^spaces: memory at (0x[0-9a-f]+)$/\1/p' "$log")
	for ((i = 0; i < 300; i++)); do
		faults=$(fault_addresses 01:00.0 | tail -n +$((faults_before + 1)))
		[ -z "$faults" ] || break
		pause
	done
	echo "memory of 03:00.0 alone at $address; the kernel has refused 01:00.0 at: ${faults//$'\n'/ }"
	grep -qxF "$address" <<<"$faults" || fail "no refused access of 01:00.0 at $address: $(dmesg_faults)"
	kill -USR2 "${pid_of[$log]}"
	wait_for_line "$log" 'spaces: copied'
	seen=$(fault_addresses 01:00.0 | wc -l)
	echo_frames 02:00.0 200
	[ "$(fault_addresses 01:00.0 | wc -l)" = "$seen" ] || fail "refused DMA after the copy: $(dmesg_faults)"
	stop_program "$log" || fail "the program ended with status $?"
	check_nothing_pinned
done
