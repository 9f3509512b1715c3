# What the tests of the Debian packages share: /packages has them, and nothing of the project is installed. Sourced after wire.sh.
# It must not know which DPDK release they were built for.
# shellcheck shell=bash
# shellcheck disable=SC2154 # functions.sh has $work

folder=$(echo "$libraries"/dpdk/pmds-*)
link=$folder/librte_bus_pci_iommufd.so
rm -f /var/lib/man-db/auto-update # its index of all pages takes longer than the rest here

# Nor is the other end of the wire.
programs=$work/programs
mkdir -p "$programs"
gcc -o "$programs/peer" /src/test/vm/programs/{peer,peer_frames,wire_socket}.c

our_packages() { dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' | sed -nE 's/^.i *(.*iommufd.*)/\1/p'; }
run_dpkg() { # WHAT ARGUMENT...
	local what=$1
	shift
	dpkg "$@" >"$work/dpkg.log" 2>&1 || fail "$what: dpkg $1 failed"
}

check_clean_root() { [ -z "$(our_packages)" ] && [ ! -e "$link" ] || fail "something of the project is here"; }

install_packages() {
	local files
	mapfile -t files < <(find /packages -name '*.deb' -not -name '*-dbgsym_*')
	run_dpkg "installation" --install "${files[@]}"
	[ "$(realpath "$link")" = "$libraries/dpdk-iommufd/load_rte_bus_pci_iommufd.so" ] || fail "no link in $folder"
	dpdk-iommufd-perf --help >/dev/null || fail "dpdk-iommufd-perf does not start"
	[ -x /usr/libexec/dpdk-iommufd/perf-ioctls ] || fail "the program behind dpdk-iommufd-perf is not there"
}

purge_packages() {
	local packages
	mapfile -t packages < <(our_packages)
	run_dpkg "purge" --purge "${packages[@]}"
	[ -z "$(our_packages)" ] || fail "still installed: $(our_packages)"
	[ ! -e "$link" ] && [ ! -L "$link" ] || fail "the purge has left $link"
	[ ! -e "$libraries/dpdk-iommufd" ] || fail "the purge has left $libraries/dpdk-iommufd"
	[ ! -e /usr/share/dpdk-iommufd ] || fail "the purge has left $(find /usr/share/dpdk-iommufd)"
}

# DPDK is as it was: testpmd forwards by its own code, and nothing of ours says a word.
check_stock_forwards() {
	local log=$work/purged.log
	start_testpmd "$log" -a 01:00.0 --iova-mode=va -- --forward-mode=io --port-topology=loop --total-num-mbufs=2048 --stats-period 1
	wait_for_line "$log" 'start packet forwarding' 90
	wait_for_line "$log" 'Using IOMMU type 1'
	expect_no_line "$log" IOMMUFD
	echo_frames 02:00.0 100
	stop_testpmd "$log" || fail "testpmd ended with status $?"
}

# The life of the packages on a machine: installed, the main job, purged, DPDK without them.
install_forward_purge() {
	echo "== a clean root"
	check_clean_root
	echo "== installed"
	install_packages
	bind_vfio 01:00.0
	forward_in_mode iommufd packages
	echo "== purged"
	purge_packages
	check_stock_forwards
}
