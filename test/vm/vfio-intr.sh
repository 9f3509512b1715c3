#!/bin/bash
# --vfio-intr=legacy, msi and msix with Rx interrupts: a program that sleeps on a receive queue is woken by frames, or is not, or cannot be
# started, as with DPDK's own code.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel --nic igb:link=pair1 --nic virtio:link=pair1,kernel --nic virtio:link=pair2 --nic virtio:link=pair2,kernel
# deadline: 400
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

declare -A nic_at=([01:00.0]=e1000e [03:00.0]=igb [05:00.0]=virtio)
declare -A peer_of=([01:00.0]=02:00.0 [03:00.0]=04:00.0 [05:00.0]=06:00.0)
frames=8
peers=()
no_ipv6() { [ ! -d /proc/sys/net/ipv6 ] || echo "$2" >"/proc/sys/net/ipv6/conf/$1/disable_ipv6"; } # INTERFACE 0|1
restore() {
	local peer
	for peer in "${peers[@]}"; do no_ipv6 "$peer" 0; done
}

# sleep_on BDF MODE BACKEND: what becomes of it, in $became.
sleep_on() {
	local log=$work/$1.$2.$3.log wakes timeouts
	RTE_IOMMUFD=backend=$3 start_program "$log" "$programs/port" -a "$1" --iova-mode=va -m 64 --vfio-intr="$2" -- sleep
	wait_for_line "$log" 'port: (ready|FAILED)' 90 2>/dev/null || true
	if ! grep -q 'port: ready' "$log"; then
		wait_for_end "$log" 30 || true
		became="not started: $(sed -nE 's/^port: FAILED: //p' "$log" | tail -n 1)"
	else
		# One after another, and the program asleep before each: of frames that come together one wake tells.
		echo_frames "${peer_of[$1]}" $frames --window 1 --pause 50 >"$work/frames"
		stop_program "$log" TERM || true # net_virtio keeps mbufs that the program misses: below
		read -r _ wakes _ timeouts _ < <(grep -E 'port: [0-9]+ wakes' "$log")
		became="asleep"
		[ "$wakes" -lt 2 ] || became="woken"
		became+=$(sed -nE 's/^port: FAILED: /, /p' "$log")
		echo "$1 $2 $3: $wakes wakes, $timeouts timeouts"
	fi
	expect_backend_line "$log" "$3"
}

for bdf in "${!nic_at[@]}"; do
	peers+=("$(interface_of "${peer_of[$bdf]}")")
	no_ipv6 "${peers[-1]}" 1 # the kernel sends nothing of its own
	bind_vfio "$bdf"
	woken=
	for mode in legacy msi msix; do
		sleep_on "$bdf" $mode stock
		stock=$became
		[[ $stock != woken* ]] || woken=1
		sleep_on "$bdf" $mode iommufd
		echo "${nic_at[$bdf]} --vfio-intr=$mode: stock '$stock', iommufd '$became'"
		[ "$became" = "$stock" ] || { show_log "$work/$bdf.$mode.iommufd.log"; fail "another result than DPDK's own code"; }
	done
	[ "$woken" ] || fail "${nic_at[$bdf]}: no kind of interrupt wakes with DPDK's own code either: nothing was compared"
done
check_no_faults
check_nothing_pinned
