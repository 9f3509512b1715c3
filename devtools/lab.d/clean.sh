# The command `clean`: removes the cache. It must not know what is in it.
# shellcheck shell=bash

command_clean() {
	[ -d "$cache" ] || { say "nothing to remove"; return; }
	no_lab_is_running || die "another lab is running: not removed"
	remove_tree "$cache"
	say "removed $cache"
}

no_lab_is_running() {
	local dir
	for dir in "$cache"/run/*/; do
		[ ! -d "$dir" ] || [ ! -d "/proc/$(basename "$dir")" ] || return 1
	done
}
