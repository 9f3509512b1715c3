#!/bin/bash
# One cell of the matrix: cell.sh NIC BACKEND. testpmd forwards on this NIC over this backend, the kernel's NIC at the other end of the
# wire finds each byte of its frames unchanged, then the NIC is detached, attached again and forwards again. The last line says what
# became of it: `cell ok NOTE`, `cell refused LINE` or, by its absence, a failure.
# It must not know which kernel, IOMMU or release of DPDK the guest has: it asks the kernel.
# shellcheck source=test/vm/lib.sh
. "$(dirname "$0")/../vm/lib.sh"
# shellcheck source=test/vm/wire.sh
. "$(dirname "$0")/../vm/wire.sh"

nic=$1 backend=$2
# Where devtools/lab.d/matrix.sh has put them.
declare -A place_of=([e1000e]=01:00.0 [igb]=03:00.0 [igb-vf]=03:00.0 [virtio]=05:00.0 [svanic]=07:00.0 [e1000]=09:00.0)
declare -A peer_of=([e1000e]=02:00.0 [igb]=04:00.0 [igb-vf]=04:00.0 [virtio]=06:00.0 [svanic]=08:00.0 [e1000]=0a:00.0)
device=${place_of[$nic]} peer=${peer_of[$nic]}
token=14d63f20-8445-11ea-8900-1f9ce7d5650d
log=$work/cell.log pf_log=$work/pf.log
arguments=(--total-num-mbufs=2048) eal=(-m 128 --file-prefix=cell)
forward_mode=io

# Before a device is bound: VFIO makes a group for one that has no IOMMU.
translated=
[ -z "$(ls /sys/kernel/iommu_groups)" ] || translated=1
# DPDK's own code takes such a device by itself; the library's other backends refuse it.
export RTE_IOMMUFD=backend=$backend
[ "$translated" ] || [ "$backend" = stock ] || export RTE_IOMMUFD=backend=noiommu

# What an administrator permits where the machine cannot do better.
permit_unsafe() {
	if [ -z "$translated" ]; then
		load_with vfio enable_unsafe_noiommu_mode=1 || true
	elif ! grep -qE 'IR-|ITS-' /proc/interrupts; then
		allow_unsafe_interrupts Y
	fi
}

# The igb's VF, whose PF another program has opened with the token.
prepare_vf() {
	modprobe vfio-pci
	echo Y >/sys/module/vfio_pci/parameters/enable_sriov
	echo 1 >"$(pci_device 03:00.0)/sriov_numvfs"
	device=$(basename "$(realpath "$(pci_device 03:00.0)/virtfn0")")
	device=${device#0000:}
	[ "$(driver_of "$device")" = vfio-pci ] || bind_vfio "$device"
	start_testpmd "$pf_log" -a 03:00.0 "${mode[@]}" --file-prefix=pf -m 64 --vfio-vf-token=$token -- --forward-mode=rxonly \
		--total-num-mbufs=2048 --stats-period 1
	wait_for_line "$pf_log" 'start packet forwarding|No probed' 90 || true
	! grep -qE 'No probed|EAL: Error - exiting' "$pf_log" || { log=$pf_log; say_refused; }
	running "$pf_log" || { log=$pf_log; say_refused; }
	eal+=("--vfio-vf-token=$token")
	forward_mode=macswap
}

# One line of the library's is the refusal, and it has to be a documented one; DPDK's own code says what it says.
say_refused() {
	local said
	if [ "$backend" = stock ]; then
		said=$(plain_text "$log" | grep -E 'EAL: .*(cannot|[Ff]ail|not (viable|managed|supported))|EAL: Error - exiting' | head -n 1)
	else
		said=$(plain_text "$log" | sed -nE 's/^.*IOMMUFD: //p' | grep -vE '(^|: )backend (iommufd|type1|type1v2|stock|noiommu): ' | sort -u)
		[ -n "$said" ] || fail "refused without a line"
		[ "$(wc -l <<<"$said")" = 1 ] || { echo "$said"; fail "more than one line for one refusal"; }
		grep -qEf /src/test/matrix/refusals <<<"$said" || { echo "$said"; fail "a refusal that is not documented"; }
	fi
	echo "cell refused ${said:-without a line}"
	exit 0
}

check_backend() {
	local wanted="$backend(v2)?" named
	[ "$translated" ] || [ "$backend" = stock ] || wanted=noiommu
	named=$(plain_text "$log" | sed -nE 's/^.*IOMMUFD: (.*: )?backend ([a-z0-9]+): .*/\2/p' | sort -u | xargs)
	[[ $named =~ ^$wanted$ ]] || fail "the backend is '$named' and not $backend"
	used=$named
}

# With macswap frames are for the port, whose address may be another one after it was attached again.
forward_frames() { # TURN
	local options=()
	command_testpmd 'show port info 0'
	wait_for_lines "$log" '^MAC address: ' "$1"
	[ "$forward_mode" = io ] || options=(--swapped "$(plain_text "$log" | sed -nE 's/^MAC address: //p' | tail -n 1)")
	command_testpmd "set fwd $forward_mode" start
	echo_frames "$peer" 50 "${options[@]}"
}

permit_unsafe
mode=()
[ -z "$translated" ] || mode=(--iova-mode=va)
bind_vfio "${place_of[$nic]}" || { echo "cell refused the kernel's vfio-pci does not take the device"; exit 0; }
[ "$nic" != igb-vf ] || prepare_vf
mkfifo "$work/commands"
# By lines: what testpmd prints to a file would otherwise come late.
stdbuf -oL dpdk-testpmd -a "$device" "${mode[@]}" "${eal[@]}" -- -i "${arguments[@]}" <"$work/commands" >"$log" 2>&1 &
pid_of[$log]=$!
exec 5>"$work/commands"
wait_for_line "$log" '^Done|No probed|EAL: Error - exiting|Cause:' 90 2>/dev/null || true
! grep -qE 'No probed|EAL: Error - exiting|Cause:' "$log" || say_refused
running "$log" || say_refused
check_backend
forward_frames 1
command_testpmd stop 'port stop 0' 'port close 0' "device detach 0000:$device" "port attach 0000:$device" 'port start 0'
wait_for_line "$log" 'Port 0 is attached' 60
forward_frames 2
command_testpmd stop quit
exec 5>&-
wait_for_end "$log" 30 || fail "testpmd ended with status $?"
[ "$nic" != igb-vf ] || stop_testpmd "$pf_log" || fail "the PF's testpmd ended with status $?"
check_no_faults
[ "$backend" = stock ] || check_nothing_pinned
echo "cell ok $used"
