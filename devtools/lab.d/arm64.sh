# The project for arm64, made on amd64: a root with the cross compiler, the target's own Debian root, which only the compiler reads, and the
# build. It must not know of QEMU or of a kernel.
# shellcheck shell=bash

# What the target has: what the project links with and what its test programs need. Of base-files it has the link /lib, through which the
# linker finds libc.
arm64_packages=(base-files libdpdk-dev libc6-dev libnuma-dev libcmocka-dev libhugetlbfs-dev libjansson-dev libcap-dev linux-libc-dev)
arm64_release=24.11 # of DPDK
arm64_meson_options=(--prefix=/usr --libdir=lib/aarch64-linux-gnu --buildtype=debugoptimized -Dwerror=true -Dvm_programs=true -Dsvanic=disabled)

# ensure_arm64_target: the root's path is in $arm64_target then.
ensure_arm64_target() {
	local key
	key=$({ suite_of "$arm64_release"; printf '%s\n' "${arm64_packages[@]}"; declare -f unpack_arm64_root; } | key_of)
	ensure_thing root-arm64-target "$key" build_arm64_target
	arm64_target=$thing
}

build_arm64_target() {
	with_progress "unpacking Debian's arm64 packages" "$cache/logs/root-arm64-target.log" unpack_arm64_root "$1" "${arm64_packages[@]}"
}

# Packages are unpacked and none of their scripts runs: these would need an emulator for each program.
unpack_arm64_root() { # DIRECTORY PACKAGE...
	local dir=$1 mirror suite
	shift
	suite=$(suite_of "$arm64_release")
	mirror=$(debian_mirror) || { echo "no Debian mirror in this machine's apt sources; set DPDK_IOMMUFD_MIRROR"; return 1; }
	mmdebstrap --variant=extract --architectures=arm64 --keyring="$keyring" --skip=cleanup/reproducible,check/qemu \
		--include="$(IFS=,; echo "$*")" "$suite" "$dir" "deb $mirror $suite main"
	cp /proc/sys/kernel/random/uuid "$dir/etc/lab-root-id"
}

# ensure_arm64_project: what is installed is in $stage then, the build directory's path in $build_dir.
ensure_arm64_project() {
	local key
	ensure_root arm64
	ensure_arm64_target
	key=$({ root_id "$root"; root_id "$arm64_target"; echo "$sources" "${arm64_meson_options[@]}"; cat "$lab_dir/lab.d/arm64.ini"; } | key_of)
	build_dir=$cache/build-arm64-$key
	stage=$run_dir/stage-arm64
	[ ! -d "$stage" ] || return 0
	open_root "$root" "$sources/tree"
	mkdir -p "$build_dir"
	printf "[constants]\ntarget = '%s'\n" "$(inside "$arm64_target")" >"$build_dir/target.ini"
	setup_options=(--cross-file "$(inside "$build_dir")/target.ini" --cross-file /src/devtools/lab.d/arm64.ini "${arm64_meson_options[@]}")
	with_lock "build-arm64-$key" build_project arm64
}

# Every library and program that is installed is for arm64: the machine in an ELF file's header is 183.
check_arm64_machine() {
	local file count=0
	while IFS= read -r file; do
		is_elf "$file" || continue
		[ "$(od -An -tu2 -j18 -N2 "$file" | xargs)" = 183 ] || { say "not for arm64: ${file#"$stage"}"; return 1; }
		count=$((count + 1))
	done < <(find "$stage" -type f)
	[ "$count" -gt 0 ] || { say "the build for arm64 has installed no program and no library"; return 1; }
	say "built for arm64: $count libraries and programs"
}

is_elf() { [ "$(head -c 4 "$1" | tr -d '\0')" = $'\x7fELF' ]; } # FILE
