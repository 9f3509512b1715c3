# The Debian roots: one per DPDK release, and one for each kind of work that wants many packages of its own. 24.11's is also the tool
# root: it has QEMU, the kernel, its headers and its source.
# It must not know what is built or booted with them.
# shellcheck shell=bash

releases=(24.11 22.11 25.11)

# What building the project and running test scripts takes, in every release.
project_packages=(dpdk dpdk-dev libdpdk-dev meson ninja-build gcc libc6-dev pkgconf libnuma-dev libcmocka-dev
	iproute2 ethtool python3 kmod tcpdump strace pciutils util-linux procps psmisc)
tool_packages=(linux-image-amd64 linux-headers-amd64 linux-source qemu-system-x86 busybox-static cpio xz-utils
	libhugetlbfs-dev libjansson-dev libcap-dev g++ gdb-minimal clang-format shellcheck make bc flex bison libelf-dev
	debhelper dpkg-dev fakeroot driverctl)
# What building the Debian packages takes beside, in the roots of the other releases.
packaging_packages=(debhelper dpkg-dev fakeroot g++ libhugetlbfs-dev libjansson-dev libcap-dev)

# What a test wants in the root of its own release: vm docker-22.11 runs Debian's Docker.
declare -A test_packages=([22.11]="docker.io apparmor")

# Where apt has DPDK's source package in the very version that is installed: from it come the headers for drivers.
driver_sdk_releases=(22.11)
driver_sdk_packages=(xz-utils)

# What the tool root has of older kernels beside the newest: images, headers and source, whatever their last number is.
older_kernels=(6.12 7.2)

# Roots for one kind of work each: they are made when that work is done for the first time, and their lists change no other root.
declare -A work_packages=(
	[guides]="doxygen python3-sphinx python3-myst-parser graphviz python3-matplotlib"
	[browser]="chromium-headless-shell python3 fonts-dejavu-core"
	[arm64]="gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc libc6-dev meson ninja-build pkgconf python3 make bc flex bison"
	[arm64-machine]="qemu-system-arm python3"
	[dpdk-source]="meson ninja-build gcc libc6-dev pkgconf python3-pyelftools libnuma-dev libbsd-dev libpcap-dev libcmocka-dev iproute2 ethtool python3 kmod tcpdump strace pciutils util-linux procps psmisc"
	[fuzz]="clang llvm libclang-rt-19-dev gcc libc6-dev g++ libdpdk-dev dpdk-dev libnuma-dev libcmocka-dev libcap-dev libjansson-dev pkgconf meson ninja-build python3 linux-libc-dev"
)

suite_of() {
	case $1 in
	24.11) echo trixie ;;
	22.11) echo bookworm ;;
	25.11) echo forky ;;
	*) is_work_root "$1" && suite_of 24.11 ;;
	esac
}

is_work_root() { [ -n "${work_packages[$1]:-}" ]; }

packages_of() {
	! is_work_root "$1" || { xargs -n1 <<<"${work_packages[$1]}"; return; }
	printf '%s\n' "${project_packages[@]}"
	if [ "$1" = 24.11 ]; then printf '%s\n' "${tool_packages[@]}"; else printf '%s\n' "${packaging_packages[@]}"; fi
	! has_driver_sdk "$1" || printf '%s\n' "${driver_sdk_packages[@]}"
	[ -z "${test_packages[$1]:-}" ] || xargs -n1 <<<"${test_packages[$1]}"
}

has_driver_sdk() { contains "$1" "${driver_sdk_releases[@]}"; }

has_backports() { contains "$1" 24.11 arm64-machine; }

apt_options_of() {
	! has_backports "$1" || echo 'APT::Default-Release "trixie-backports"'
	# Testing's Release file may be past its date on a mirror that is updated seldom; its signature is checked all the same.
	[ "$1" != 25.11 ] || echo 'Acquire::Check-Valid-Until "false"'
}

suites_of() {
	suite_of "$1"
	! has_backports "$1" || echo trixie-backports
}

root_key() {
	{
		suites_of "$1"
		apt_options_of "$1"
		packages_of "$1"
		printf '%s\n' "${mount_points[@]}"
		! has_driver_sdk "$1" || cat "$lab_dir/lab.d/driver-sdk.sh"
		[ "$1" != 24.11 ] || { echo "${older_kernels[*]}"; cat "$lab_dir/lab.d/older-kernels.sh"; }
	} | key_of
}

# ensure_root R: the root's path is in $root then.
ensure_root() {
	[ "$1" != source ] || { ensure_dpdk_source_root "${machine[dpdk-source]}"; return; }
	contains "$1" "${releases[@]}" || is_work_root "$1" || die "no DPDK release '$1' here; one of: ${releases[*]}"
	ensure_thing "root-$1" "$(root_key "$1")" build_root "$1"
	root=$thing
}

# ensure_tool_root: its path is in $tool_root then.
ensure_tool_root() {
	local root
	ensure_root 24.11
	# shellcheck disable=SC2034 # the other parts use it
	tool_root=$root
}

build_root() {
	with_progress "making the Debian root for ${1/#[0-9]/DPDK &}" "$cache/logs/root-$1.log" make_root "$1" "$2"
}

make_root() {
	local release=$1 dir=$2 mirror suite packages point
	local -a arguments=(--variant=minbase --architectures=amd64 --keyring="$keyring" --skip=cleanup/reproducible)
	mirror=$(debian_mirror) || { echo "no Debian mirror in this machine's apt sources; set DPDK_IOMMUFD_MIRROR"; return 1; }
	while read -r option; do arguments+=(--aptopt="$option"); done < <(apt_options_of "$release")
	packages=$(packages_of "$release" | paste -sd,)
	arguments+=(--include="$packages" "$(suite_of "$release")" "$dir")
	for suite in $(suites_of "$release"); do arguments+=("deb $mirror $suite main"); done
	if has_driver_sdk "$release"; then
		arguments+=("deb-src $mirror $(suite_of "$release") main" --customize-hook="$lab_dir/lab.d/driver-sdk.sh")
	fi
	[ "$release" != 24.11 ] || arguments+=(--customize-hook="$lab_dir/lab.d/older-kernels.sh \"\$1\" ${older_kernels[*]}")
	mmdebstrap "${arguments[@]}"
	for point in "${mount_points[@]}"; do mkdir -p "$dir/$point"; done
	cp /proc/sys/kernel/random/uuid "$dir/etc/lab-root-id"
}

# What a thing built in a root depends on: this very root, made at one time from one state of the archive.
root_id() { cat "$1/etc/lab-root-id"; }

# package_versions ROOT REGEX: a line NAME VERSION for each package in the root whose whole name matches.
package_versions() { awk -v names="^($2)\$" '/^Package: / { package = $2 } /^Version: / && package ~ names { print package, $2 }' "$1/var/lib/dpkg/status"; }
