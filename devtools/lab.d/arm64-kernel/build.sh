#!/bin/bash
# Builds the guest's kernel for arm64 from the distribution's kernel source by the cross compiler: the smallest configuration that the
# lab's tests can run on. Runs inside the root with the cross compiler.
# Usage: build.sh SOURCE-TREE OUTPUT-DIRECTORY: `vmlinuz` and lib/modules/RELEASE go there. It must not know of the lab's cache or of the guest.
set -euo pipefail

work=$1 output=$2
here=$(dirname "$(realpath "$0")")
. "$here/../small-kernel.sh"
export ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-

configure_small_kernel "$work" "$here/config"
make -C "$work" -j"$(nproc)" Image
cp "$work/arch/arm64/boot/Image" "$output/vmlinuz"
install_module_lists "$work" "$output"
ls -l "$output/vmlinuz"
