# What every script in test/vm starts with: `. "$(dirname "$0")/lib.sh"`. Ends a script with a clear word, and cleans up after it:
# programs it has started are stopped, NICs it has bound are left without a driver.
# It must not know of any one behaviour. Binding, programs and waiting are in devtools/guest/functions.sh.
# shellcheck shell=bash
set -euo pipefail

[ "${LAB_GUEST:-}" ] || { echo "this runs in the lab's guest: devtools/lab test vm $(basename "$0" .sh)" >&2; exit 1; }

# shellcheck source=../../devtools/guest/functions.sh
. /src/devtools/guest/functions.sh

# A fifth: what a script looks at needs no more. Not where a capture of dpdk-pdump or dpdk-dumpcap ends: rte_pdump.c frees its ring and waits for
# no thread that is using it, so that a primary can crash with DPDK's own code as well, and a thread that is kept waiting is in there for long.
polling_share=4000

work=${LAB_SCRIPT_DIR:-$(mktemp -d)} # for logs and other files of this script

libraries=/usr/lib/$(uname -m)-linux-gnu

# The default machine's IOMMU: what dpdk-iommufd-info calls it and its units, its number in IOMMU_GET_HW_INFO, the firmware's table, and the
# addresses that it leaves to interrupts. And the place among the sizes of hugepages of those of 2 MiB, with their NUMA node.
# shellcheck disable=SC2034 # scripts use them
case $(uname -m) in
x86_64) iommu=intel-iommu iommu_unit=dmar0 iommu_number=1 iommu_table='"DMAR"' interrupts=(0xfee00000 0xfeefffff) huge_place=0 huge_node=0 ;;
# By the device tree, which is no table of ACPI's.
aarch64) iommu=arm-smmu-v3 iommu_unit=smmu3.0x0000000009050000 iommu_number=2 iommu_table=null interrupts=(0x8000000 0x80fffff) huge_place=1 huge_node=null ;;
esac

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

skip() { # what is missing
	echo "skipped: $*"
	exit 77
}

need_command() { command -v "$1" >/dev/null || skip "no $1 in this root"; }
need_iommufd() {
	[ -d /sys/bus/pci/drivers/vfio-pci ] || modprobe vfio-pci
	[ -c /dev/iommu ] || skip "no /dev/iommu with this kernel"
}

# VFIO_DEVICE_FEATURE_DMA_BUF: Linux 6.19, where CONFIG_VFIO_PCI_DMABUF is on.
gives_out_registers() { grep -q ' vfio_pci_core_feature_dma_buf' /proc/kallsyms; }
need_registers() { gives_out_registers || skip "this kernel does not give out device registers"; }

# load_with MODULE PARAMETER=VALUE: also where the module is loaded already, or is part of the kernel.
load_with() {
	modprobe "$1" "$2"
	echo "${2#*=}" >"/sys/module/${1//-/_}/parameters/${2%=*}"
}

# check WHAT COMMAND...: fails, saying WHAT, when the command does.
check() {
	local what=$1
	shift
	"$@" || fail "$what"
}

check_no_faults() { [ -z "$(dmesg_faults)" ] || fail "refused DMA: $(dmesg_faults)"; }

# Programs that others have started for a script, it stops in a function of this name.
stop_others() { :; }

# What a script has changed of the guest beyond programs and NICs, it puts back in a function of this name.
restore() { :; }

# What the programs of a failed script have printed is shown, all of it.
clean_up() {
	local status=$? log files=()
	for log in "${!pid_of[@]}"; do
		stop_program "$log" KILL 2>/dev/null || true
	done
	stop_others
	for log in "$work"/*.log; do
		[ "$status" = 0 ] || [ "$status" = 77 ] || [ ! -f "$log" ] || show_log "$log" >&2
	done
	files=(/dev/hugepages/*map_[0-9]*) # EAL leaves them for the next start
	[ ! -e "${files[0]}" ] || rm "${files[@]}"
	[ ${#bound_nics[@]} = 0 ] || unbind_nics "${bound_nics[@]}"
	restore
	exit "$status"
}
trap clean_up EXIT
trap 'exit 143' TERM # at its deadline
