# Runs commands inside a root: read-only, the checkout at /src (read-only), the cache at /cache, this run's directory at /run/lab.
# The lab has a mount namespace of its own, so every mount here is seen by this lab alone and ends with it.
# It must not know what the commands do.
# shellcheck shell=bash

# The folders that mounts need; a root is read-only once it is built.
mount_points=(src cache)

# in_root ROOT COMMAND...
in_root() {
	local root=$1
	shift
	open_root "$root"
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C.UTF-8 TERM="${TERM:-dumb}" \
		chroot "$run_dir/roots/$(basename "$root")" "$@"
}

# Several processes of a lab may want it at once.
open_root() {
	local fd
	exec {fd}>"$run_dir/roots.lock"
	flock "$fd"
	mount_root "$1"
	exec {fd}>&-
}

mount_root() {
	local root=$1 at
	at=$run_dir/roots/$(basename "$root")
	[ ! -d "$at/src/devtools" ] || return 0
	mkdir -p "$at"
	mount --bind "$root" "$at"
	mount -o remount,bind,ro "$at"
	mount -t proc proc "$at/proc"
	mount --bind /dev "$at/dev"
	mount -t tmpfs tmpfs "$at/tmp"
	mount -t tmpfs tmpfs "$at/run"
	mkdir -p "$at/run/lab"
	mount --bind "$run_dir" "$at/run/lab"
	mount --bind "$cache" "$at/cache"
	mount --bind "$checkout" "$at/src"
	mount -o remount,bind,ro "$at/src"
}

# The path of something in the cache as it is called inside a root.
inside() { echo "/cache/${1#"$cache"/}"; }
