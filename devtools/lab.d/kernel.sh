# The guest's kernel: the release in the tool root, one module tree per K, and the initramfs. The module tree `iommufd` has the five
# modules that iommufd-modules/ builds; `stock` is the distribution's own; `iommufd-6.12` and `stock-6.12` the same of an older release. `mock` is another kernel, of the same source, without modules.
# It must not know of QEMU or of what runs in the guest.
# shellcheck shell=bash

distribution_kernels=(iommufd stock)
for kernel_version in "${older_kernels[@]}"; do distribution_kernels+=("iommufd-$kernel_version" "stock-$kernel_version"); done
kernels=("${distribution_kernels[@]}" mock) # and those that other parts add
kernel_version= # of an older one: 6.12, and so on

check_kernel_name() {
	contains "$1" "${kernels[@]}" || die "no kernel '$1'; one of: ${kernels[*]}"
}

# Of the modules' folders: newer packages have no image in /boot before their scripts have run.
kernel_release() {
	local folder
	folder=$(printf '%s\n' "$tool_root"/usr/lib/modules/"${kernel_version:+$kernel_version.}"* | sort -V | tail -n 1)
	echo "${folder##*/}"
}

kernel_image() { # RELEASE
	local image
	for image in "$tool_root/boot/vmlinuz-$1" "$tool_root/usr/lib/modules/$1/vmlinuz"; do
		[ ! -f "$image" ] || { echo "$image"; return; }
	done
	die "the tool root has no image of Linux $1"
}

# kernel_origin ROOT: what a kernel is made of that ROOT's compiler makes from the distribution's source: the packages, with their versions. The
# roots' ids do not count: a root that is made anew has the same packages nearly always, and a kernel takes minutes.
kernel_origin() {
	local version
	version=$(kernel_release | cut -d. -f1,2)
	package_versions "$tool_root" "linux-source-${version/./[.]}"
	package_versions "$1" '(gcc-[0-9]+|binutils)(-aarch64-linux-gnu)?'
}

# ensure_kernel K: the folder with `initramfs` and `vmlinuz` is in $boot_files then, one with lib/modules in $modules.
ensure_kernel() {
	kernel_version=
	if [ "$1" = mock ]; then
		ensure_mock_kernel
	else
		[[ $1 != *-* ]] || kernel_version=${1#*-}
		ensure_modules "${1%%-*}"
		ensure_initramfs
	fi
}

# ensure_modules K: the path of a folder with lib/modules/RELEASE is in $modules then.
ensure_modules() {
	local key
	key=$({ echo "$1"; root_id "$tool_root"; cat "$lab_dir"/lab.d/iommufd-modules/* "$lab_dir/lab.d/kernel.sh"; } | key_of)
	ensure_thing "modules-$1${kernel_version:+-$kernel_version}" "$key" "make_modules_$1"
	# shellcheck disable=SC2034 # the guest uses it
	modules=$thing
}

make_modules_stock() { copy_distribution_modules "$1"; }

# The distribution's VFIO modules go, so that a plain modprobe cannot take them.
make_modules_iommufd() {
	local dir=$1 release tree
	release=$(kernel_release)
	tree=$dir/lib/modules/$release
	copy_distribution_modules "$dir"
	rm -r "$tree/kernel/drivers/vfio"
	mkdir "$dir/build"
	open_root "$tool_root"
	with_progress "building the IOMMUFD modules for Linux $release" "$cache/logs/modules.log" \
		build_modules "$release" "$(inside "$dir")/build" "$(inside "$tree")/updates" "$(inside "$dir")"
	rm -r "$dir/build"
}

build_modules() {
	local release=$1 work=$2 output=$3 base=$4
	in_root "$tool_root" /src/devtools/lab.d/iommufd-modules/build.sh "$release" "$work" "$output"
	in_root "$tool_root" depmod -b "$base" "$release"
}

# Hard links: 130 MB that nobody writes to. What depmod writes must not be one.
copy_distribution_modules() {
	local release from to
	release=$(kernel_release)
	from=$tool_root/usr/lib/modules/$release
	to=$1/lib/modules/$release
	mkdir -p "$1/lib/modules"
	cp -al "$from" "$to" 2>/dev/null || { rm -rf "$to"; cp -a "$from" "$to"; }
	rm -f "$to"/modules.{dep,alias,symbols,softdep,weakdep,devname}* "$to/build" "$to/source"
	open_root "$tool_root"
	in_root "$tool_root" depmod -b "$(inside "$1")" "$release"
}

# ensure_initramfs: the path of the folder with `initramfs` and `vmlinuz` is in $boot_files then.
ensure_initramfs() {
	local key
	key=$({ root_id "$tool_root"; cat "$lab_dir/guest/initramfs-init" "$lab_dir/lab.d/kernel.sh"; } | key_of)
	ensure_thing "boot${kernel_version:+-$kernel_version}" "$key" make_boot_files
	# shellcheck disable=SC2034 # the guest uses it
	boot_files=$thing
}

# virtio-iommu comes first: the other devices wait for it where it is what translates for them.
boot_modules=(virtio-iommu netfs 9pnet 9pnet_virtio 9p overlay)

make_boot_files() {
	local dir=$1 release
	release=$(kernel_release)
	cp "$(kernel_image "$release")" "$dir/vmlinuz"
	make_initramfs "$dir" "$release" "${boot_modules[@]}"
}

make_initramfs() { # DIRECTORY RELEASE MODULE...
	local dir=$1 release=$2 tree=$1/tree module
	shift 2
	open_root "$tool_root"
	mkdir -p "$tree"/{bin,dev,proc,sys,modules,lower,upper,new}
	cp "$tool_root/bin/busybox" "$tree/bin/busybox"
	cp "$lab_dir/guest/initramfs-init" "$tree/init"
	chmod +x "$tree/init"
	: >"$tree/modules/order"
	for module in "$@"; do
		in_root "$tool_root" find "/usr/lib/modules/$release" -name "$module.ko.xz" -exec xz -dc {} + >"$tree/modules/$module.ko"
		echo "$module" >>"$tree/modules/order"
	done
	in_root "$tool_root" sh -c "cd '$(inside "$tree")' && find . | cpio --quiet -o -H newc" >"$dir/initramfs"
	rm -rf "$tree"
}

# --- mock: everything built in ------------------------------------------------------------------------------------------------

ensure_mock_kernel() {
	local key
	# Not of this file: the kernel takes minutes, and all else that it is made of is there.
	key=$({ kernel_origin "$tool_root"; cat "$lab_dir"/lab.d/small-kernel.sh "$lab_dir"/lab.d/mock-kernel/*; } | key_of)
	ensure_thing kernel-mock "$key" make_mock_kernel
	modules=$thing
	key=$({ echo "$key"; root_id "$tool_root"; cat "$lab_dir/guest/initramfs-init" "$lab_dir/lab.d/kernel.sh"; } | key_of)
	ensure_thing boot-mock "$key" make_mock_boot_files "$modules"
	boot_files=$thing
}

make_mock_kernel() {
	local dir=$1 release
	release=$(kernel_release)
	mkdir "$dir/build"
	open_root "$tool_root"
	with_progress "building the kernel with mock devices, Linux $release" "$cache/logs/kernel-mock.log" build_mock_kernel "$release" "$dir"
	rm -r "$dir/build"
}

build_mock_kernel() { # RELEASE DIRECTORY
	local at
	at=$(inside "$2")
	in_root "$tool_root" /src/devtools/lab.d/mock-kernel/build.sh "$1" "$at/build" "$at"
	in_root "$tool_root" depmod -b "$at" "$(ls "$2/lib/modules")"
}

make_mock_boot_files() { # KERNEL DIRECTORY
	cp "$1/vmlinuz" "$2/vmlinuz"
	make_initramfs "$2" none
}
