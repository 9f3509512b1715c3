#!/bin/bash
# Builds the kernel of `--kernel mock` from the distribution's kernel source: the smallest configuration that boots the lab's guest, with
# IOMMUFD's mock devices, fault injection, and VFIO for real devices. Runs inside the tool root.
# Usage: build.sh KERNEL-RELEASE WORK-DIR OUTPUT-DIRECTORY: `vmlinuz` and lib/modules/RELEASE go there. It must not know of the lab's cache or of
# the guest.
set -euo pipefail

release=$1 work=$2 output=$3
here=$(dirname "$(realpath "$0")")
. "$here/../small-kernel.sh"

# Without what no part of this kernel is made of: half of the source.
unpack_sources() {
	local version tarball
	version=$(cut -d. -f1,2 <<<"$release")
	tarball=/usr/src/linux-source-$version.tar.xz
	[ -f "$tarball" ] || { echo "no source for kernel $release: $tarball is missing" >&2; return 1; }
	echo "unpacking $tarball"
	tar -xJf "$tarball" -C "$work" --strip-components=1 \
		--exclude='*/arch/[!x]*/*.[chS]' --exclude='*/arch/[!x]*/*.dts*' --exclude='*/Documentation/*/*' --exclude='*/tools/testing/*' --exclude='*/sound/*.[ch]' \
		--exclude='*/drivers/gpu/*.[ch]' --exclude='*/drivers/media/*.[ch]' --exclude='*/drivers/net/*/*.[ch]'
}

unpack_sources
cat "$here/Kconfig" >>"$work/drivers/iommu/Kconfig"
configure_small_kernel "$work" "$here/config"
make -C "$work" -j"$(nproc)" bzImage
cp "$work/arch/x86/boot/bzImage" "$output/vmlinuz"
install_module_lists "$work" "$output"
ls -l "$output/vmlinuz"
