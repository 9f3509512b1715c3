#!/bin/bash
# The four ways in beside the default plugin folder: -d, LD_PRELOAD, link order, and --wrap in a static program.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
# drivers: all
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0
library=$libraries/librte_bus_pci_iommufd.so.0
plugin=$(echo "$libraries"/dpdk/pmds-*/librte_bus_pci_iommufd.so)
mv "$plugin" "$work/kept" # so that nothing but the way in question leads to us

carries_frames() { # NAME COMMAND...
	local log=$work/$1.log
	echo "== $1"
	shift
	start_program "$log" "$@" --log-level=bus.pci.iommufd:debug
	wait_for_line "$log" 'echo: ready' 60
	expect_backend "$log" iommufd
	expect_line "$log" 'IOMMUFD: librte_bus_pci_iommufd [0-9.]+ is loaded, with librte_eal_iommufd [0-9.]+$'
	echo_frames 02:00.0 50
	stop_program "$log" || fail "the program ended with status $?"
	check_nothing_pinned
}

carries_frames option-d "$programs/echo" -d "${plugin%/*}" -d "$library" -a 01:00.0 --iova-mode=va
carries_frames preload env LD_PRELOAD="$library" "$programs/echo" -a 01:00.0 --iova-mode=va
carries_frames link-order "$programs/echo-linked" -a 01:00.0 --iova-mode=va
[ ! -x "$programs/echo-static" ] && fail "there is no static program in this build"
carries_frames static "$programs/echo-static" -a 01:00.0 --iova-mode=va
for command in "$programs/echo-linked" "$programs/echo-static"; do
	log=$work/stock-$(basename "$command").log
	echo "== $(basename "$command"), backend=stock"
	RTE_IOMMUFD=backend=stock start_program "$log" "$command" -a 01:00.0 --iova-mode=va
	wait_for_line "$log" 'echo: ready' 60
	expect_backend "$log" stock
	expect_line "$log" 'Using IOMMU type 1'
	echo_frames 02:00.0 50
	stop_program "$log" || fail "the program ended with status $?"
done
mv "$work/kept" "$plugin"
check_no_faults
