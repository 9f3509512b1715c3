# The command `clean`: removes the cache. It must not know what is in it.
# shellcheck shell=bash

command_clean() {
	[ -d "$cache" ] || { say "nothing to remove"; return; }
	have_cache_alone && no_older_lab_is_running || die "another lab is running: not removed"
	remove_tree "$cache"
	say "removed $cache"
}

# One of before the cache had a lock.
no_older_lab_is_running() {
	local dir
	for dir in "$cache"/run/*/; do
		dir=${dir%/}
		[ ! -d "$dir" ] || [ -f "$dir/.lock" ] || [ ! -d "/proc/${dir##*/}" ] || return 1
	done
}
