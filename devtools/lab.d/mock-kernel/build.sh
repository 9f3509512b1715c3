#!/bin/bash
# Builds the kernel of `--kernel mock` from the distribution's kernel source: the smallest configuration that boots the lab's guest, with
# IOMMUFD's mock devices and fault injection. Runs inside the tool root.
# Usage: build.sh KERNEL-RELEASE WORK-DIR OUTPUT-FILE. It must not know of the lab's cache or of the guest.
set -euo pipefail

release=$1 work=$2 output=$3
here=$(dirname "$(realpath "$0")")

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

configure() {
	cat "$here/Kconfig" >>"$work/drivers/iommu/Kconfig"
	make -C "$work" -s tinyconfig
	"$work/scripts/kconfig/merge_config.sh" -m -O "$work" "$work/.config" "$here/config" >/dev/null
	make -C "$work" -s olddefconfig
	check_config
}

# An option that Kconfig does not take is left out in silence.
check_config() {
	local line wrong=0
	while IFS= read -r line; do
		case $line in
		"" | "#"*) continue ;;
		*=n) ! grep -q "^${line%=n}=" "$work/.config" || { echo "cannot be switched off: $line"; wrong=1; } ;;
		*) grep -qxF "$line" "$work/.config" || { echo "cannot be had: $line"; wrong=1; } ;;
		esac
	done <"$here/config"
	return $wrong
}

unpack_sources
configure
make -C "$work" -j"$(nproc)" bzImage
cp "$work/arch/x86/boot/bzImage" "$output"
ls -l "$output"
