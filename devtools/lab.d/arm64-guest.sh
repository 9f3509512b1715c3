# What a guest for arm64 is made of: a root with QEMU's machine for arm64, the guest's own Debian root, a kernel made for it, and the initramfs.
# The project in it is arm64.sh's. It must not know what runs in the guest.
# shellcheck shell=bash

# What the guest has: what scripts and programs in it use. Nothing is compiled there. Of these the ones from bash on are essential in Debian:
# a root that is only unpacked has what is named and what that depends on.
arm64_guest_packages=(dpdk dpdk-dev libcmocka0 libhugetlbfs-dev libjansson4 libcap2 libcap2-bin iproute2 ethtool python3 kmod tcpdump strace
	pciutils procps psmisc busybox-static systemd udev driverctl adduser
	bash coreutils passwd base-files base-passwd util-linux mount login grep sed gawk diffutils findutils tar gzip debianutils hostname libc-bin dash
	perl-base)

# ensure_arm64_guest: everything for a guest; its root is in $root then, and so on (see prepare_guest).
ensure_arm64_guest() {
	ensure_root arm64-machine
	# shellcheck disable=SC2034 # the guest uses it
	qemu_root=$root
	ensure_arm64_guest_root
	ensure_arm64_kernel "${machine[kernel]}"
	ensure_arm64_project
	root=$arm64_guest_root
}

# --- the root -----------------------------------------------------------------------------------------------------------------

ensure_arm64_guest_root() {
	local key
	key=$({ suite_of "$arm64_release"; printf '%s\n' "${arm64_guest_packages[@]}" "${mount_points[@]}"
		declare -f make_arm64_guest_root unpack_arm64_root; } | key_of)
	ensure_thing root-arm64-guest "$key" build_arm64_guest_root
	arm64_guest_root=$thing
}

build_arm64_guest_root() {
	with_progress "unpacking Debian's arm64 packages for the guest" "$cache/logs/root-arm64-guest.log" make_arm64_guest_root "$1"
}

# What the scripts of packages, which are not run, would have made: the accounts, awk and which, and the files that all of PAM's services share.
make_arm64_guest_root() {
	local dir=$1 point kind
	unpack_arm64_root "$dir" "${arm64_guest_packages[@]}"
	cp "$dir/usr/share/base-passwd/passwd.master" "$dir/etc/passwd"
	cp "$dir/usr/share/base-passwd/group.master" "$dir/etc/group"
	[ -e "$dir/usr/bin/awk" ] || ln -s gawk "$dir/usr/bin/awk"
	[ -e "$dir/usr/bin/which" ] || ln -s which.debianutils "$dir/usr/bin/which"
	for kind in auth account password session; do echo "$kind required pam_permit.so" >"$dir/etc/pam.d/common-$kind"; done
	for point in "${mount_points[@]}"; do mkdir -p "$dir/$point"; done
}

# --- the kernel and its initramfs ---------------------------------------------------------------------------------------------

# Kernels that are patched, for tests of what no machine of the lab is otherwise. Their releases say so (uname -r).
declare -A arm64_kernel_patches=([patched-nesting]=nesting.patch)
kernels+=("${!arm64_kernel_patches[@]}")

# ensure_arm64_kernel K: the folder with `vmlinuz` and `initramfs` is in $boot_files then, one with lib/modules in $modules. The key of the kernel is not of this
# file: it takes minutes, and all else that it is made of is in its folder, in small-kernel.sh and in its patch.
ensure_arm64_kernel() {
	local key arm64_root patch=${arm64_kernel_patches[$1]:-} suffix=""
	# shellcheck disable=SC2034 # kernel_release() uses it: the newest
	kernel_version=
	ensure_tool_root
	ensure_root arm64
	arm64_root=$root
	[ -z "$patch" ] || suffix=-$1
	key=$({ kernel_origin "$arm64_root"; cat "$lab_dir"/lab.d/small-kernel.sh "$lab_dir"/lab.d/arm64-kernel/*
		[ -z "$patch" ] || cat "$lab_dir/lab.d/arm64-kernel-patches/$patch"; } | key_of)
	ensure_thing "kernel-arm64$suffix" "$key" make_arm64_kernel "$arm64_root" "$patch"
	modules=$thing
	key=$({ echo "$key"; root_id "$arm64_guest_root"; cat "$lab_dir/guest/initramfs-init"; declare -f make_arm64_boot_files; } | key_of)
	ensure_thing "boot-arm64$suffix" "$key" make_arm64_boot_files "$modules"
	boot_files=$thing
}

make_arm64_kernel() { # ROOT PATCH DIRECTORY
	local arm64_root=$1 patch=$2 dir=$3 release
	release=$(kernel_release)
	mkdir "$dir/build"
	open_root "$tool_root"
	open_root "$arm64_root"
	with_progress "building the kernel for arm64, Linux $release${patch:+ with $patch}" "$cache/logs/kernel-arm64.log" \
		build_arm64_kernel "$arm64_root" "$release" "$patch" "$dir"
	rm -r "$dir/build"
}

# The source is unpacked where it is, without what no part of this kernel is made of: half of it.
build_arm64_kernel() { # ROOT RELEASE PATCH DIRECTORY
	local version at
	version=$(cut -d. -f1,2 <<<"$2")
	at=$(inside "$4")
	in_root "$tool_root" tar -xJf "/usr/src/linux-source-$version.tar.xz" -C "$at/build" --strip-components=1 \
		--exclude='*/arch/[!a]*/*.[chS]' --exclude='*/arch/[!a]*/*.dts*' --exclude='*/arch/arm/*.[chS]' --exclude='*/arch/arm/*.dts*' \
		--exclude='*/Documentation/*/*' --exclude='*/tools/testing/*' --exclude='*/sound/*.[ch]' --exclude='*/drivers/gpu/*.[ch]' \
		--exclude='*/drivers/media/*.[ch]'
	[ -z "$3" ] || in_root "$tool_root" patch -d "$at/build" -p1 -i "/src/devtools/lab.d/arm64-kernel-patches/$3"
	in_root "$1" /src/devtools/lab.d/arm64-kernel/build.sh "$at/build" "$at"
	in_root "$tool_root" depmod -b "$at" "$(ls "$4/lib/modules")"
}

# As kernel.sh's, without modules and with the guest's own busybox.
make_arm64_boot_files() { # KERNEL DIRECTORY
	local dir=$2 tree=$2/tree
	cp "$1/vmlinuz" "$dir/vmlinuz"
	mkdir -p "$tree"/{bin,dev,proc,sys,modules,lower,upper,new}
	cp "$arm64_guest_root/usr/bin/busybox" "$tree/bin/busybox"
	cp "$lab_dir/guest/initramfs-init" "$tree/init"
	chmod +x "$tree/init"
	: >"$tree/modules/order"
	open_root "$tool_root"
	in_root "$tool_root" sh -c "cd '$(inside "$tree")' && find . | cpio --quiet -o -H newc" >"$dir/initramfs"
	rm -rf "$tree"
}
