# What the lab needs on this machine and gets by apt when it is missing; and where packages come from: the machine's own apt
# sources say it. It must not know what the packages are used for later.
# shellcheck shell=bash

declare -A host_tools=([mmdebstrap]=mmdebstrap [flock]=util-linux [unshare]=util-linux [setpriv]=util-linux [stty]=coreutils
	[mount]=mount)

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

missing_host_packages() {
	local tool
	for tool in "${!host_tools[@]}"; do
		command -v "$tool" >/dev/null || echo "${host_tools[$tool]}"
	done
	[ -f "$keyring" ] || echo debian-archive-keyring
}

ensure_host_tools() {
	local packages
	mapfile -t packages < <(missing_host_packages | sort -u)
	[ ${#packages[@]} -gt 0 ] || return 0
	command -v apt-get >/dev/null || die "missing here: ${packages[*]} (and there is no apt to install them with)"
	mkdir -p "$cache/logs"
	with_progress "installing ${packages[*]}" "$cache/logs/host.log" install_host_packages "${packages[@]}"
}

# What root may lack in a container. Each is tried: no list of capabilities says what a seccomp filter or a security module refuses.
require_rights() {
	local hint="; in a container, give it the right to (docker run --privileged), or use a machine"
	unshare --mount --pid --fork true 2>/dev/null ||
		die "this process may not make namespaces of its own (unshare(2); CAP_SYS_ADMIN)$hint"
	unshare --mount mount -t tmpfs tmpfs /tmp 2>/dev/null ||
		die "this process may not mount (mount(2) of a tmpfs; CAP_SYS_ADMIN)$hint"
	unshare --mount --pid --fork mount -t proc proc /proc 2>/dev/null ||
		die "this process may not mount a /proc of its own (mount(2); parts of this machine's /proc are covered)$hint"
	chroot / true 2>/dev/null ||
		die "this process may not enter other roots (chroot(2); CAP_SYS_CHROOT)$hint"
}

install_host_packages() {
	apt-get update
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# The Debian archive that this machine installs from.
debian_mirror() {
	local mirror=${DPDK_IOMMUFD_MIRROR:-}
	[ "$mirror" ] || mirror=$(mirror_of_apt_sources)
	# Before the first `apt-get update` a machine does not know the origin of its sources.
	[ "$mirror" ] || { apt-get update >/dev/null 2>&1 && mirror=$(mirror_of_apt_sources); }
	[ "$mirror" ] || return 1
	echo "$mirror"
}

# shellcheck disable=SC2016 # the format is apt's, not the shell's
mirror_of_apt_sources() {
	apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(LABEL)' 'Created-By: Packages' 2>/dev/null |
		awk '$2 == "Debian" && $3 == "Debian" && !seen { print $1; seen = 1 }'
}
