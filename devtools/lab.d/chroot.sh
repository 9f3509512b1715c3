# Runs commands inside a root: read-only, the checkout or its copy at /src (read-only), the cache at /cache, this run's directory at /run/lab.
# The lab has a mount namespace of its own, so every mount here is seen by this lab alone and ends with it.
# It must not know what the commands do.
# shellcheck shell=bash

# The folders that mounts need; a root is read-only once it is built.
mount_points=(src cache)

# in_root ROOT COMMAND...
in_root() { in_root_with_sources "$checkout" "$@"; }

# in_build_root ROOT COMMAND...: at /src is the copy of the checkout that builds are made from.
in_build_root() { in_root_with_sources "$sources/tree" "$@"; }

in_root_with_sources() { # SOURCES ROOT COMMAND...
	local at
	at=$(root_with_sources "$1" "$2")
	open_root "$2" "$1"
	shift 2
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C.UTF-8 TERM="${TERM:-dumb}" chroot "$at" "$@"
}

root_with_sources() { # SOURCES ROOT
	if [ "$1" = "$checkout" ]; then echo "$run_dir/roots/$(basename "$2")"; else echo "$run_dir/build-roots/$(basename "$2")"; fi
}

# open_root ROOT [SOURCES]: several processes of a lab may want it at once.
open_root() {
	local fd
	exec {fd}>"$run_dir/roots.lock"
	flock "$fd"
	mount_root "$1" "${2:-$checkout}"
	exec {fd}>&-
}

mount_root() {
	local root=$1 from=$2 at
	at=$(root_with_sources "$from" "$root")
	[ ! -d "$at/src/devtools" ] || return 0
	mkdir -p "$at"
	mount --bind "$root" "$at"
	mount -o remount,bind,ro "$at"
	mount -t proc proc "$at/proc"
	mount --bind /dev "$at/dev"
	[ ! -d "$at/dev/pts" ] || mount -t devpts -o ptmxmode=666,mode=620,gid=5 devpts "$at/dev/pts" # terminals, of this lab alone
	mount -t tmpfs tmpfs "$at/tmp"
	mount -t tmpfs tmpfs "$at/run"
	mkdir -p "$at/run/lab"
	mount --bind "$run_dir" "$at/run/lab"
	mount --bind "$cache" "$at/cache"
	mount --bind "$from" "$at/src"
	mount -o remount,bind,ro "$at/src"
}

# The path of something in the cache as it is called inside a root.
inside() { echo "/cache/${1#"$cache"/}"; }
