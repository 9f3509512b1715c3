#!/bin/sh
# driver-sdk.sh ROOT: puts DPDK's headers for drivers into a root that mmdebstrap is making (a customize hook of its): the
# distribution's libdpdk-dev leaves them out. They come from the source package of the very version that is installed, which apt
# finds and verifies as it does packages, and go where DPDK puts them with -Denable_driver_sdk=true.
# It must not know which drivers want them.
set -eu

headers="lib/eal/include/bus_driver.h lib/eal/include/dev_driver.h lib/ethdev/ethdev_driver.h lib/ethdev/ethdev_pci.h
	lib/ethdev/ethdev_vdev.h drivers/bus/pci/bus_pci_driver.h"

root=$1
at=/tmp/dpdk-source
version=$(chroot "$root" dpkg-query --show --showformat='${source:Version}' libdpdk-dev)
mkdir "$root$at"
(cd "$root$at" && APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get source --download-only --only-source "dpdk=$version")
for archive in "$root$at"/dpdk_*.orig.tar.xz; do
	chroot "$root" tar -C "$at" -xf "$at/${archive##*/}" --strip-components=1
done
for header in $headers; do
	install -m 644 "$root$at/$header" "$root/usr/include/dpdk/"
done
rm -r "$root$at"
