# What scripts share that check the bare svanic. To be sourced first; it must not know of any one behaviour.
# shellcheck shell=bash

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
need_iommufd

checks_of_svanic=$programs/svanic_device
[ -x "$checks_of_svanic" ] || skip "the kernel's headers in this root do not know PASIDs"

# prepare_svanic BDF PEER-BDF: sets $peer, the interface of the peer, which the kernel drives; it sends nothing of its own.
prepare_svanic() {
	peer=$(find "$(pci_device "$2")/" -path '*/net/*' -prune -printf '%f\n' | head -n 1)
	echo 1 >"/proc/sys/net/ipv6/conf/$peer/disable_ipv6"
	ip link set "$peer" up
	bind_vfio "$1"
}

check_svanic() { # BDF PEER-BDF GROUP...
	prepare_svanic "$1" "$2"
	check "the device differs from its datasheet: see above" "$checks_of_svanic" "0000:$1" "$peer" "${@:3}"
	check_nothing_pinned
}
