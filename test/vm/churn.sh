# What scripts share in which programs come and go very often: what the kernel has of them at the end, and whether the next program
# finds all as it was. Sourced after wire.sh.
# It must not know of any one behaviour.
# shellcheck shell=bash

# What holds VFIO's and IOMMUFD's modules: an open file, a device or a container that is left over.
references() {
	local module
	for module in iommufd vfio vfio_pci vfio_pci_core vfio_iommu_type1; do
		[ ! -e "/sys/module/$module/refcnt" ] || echo "$module $(<"/sys/module/$module/refcnt")"
	done
}

# What is the same before the first and after the last of them.
note_before() { before=$(references); }

check_nothing_left() {
	check_nothing_pinned
	[ "$(references)" = "$before" ] || fail "the kernel has kept something: $(diff <(echo "$before") <(references))"
}

# expect_next_start NAME: the next program gets the NIC at 01:00.0, all frames of the flow come back through it, and then nothing is left.
expect_next_start() {
	local log=$work/next-$1.log
	start_program "$log" "$programs/echo-static" -a 01:00.0 --iova-mode=va -m 16 -- plain
	wait_for_line "$log" 'echo: ready' 60
	wait_for_flow
	stop_flow
	stop_program "$log" || fail "the next program ended with status $?"
	check_nothing_left
}
