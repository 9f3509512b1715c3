#!/bin/bash
# The Debian packages: installed on a clean root testpmd is on iommufd by them; removing and purging leaves DPDK as it was, also when files
# are missing by then; the link in DPDK's plugin folder follows DPDK's folders.
# machine: --install packages --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
# drivers: all
# deadline: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/packages.sh"

# A package that brings or takes away the plugin folder of another DPDK release.
make_other_release() {
	mkdir -p "$work/other/DEBIAN" "$work/other$libraries/dpdk/pmds-99.0"
	echo >"$work/other$libraries/dpdk/pmds-99.0/librte_other.so.99"
	printf '%s\n' 'Package: other-dpdk' 'Version: 99' 'Architecture: all' 'Maintainer: test <test@localhost>' \
		'Description: a plugin folder' >"$work/other/DEBIAN/control"
	dpkg-deb --build "$work/other" "$work/other.deb" >/dev/null
}

install_forward_purge

echo "== another DPDK release comes and goes"
install_packages
make_other_release
run_dpkg "another release" --install "$work/other.deb"
[ -L "$libraries/dpdk/pmds-99.0/librte_bus_pci_iommufd.so" ] || fail "no link in the other release's folder"
run_dpkg "the other release's end" --purge other-dpdk
[ ! -e "$libraries/dpdk/pmds-99.0" ] || fail "the link has kept the other release's folder: $(ls "$libraries/dpdk/pmds-99.0")"

echo "== purged after files were removed by hand"
rm -r "$libraries/dpdk-iommufd" "$link" "$libraries/librte_eal_iommufd.so.0"
purge_packages
check_no_faults
