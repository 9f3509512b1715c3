#!/bin/bash
# Builds the guest's kernel for arm64 from the distribution's kernel source by the cross compiler: the smallest configuration that the
# lab's tests can run on. Runs inside the root with the cross compiler.
# Usage: build.sh SOURCE-TREE OUTPUT-DIRECTORY: `vmlinuz` and lib/modules/RELEASE go there. It must not know of the lab's cache or of the guest.
set -euo pipefail

work=$1 output=$2
here=$(dirname "$(realpath "$0")")
export ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-

configure() {
	make -C "$work" -s tinyconfig
	"$work/scripts/kconfig/merge_config.sh" -m -O "$work" "$work/.config" "$here/config" >/dev/null
	make -C "$work" -s olddefconfig
	check_config
}

# An option that Kconfig does not take is left out in silence. One that is off is a line "is not set", or has none.
check_config() {
	local lines
	lines=$(grep -E '^CONFIG_.*=' "$here/config" | while IFS= read -r line; do
		if [ "${line#*=}" = n ]; then
			! grep -q "^${line%n}" "$work/.config" || echo "cannot be switched off: $line"
		else
			grep -qxF "$line" "$work/.config" || echo "cannot be had: $line"
		fi
	done)
	[ -z "$lines" ] || { echo "$lines"; return 1; }
}

# There are no modules. By these lists modprobe knows that what a script wants is in the kernel.
install_lists() {
	local at
	at=$output/lib/modules/$(make -C "$work" -s kernelrelease)
	mkdir -p "$at"
	: >"$at/modules.order"
	cp "$work"/modules.builtin "$work"/modules.builtin.modinfo "$at/"
}

configure
make -C "$work" -j"$(nproc)" Image
cp "$work/arch/arm64/boot/Image" "$output/vmlinuz"
install_lists
ls -l "$output/vmlinuz"
