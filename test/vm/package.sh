#!/bin/bash
# The Debian packages: installed on a clean root testpmd is on iommufd by them; the link in DPDK's plugin folder follows DPDK's folders;
# removing and purging leaves DPDK as it was, also when files are missing by then.
# machine: --install packages --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
# deadline: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

libraries=/usr/lib/x86_64-linux-gnu
folder=$(echo $libraries/dpdk/pmds-*)
link=$folder/librte_bus_pci_iommufd.so
rm -f /var/lib/man-db/auto-update # its index of all pages takes longer than the rest here

our_packages() { dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' | sed -nE 's/^.i *(.*iommufd.*)/\1/p'; }
run_dpkg() { # WHAT ARGUMENT...
	local what=$1
	shift
	dpkg "$@" >"$work/dpkg.log" 2>&1 || fail "$what: dpkg $1 failed"
}

install_packages() {
	local files
	mapfile -t files < <(find /packages -name '*.deb' -not -name '*-dbgsym_*')
	run_dpkg "installation" --install "${files[@]}"
}

purge_packages() {
	local packages
	mapfile -t packages < <(our_packages)
	run_dpkg "purge" --purge "${packages[@]}"
	[ -z "$(our_packages)" ] || fail "still installed: $(our_packages)"
	[ ! -e "$link" ] && [ ! -L "$link" ] || fail "the purge has left $link"
	[ ! -e $libraries/dpdk-iommufd ] || fail "the purge has left $libraries/dpdk-iommufd"
}

# A package that brings or takes away the plugin folder of another DPDK release.
make_other_release() {
	mkdir -p "$work/other/DEBIAN" "$work/other$libraries/dpdk/pmds-99.0"
	echo >"$work/other$libraries/dpdk/pmds-99.0/librte_other.so.99"
	printf '%s\n' 'Package: other-dpdk' 'Version: 99' 'Architecture: all' 'Maintainer: test <test@localhost>' \
		'Description: a plugin folder' >"$work/other/DEBIAN/control"
	dpkg-deb --build "$work/other" "$work/other.deb" >/dev/null
}

echo "== a clean root"
[ -z "$(our_packages)" ] && [ ! -e "$link" ] || fail "something of the project is here"

echo "== installed"
install_packages
[ "$(realpath "$link")" = $libraries/dpdk-iommufd/load_rte_bus_pci_iommufd.so ] || fail "no link in $folder"
bind_vfio 01:00.0
forward_in_mode iommufd packages

echo "== another DPDK release comes and goes"
make_other_release
run_dpkg "another release" --install "$work/other.deb"
[ -L $libraries/dpdk/pmds-99.0/librte_bus_pci_iommufd.so ] || fail "no link in the other release's folder"
run_dpkg "the other release's end" --purge other-dpdk
[ ! -e $libraries/dpdk/pmds-99.0 ] || fail "the link has kept the other release's folder: $(ls $libraries/dpdk/pmds-99.0)"

echo "== purged"
purge_packages
log=$work/purged.log
start_testpmd "$log" -a 01:00.0 --iova-mode=va -- --forward-mode=io --port-topology=loop --total-num-mbufs=2048 --stats-period 1
wait_for_line "$log" 'start packet forwarding' 90
wait_for_line "$log" 'Using IOMMU type 1'
expect_no_line "$log" IOMMUFD
echo_frames 02:00.0 100
stop_testpmd "$log" || fail "testpmd ended with status $?"

echo "== purged after files were removed by hand"
install_packages
rm -r $libraries/dpdk-iommufd "$link" $libraries/librte_eal_iommufd.so.0
purge_packages
check_no_faults
