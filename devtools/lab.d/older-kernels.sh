#!/bin/sh
# older-kernels.sh ROOT VERSION...: puts the image, the headers and the source of older kernels (6.12, 7.2) into a root that mmdebstrap is
# making (a customize hook of its), the newest package of each. They are unpacked and not installed: nothing in the root boots them, and
# their scripts would make an initramfs for each.
# It must not know what they are for.
set -eu

root=$1
shift
at=$root/tmp/older-kernels
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"

newest_release() { # VERSION
	apt-cache pkgnames "linux-image-$1." | sed -nE 's/^linux-image-([0-9.]+(\+[a-z0-9]+)?-amd64)$/\1/p' | sort -V | tail -n 1
}

# The packages of this release that the image and the headers depend on.
packages_of_release() { # RELEASE
	apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances \
		"linux-image-$1" "linux-headers-$1" | grep -F "${1%-amd64}" | grep '^linux-' | sort -u
}

mkdir "$at"
for version in "$@"; do
	release=$(newest_release "$version")
	[ "$release" ] || { echo "no kernel $version in the archive" >&2; exit 1; }
	# shellcheck disable=SC2046 # names have no blanks
	(cd "$at" && apt-get download $(packages_of_release "$release") "linux-source-$version")
done
for package in "$at"/*.deb; do
	echo "unpacking ${package##*/}"
	chroot "$root" dpkg-deb --extract "/tmp/older-kernels/${package##*/}" /
done
rm -r "$at"
