# The small language that says what a guest is (see `lab help`), and its translation into QEMU arguments.
# It must not know what runs in the guest, nor where anything is cached.
# shellcheck shell=bash

declare -A machine
nics=()
machine_usage="see: devtools/lab help"

default_machine() {
	machine=([arch]=amd64 [dpdk]="" [dpdk-source]="$dpdk_source" [kernel]=iommufd [install]=meson [mem]=3G [smp]=2 [hugepages]=512 [iommu]="" [append]="" [qemu]="" [qemu-preload]=""
		[reserve]="")
	nics=()
}

# parse_machine WORD...: takes machine options off the front; how many words is in $parsed then.
parse_machine() {
	local name
	parsed=0
	while [ $# -gt 0 ]; do
		name=${1#--}
		[[ $1 == --?* ]] && { [ "$name" = nic ] || [ -n "${machine[$name]+set}" ]; } || return 0
		[ $# -ge 2 ] || die "$1 wants a value; $machine_usage"
		if [ "$name" = nic ]; then nics+=("$2"); else machine[$name]=$2; fi
		shift 2
		parsed=$((parsed + 2))
	done
}

check_machine() {
	contains "${machine[arch]}" amd64 arm64 || die "no architecture '${machine[arch]}' here; one of: amd64 arm64"
	check_dpdk
	check_kernel_name "${machine[kernel]}"
	contains "${machine[install]}" meson packages || die "no way to install '${machine[install]}'; one of: meson packages"
	contains_number "${machine[hugepages]}" || die "--hugepages wants a number, not '${machine[hugepages]}'"
	contains_number "${machine[smp]}" || die "--smp wants a number, not '${machine[smp]}'"
	[[ ${machine[mem]} =~ ^[0-9]+[MG]$ ]] || die "--mem wants a size such as 3G, not '${machine[mem]}'"
	[[ ${machine[reserve]:-0-0} =~ ^[0-9a-f]+-[0-9a-f]+$ ]] || die "--reserve wants FROM-TO in hexadecimal, not '${machine[reserve]}'"
	check_iommu
	check_machine_of_arch
	[ -z "${machine[reserve]}" ] || [ "${machine[iommu]}" = intel ] || die "--reserve replaces the table of the IOMMU 'intel': leave --iommu out"
	[ "${machine[kernel]}" != mock ] || check_mock_machine
	place_nics
}

check_machine_of_arch() {
	local missing
	missing=$("missing_on_${machine[arch]}")
	[ -z "$missing" ] || die "--arch ${machine[arch]} has $missing"
}

# Each prints what the machine wants and a guest of its architecture cannot be; nothing when it can be made.
missing_on_amd64() {
	! is_patched_kernel || echo "no kernel '${machine[kernel]}': only --arch arm64 has it"
}

is_patched_kernel() { [ -n "${arm64_kernel_patches[${machine[kernel]}]:-}" ]; }

missing_on_arm64() {
	[ "${machine[dpdk]:-24.11}" = 24.11 ] || { echo "no DPDK ${machine[dpdk]}: only 24.11"; return; }
	[ -z "${machine[dpdk-source]}" ] || { echo "no DPDK tree: only 24.11"; return; }
	[ "${machine[kernel]}" = iommufd ] || is_patched_kernel || { echo "no kernel '${machine[kernel]}': only iommufd and ${!arm64_kernel_patches[*]}"; return; }
	[ "${machine[install]}" = meson ] || { echo "no packages of the project"; return; }
	contains "${machine[iommu]:-smmuv3}" smmuv3 none || { echo "no IOMMU '${machine[iommu]}': its kernel drives only smmuv3"; return; }
	[ -z "${machine[reserve]}" ] || { echo "no table of the firmware to replace (--reserve)"; return; }
	[ -z "${machine[qemu-preload]}" ] || { echo "nothing to preload into QEMU: what is built for that is for x86"; return; }
	! has_nic_type svanic || echo "no svanic: its model is for QEMU's x86 machine"
}

# A machine that names a release has it, also where the command has a tree for its machines.
check_dpdk() {
	[ -z "${machine[dpdk-source]}" ] || check_dpdk_source "${machine[dpdk-source]}"
	[ "${machine[dpdk-source]}" = "$dpdk_source" ] || [ -z "${machine[dpdk]}" ] || die "--dpdk or --dpdk-source, not both"
	machine[dpdk]=${machine[dpdk]:-${machine[dpdk-source]:+source}}
	machine[dpdk]=${machine[dpdk]:-24.11}
	if [ "${machine[dpdk]}" = source ]; then
		[ "${machine[dpdk-source]}" ] || die "--dpdk source wants --dpdk-source FOLDER"
		[ "${machine[install]}" != packages ] || die "--install packages is for the distribution's DPDK"
		return
	fi
	contains "${machine[dpdk]}" "${releases[@]}" || die "no DPDK release '${machine[dpdk]}' here; one of: ${releases[*]}"
}

# It has drivers for few of the devices that a machine can have.
check_mock_machine() {
	local spec
	contains "${machine[iommu]}" intel none || [[ ${machine[iommu]} = *=* ]] || die "kernel 'mock' drives no IOMMU but VT-d: leave --iommu out"
	for spec in "${nics[@]}"; do
		[[ $spec != *[:,]kernel* || $spec == virtio:* ]] || die "kernel 'mock' drives virtio NICs only, not '$spec'"
	done
}

contains_number() { [[ $1 =~ ^[0-9]+$ ]]; }

# --- NICs -------------------------------------------------------------------------------------------------------------------

nic_arguments=()  # for QEMU
nic_table=()      # per NIC: BDF TYPE kernel|free, for the guest
plug_table=()     # per NIC: ID and what plugs it in again once it is unplugged, for the guest
next_bus=1
declare -A slot_port=() slot_bus=() slot_count=() pair_ends=() pair_wire=()
first_wire=100 # a file descriptor: wires.py

place_nics() {
	local index pair
	nic_arguments=() nic_table=() plug_table=() next_bus=1 slot_port=() slot_bus=() slot_count=() pair_ends=() pair_wire=()
	for index in "${!nics[@]}"; do place_nic "$index" "${nics[$index]}"; done
	for pair in "${!pair_ends[@]}"; do
		[ "${pair_ends[$pair]}" = 2 ] || die "link=$pair wants exactly two NICs"
	done
}

declare -A nic_devices=(
	[e1000e]=e1000e [e1000]=e1000 [igb]=igb
	[virtio]="virtio-net-pci,iommu_platform=on,disable-legacy=on,disable-modern=off,ats=on"
	[svanic]=svanic
)

# What follows a comma before any colon is devargs: `lab run` reads it, the machine does not.
place_nic() {
	local index=$1 spec=$2 type options="" word link="" group="" bridge="" use=free capture="" properties="" place device
	type=${spec%%[:,]*}
	[[ $spec != "$type":* ]] || options=${spec#*:}
	[ -n "${nic_devices[$type]+set}" ] || die "no NIC type '$type'; one of: ${!nic_devices[*]}"
	for word in ${options//,/ }; do
		case $word in
		link=hub[0-9]* | link=pair[0-9]*) link=${word#link=} ;;
		group=?*) group=${word#group=} ;;
		bridge=?*) bridge=${word#bridge=} ;;
		kernel) use=kernel ;;
		capture) capture=1 ;;
		pairs=[0-9]* | pasid=off | ats=off | pri=off | pri-requests=[0-9]* | ignore-invalidations=on | work-delay=[0-9]* | disable-delay=[0-9]*)
			[ "$type" = svanic ] || die "NIC '$spec': '$word' is svanic's alone; $machine_usage"
			properties+=,$word
			;;
		*) die "NIC '$spec': no option '$word'; $machine_usage" ;;
		esac
	done
	add_netdev "$index" "$link"
	if [ "$bridge" ]; then place_behind_bridge "$bridge"; elif [ "$group" ]; then place_in_group "$group"; else place_alone; fi
	device="${nic_devices[$type]},id=nic$index,netdev=net$index,mac=52:54:00:00:00:$(printf %02x $((index + 1))),romfile=$properties,$place"
	nic_arguments+=(-device "$device")
	nic_table+=("$bdf $type $use")
	plug_table+=("nic$index $device")
	[ -z "$capture" ] || nic_arguments+=(-object "filter-dump,id=dump$index,netdev=net$index,file=$guest_at/share/nic$index.pcap")
}

has_nic_type() { [[ " ${nics[*]/%/,}" == *" $1"[,:]* ]]; } # TYPE

# Each sets $place (for QEMU) and $bdf (as the guest will see it).
place_alone() {
	add_root_port "$next_bus"
	place=bus=port$next_bus
	bdf=$(printf '%02x:00.0' "$next_bus")
	next_bus=$((next_bus + 1))
}

place_in_group() {
	local key=group-$1 function
	if [ -z "${slot_port[$key]:-}" ]; then
		add_root_port "$next_bus"
		slot_port[$key]=port$next_bus slot_bus[$key]=$next_bus slot_count[$key]=0
		next_bus=$((next_bus + 1))
	fi
	function=${slot_count[$key]}
	slot_count[$key]=$((function + 1))
	place=bus=${slot_port[$key]},addr=00.$function,multifunction=on
	bdf=$(printf '%02x:00.%x' "${slot_bus[$key]}" "$function")
}

place_behind_bridge() {
	local key=bridge-$1 slot
	if [ -z "${slot_port[$key]:-}" ]; then
		add_root_port "$next_bus"
		nic_arguments+=(-device "pcie-pci-bridge,id=bridge$next_bus,bus=port$next_bus")
		slot_port[$key]=bridge$next_bus slot_bus[$key]=$((next_bus + 1)) slot_count[$key]=0
		next_bus=$((next_bus + 2))
	fi
	slot=$((slot_count[$key] + 1))
	slot_count[$key]=$slot
	place=bus=${slot_port[$key]},addr=$(printf '%02x' "$slot")
	bdf=$(printf '%02x:%02x.0' "${slot_bus[$key]}" "$slot")
}

add_root_port() { nic_arguments+=(-device "pcie-root-port,id=port$1,slot=$1,chassis=$1"); }

# A pair is a wire of wires.py: unlike a hub's, its ends never wait for each other.
add_netdev() {
	local id=net$1 link=$2 end
	case $link in
	"") nic_arguments+=(-netdev "user,id=$id") ;;
	hub*) nic_arguments+=(-netdev "hubport,id=$id,hubid=${link#hub}") ;;
	pair*)
		end=${pair_ends[$link]:-0}
		[ "$end" -lt 2 ] || die "link=$link wants exactly two NICs"
		[ "$end" = 1 ] || pair_wire[$link]=${#pair_wire[@]}
		pair_ends[$link]=$((end + 1))
		nic_arguments+=(-netdev "dgram,id=$id,local.type=fd,local.str=$((first_wire + 2 * pair_wire[$link] + end))")
		;;
	esac
}

# --- the rest of the machine ------------------------------------------------------------------------------------------------

# The IOMMUs that have a name. AMD's is without interrupt remapping in the guest: Linux does not find it in QEMU's tables.
declare -A iommu_devices=(
	[intel]="intel-iommu,intremap=on,scalable-mode=on,fsts=on,pasid-bits=20,device-iotlb=on,svm=on"
	[intel-second-stage]="intel-iommu,intremap=on,scalable-mode=on,pasid-bits=20,device-iotlb=on"
	[intel-legacy]="intel-iommu,intremap=on,device-iotlb=on"
	[intel-39]="intel-iommu,intremap=on,aw-bits=39"
	[amd]="amd-iommu,intremap=on,dma-remap=on"
	[smmuv3]="" # a property of the machine
	[virtio]="virtio-iommu-pci"
	[none]=""
)

# Linux before 6.14 makes page tables for user space by the second stage only, which QEMU's fsts=on takes away.
default_iommu() {
	case ${machine[arch]}-${machine[kernel]} in
	arm64-*) echo smmuv3 ;;
	*-6.12) echo intel-second-stage ;;
	*) echo intel ;;
	esac
}

check_iommu() {
	case ${machine[iommu]} in
	"") machine[iommu]=$(default_iommu) ;;
	0) machine[iommu]=none ;;
	1) machine[iommu]=intel ;;
	esac
	[ -n "${iommu_devices[${machine[iommu]}]+set}" ] || [[ ${machine[iommu]} = *=* ]] ||
		die "no IOMMU '${machine[iommu]}'; one of: ${!iommu_devices[*]}, or properties of QEMU's intel-iommu"
	[ "${machine[iommu]} ${machine[arch]}" != "smmuv3 amd64" ] || die "the IOMMU smmuv3 is of --arch arm64"
}

iommu_arguments() {
	local device=${iommu_devices[${machine[iommu]}]-intel-iommu,${machine[iommu]}}
	[ -z "$device" ] || printf '%s\n' -device "$device"
}

# How TCG runs the guest's processors: each by a thread (multi), or all by one in turns (single). A processor that waits for another one's
# answer burns its thread's time, and where threads are more than the host's processors, that is most of the time: two guests of two
# processors that boot on two processors take 11 s and 20 s of processor time by threads each, 5 s and 9 s in turns.
tcg_threads=${DPDK_IOMMUFD_TCG_THREADS:-multi}

# /dev/kvm may be there and of no use: a nested machine without the CPU flags. On arm64, pointer authentication by the architected algorithm
# would take much of TCG's time. On x86, programs and the kernel copy and clear memory by `rep movsb` and `rep stosb` where the processor says that
# these are fast, and TCG does them byte by byte: without these flags to clear memory takes a third of the time, and a boot 15 % less.
slow_strings=-erms,-fsrm,-fzrm,-fsrs,-fsrc
accelerator_arguments() {
	if [ "${machine[arch]}" = arm64 ]; then
		printf '%s\n' -accel "tcg,thread=$tcg_threads" -cpu max,pauth-impdef=on
	elif grep -qwE 'vmx|svm' /proc/cpuinfo && { : <>/dev/kvm; } 2>/dev/null; then
		printf '%s\n' -accel kvm -cpu host
	else
		printf '%s\n' -accel "tcg,thread=$tcg_threads" -cpu "max,-la57,$slow_strings"
	fi
}

# QEMU's program and its board. Without the ITS there are no MSIs on arm64.
qemu_program() { if [ "${machine[arch]}" = arm64 ]; then echo qemu-system-aarch64; else echo qemu-system-x86_64; fi; }

board() {
	case ${machine[arch]}-${machine[iommu]} in
	arm64-smmuv3) echo virt,gic-version=3,its=on,iommu=smmuv3 ;;
	arm64-*) echo virt,gic-version=3,its=on ;;
	*) echo q35,kernel-irqchip=split ;;
	esac
}

machine_arguments() {
	printf '%s\n' -machine "$(board)" -m "${machine[mem]}" -smp "${machine[smp]}"
	accelerator_arguments
	iommu_arguments
	[ ${#nic_arguments[@]} = 0 ] || printf '%s\n' "${nic_arguments[@]}"
	[ -z "${machine[qemu]}" ] || xargs -r -n1 printf '%s\n' <<<"${machine[qemu]}"
}

# Without init_on_alloc=0 the kernel clears every hugepage at boot: 4 s for 1 GiB under TCG. Without no_timer_check it panics on a busy
# machine under TCG: it takes a timer for broken whose interrupts are only late ("timer doesn't work through Interrupt-remapped IO-APIC").
kernel_parameters() {
	local of_arch="console=ttyS0 no_timer_check intel_iommu=on"
	[ "${machine[arch]}" != arm64 ] || of_arch="console=ttyAMA0"
	echo "$of_arch panic=-1 oops=panic mitigations=off init_on_alloc=0 hugepages=${machine[hugepages]} ${machine[append]}"
}
