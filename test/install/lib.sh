# What the tests of the installation start with: `. "$(dirname "$0")/lib.sh"`. Each has the system's /usr to itself: a mount namespace
# with a layer over it, into which the build is installed, so that files can be removed from it and nothing of it stays.
# Arguments of every test: BUILD PREFIX LIBDIR PLUGIN_FOLDER CC.
# It must not know of any one test.
# shellcheck shell=bash
set -euo pipefail
export LC_ALL=C.UTF-8

build=$1 prefix=$2 libdir=$2/$3 plugin_folder=$4 compiler=$5
tests=$(dirname "$(realpath "$0")")

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

skip() {
	echo "skipped: $*"
	exit 77
}

enter_namespace() { # ARGUMENT...: the script again, where it may mount
	local enter=(unshare --mount)
	[ "$(id -u)" = 0 ] || enter=(unshare --user --map-root-user --mount)
	"${enter[@]}" mount -t tmpfs tmpfs /tmp 2>/dev/null || skip "this process may not have mounts of its own"
	INSTALL_TEST_INSIDE=1 exec "${enter[@]}" "$0" "$@"
}

# A layer over the folder at the root that has both the prefix and DPDK's plugin folder.
layer_over_usr() {
	local top="/${prefix#/}"
	top=/$(cut -d/ -f2 <<<"$top")
	[ "$top" = "/$(cut -d/ -f2 <<<"$plugin_folder")" ] || skip "$prefix and $plugin_folder are not under one folder"
	work=$(mktemp -d)
	mount -t tmpfs tmpfs "$work"
	mkdir "$work/layer" "$work/overlay"
	upper=$work/layer
	layered=$top
	mount -t overlay overlay -o "lowerdir=$top,upperdir=$upper,workdir=$work/overlay" "$top" 2>/dev/null ||
		skip "this kernel gives no overlay over $top here"
	mount -t tmpfs tmpfs /run # EAL's files
	[ -d /sys/devices ] || mount -t sysfs sysfs /sys # where this is a root without it: EAL counts the processors there
}

install_build() { meson install -C "$build" --no-rebuild --quiet >"$work/install.log" 2>&1 || { cat "$work/install.log"; fail "meson install"; }; }

# What is installed: paths without the layered folder.
installed_files() { (cd "$upper" && find . \( -type f -o -type l \) | sort); }

# What an ordinary DPDK program is: the distribution's testpmd, or where it is not installed one that only starts EAL.
prepare_dpdk_program() {
	eal_options=(--lcores 0@0,1@0 --no-huge -m 64 --no-pci --vdev=net_null0 --no-telemetry --file-prefix=install-test)
	if command -v dpdk-testpmd >/dev/null; then
		dpdk_program=(dpdk-testpmd "${eal_options[@]}" -- --total-num-mbufs=2048)
	else
		"$compiler" -o "$work/start" "$tests/start.c" $(pkg-config --cflags --libs libdpdk)
		dpdk_program=("$work/start" "${eal_options[@]}")
	fi
}

# dpdk_starts WHAT: the program starts, prints its output to $work/program.log and ends well.
dpdk_starts() {
	"${dpdk_program[@]}" >"$work/program.log" 2>&1 </dev/null || {
		tail -n 30 "$work/program.log"
		fail "$1: ${dpdk_program[0]##*/} does not start"
	}
}

own_lines() { grep -c IOMMUFD "$work/program.log" || true; }

[ "${INSTALL_TEST_INSIDE:-}" ] || enter_namespace "$@"
layer_over_usr
