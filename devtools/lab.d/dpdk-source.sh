# The DPDK of a folder that the user gives (--dpdk-source), in the place of the distribution's: a Debian root without DPDK, into which the
# folder's tree is built and installed. It is the root of the release `source`, and is kept for as long as the tree's contents are the same.
# It must not know which DPDK it is, nor what runs on it.
# shellcheck shell=bash

dpdk_source="" # the folder, where a command has one for all of its machines

# Only what the lab's machines have: a whole DPDK takes several times as long. Names that this DPDK does not have are no mistake.
dpdk_source_drivers=bus/pci,bus/vdev,mempool/ring,net/e1000,net/intel/e1000,net/virtio,net/null,net/ring,net/tap,net/pcap
dpdk_source_apps=test-pmd,proc-info,pdump,dumpcap
# Libraries that none of these needs.
dpdk_source_without=acl,bbdev,compressdev,dispatcher,distributor,efd,fib,gpudev,graph,ipsec,jobstats,lpm,member,mldev,node,pdcp,pipeline,port,power,rawdev,regexdev,reorder,rib,sched,table,vhost
dpdk_source_options=(--prefix=/usr --libdir=lib/x86_64-linux-gnu --buildtype=debugoptimized --default-library=shared -Dplatform=generic -Ddeveloper_mode=disabled
	-Denable_driver_sdk=true -Dtests=false -Denable_drivers="$dpdk_source_drivers" -Denable_apps="$dpdk_source_apps" -Ddisable_libs="$dpdk_source_without")

check_dpdk_source() { # FOLDER
	[ -f "$1/VERSION" ] && [ -f "$1/lib/eal/meson.build" ] || die "--dpdk-source wants the folder of a DPDK tree, 21.11 or later, not '$1'"
}

# ensure_dpdk_source_root FOLDER: the root's path is in $root then.
ensure_dpdk_source_root() {
	local folder key
	folder=$(realpath "$1")
	ensure_root dpdk-source
	key=$({ root_id "$root"; contents_of "$folder"; echo "${dpdk_source_options[@]}"; declare -f make_dpdk_source_root; } | key_of)
	ensure_thing root-source "$key" build_dpdk_source_root "$folder" "$root"
	root=$thing
}

# A hash for each file and link, whoever owns it and when it was written.
contents_of() { # FOLDER
	(
		cd "$1"
		find . -name .git -prune -o -type f -print0 | sort -z | xargs -0 sha256sum
		find . -name .git -prune -o -type l -printf '%p %l\n' | sort
	)
}

build_dpdk_source_root() { # FOLDER BASE DIRECTORY
	with_progress "building DPDK $(cat "$1/VERSION") from $1" "$cache/logs/dpdk-source.log" make_dpdk_source_root "$@"
}

# The base's files are hard links: nobody writes to them, and what is installed are new files.
make_dpdk_source_root() { # FOLDER BASE DIRECTORY
	local folder=$1 base=$2 dir=$3 at
	set -e
	cp -al "$base/." "$dir/"
	rm "$dir/etc/lab-root-id"
	cp /proc/sys/kernel/random/uuid "$dir/etc/lab-root-id"
	at=$run_dir/roots/$(basename "$base")/run/dpdk-source
	open_root "$base"
	mkdir -p "$at"
	mount --bind "$folder" "$at"
	mount -o remount,bind,ro "$at"
	mkdir "$dir/build"
	in_root "$base" meson setup "${dpdk_source_options[@]}" "$(inside "$dir")/build" /run/dpdk-source
	in_root "$base" ninja -C "$(inside "$dir")/build"
	in_root "$base" env DESTDIR="$(inside "$dir")" meson install -C "$(inside "$dir")/build" --no-rebuild --quiet
	umount "$at"
	rm -r "$dir/build"
	in_root "$base" ldconfig -r "$(inside "$dir")"
}
