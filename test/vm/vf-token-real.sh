#!/bin/bash
# A VF whose PF another program has opened with --vfio-vf-token: with the same token it works, with another or none it is refused in
# one line, and never asked for again without the token.
# machine: --nic igb:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

token=14d63f20-8445-11ea-8900-1f9ce7d5650d
other=24d63f20-8445-11ea-8900-1f9ce7d5650d
load_with vfio-pci enable_sriov=1
bind_vfio 01:00.0
echo 1 >"$(pci_device 01:00.0)/sriov_numvfs"
vf=$(basename "$(realpath "$(pci_device 01:00.0)/virtfn0")")
echo "the VF is $vf: $(cat "$(pci_device "$vf")/vendor" "$(pci_device "$vf")/device" | xargs)"
[ "$(driver_of "$vf")" = vfio-pci ] || bind_vfio "$vf"
vf_arguments=(-a "$vf" --iova-mode=va --file-prefix=vf -m 64)

# What the kernel has said about tokens since the last look.
seen=0
kernel_on_tokens() {
	dmesg | sed "1,${seen}d" | grep -iE 'vf token' || true
	seen=$(dmesg | wc -l)
}

expect_refused() { # NAME LINE KERNEL-LINE ARGUMENTS...
	local log=$work/$backend-$1.log line=$2 kernel=$3 said
	echo "== $backend: $1"
	shift 3
	start_program "$log" "$programs/echo" "${vf_arguments[@]}" "$@" -- plain
	wait_for_end "$log" 60 && fail "it started"
	grep IOMMUFD: "$log"
	kernel_on_tokens >"$work/said"
	said=$(<"$work/said")
	echo "the kernel: $said"
	expect_line "$log" "IOMMUFD: $vf: $line"
	expect_line "$log" "IOMMUFD: $vf: [^b]" # besides that of the backend
	expect_line "$log" "Requested device $vf cannot be used"
	[[ $(wc -l <<<"$said") == 1 && $said == *"$kernel"* ]] || fail "the kernel was asked otherwise"
}

for backend in iommufd type1; do
	export RTE_IOMMUFD=backend=$backend
	pf=$work/$backend-pf.log
	start_testpmd "$pf" -a 01:00.0 --iova-mode=va --file-prefix=pf -m 64 --vfio-vf-token=$token -- --forward-mode=rxonly --total-num-mbufs=2048 --stats-period 1
	wait_for_line "$pf" 'start packet forwarding' 90
	expect_backend "$pf" "$backend(v2)?"
	kernel_on_tokens >/dev/null
	expect_refused none "(the kernel wants a VF token for it|.*a VF may need --vfio-vf-token)" 'VF token required'
	expect_refused wrong 'the kernel refused the VF token' 'Incorrect VF token' --vfio-vf-token=$other

	# The NIC would give a frame that the VF sends to all, or to itself, back to the VF: the addresses are swapped on the way.
	echo "== $backend: right"
	log=$work/$backend-right.log
	start_testpmd "$log" "${vf_arguments[@]}" --vfio-vf-token=$token -- --forward-mode=macswap --total-num-mbufs=2048 --stats-period 1
	wait_for_line "$log" 'start packet forwarding' 90
	expect_line "$log" IOMMUFD: # and no complaint
	echo_frames 02:00.0 100 --swapped "$(sed -nE 's/^Port 0: (([0-9A-F]{2}:){5}[0-9A-F]{2})$/\1/p' "$log" | head -n 1)"
	stop_testpmd "$log" || fail "the VF's testpmd ended with status $?"
	stop_testpmd "$pf" || fail "testpmd ended with status $?"
	check_nothing_pinned
done
check_no_faults
