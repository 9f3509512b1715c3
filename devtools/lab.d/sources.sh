# What is built: a copy of the checkout in the cache, in which a file is newer only where its contents are others. Builds go by times, and in
# a new clone of the same commit all files are new. A copy belongs to one checkout; when that is gone, a new checkout takes the copy over, and
# what was built from it.
# It must not know what is built.
# shellcheck shell=bash

sources= # the folder of this checkout's copy, once it is chosen; the copy is in its folder `tree`

# use_sources: the copy is as the checkout is now.
use_sources() {
	with_lock sources choose_sources
	with_lock "$(basename "$sources")" update_sources
}

# Those of other checkouts that are gone go too, unless a lab still uses them.
choose_sources() {
	local dir own free="" number=1
	own=$(realpath "$checkout")
	for dir in "$cache"/sources-*/; do
		dir=${dir%/}
		[ -f "$dir/checkout" ] || continue
		if [ "$(<"$dir/checkout")" = "$own" ]; then
			sources=$dir
		elif [ ! -d "$(<"$dir/checkout")" ] && is_unused "$(basename "$dir")"; then
			[ -z "$free" ] || remove_tree "$free"
			free=$dir
		fi
	done
	if [ -z "$sources" ] && [ -n "$free" ]; then
		sources=$free
	elif [ -z "$sources" ]; then
		while [ -e "$cache/sources-$number" ]; do number=$((number + 1)); done
		sources=$cache/sources-$number
		mkdir -p "$sources/tree"
	fi
	echo "$own" >"$sources/checkout"
	hold "$(basename "$sources")"
}

is_unused() { ( flock --nonblock 9 ) 9>>"$cache/locks/$1"; } # NAME, as of hold

# Copied before it is noted: what a copy that was stopped has written is written once more.
update_sources() {
	local tree=$sources/tree
	list_sources >"$run_dir/sources"
	touch "$sources/list"
	comm -13 "$sources/list" "$run_dir/sources" | names_of_sources >"$run_dir/sources.changed"
	comm -23 <(names_of_sources <"$sources/list" | sort) <(names_of_sources <"$run_dir/sources" | sort) >"$run_dir/sources.gone"
	(cd "$tree" && xargs -rd '\n' rm -f -- <"$run_dir/sources.gone")
	(cd "$checkout" && xargs -rd '\n' cp --parents --preserve=mode --remove-destination -t "$tree" -- <"$run_dir/sources.changed")
	cp "$run_dir/sources" "$sources/list"
}

# A line for each file: whether it can be executed, its hash, its name. A file that goes away meanwhile is none.
list_sources() {
	(
		cd "$checkout" || exit
		find . \( -path ./.git -o -path './build*' \) -prune -o -type f \( -perm -u+x -printf 'x %P\n' -o -printf 'f %P\n' \) >"$run_dir/sources.names"
		cut -c3- "$run_dir/sources.names" | { xargs -rd '\n' sha256sum 2>/dev/null || true; } |
			awk 'NR == FNR { flag[substr($0, 3)] = $1; next } { print flag[substr($0, 67)], $0 }' "$run_dir/sources.names" - | sort
	)
}

names_of_sources() { sed -E 's/^. [0-9a-f]{64} .//'; }
