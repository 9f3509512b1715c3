# Work that is done by several processes of one lab at once: items in a queue, which workers take, the longest first.
# It must not know what an item is.
# shellcheck shell=bash

queue=$run_dir/queue # a file for each item, in the order of their names; a worker takes one by moving it away

# How many guests at once: half as many again as processors, for a guest waits for a good part of its time; and as there is memory for.
default_jobs() {
	local jobs memory
	jobs=$(($(nproc) * 3 / 2))
	memory=$(awk '$1 == "MemAvailable:" { print int($2 / 3000000) }' /proc/meminfo)
	[ "$memory" -ge "$jobs" ] || jobs=$memory
	[ "$jobs" -ge 1 ] || jobs=1
	echo "$jobs"
}

# add_item SECONDS WORD...: the words come to the worker's function as its arguments; SECONDS: how long it takes, about.
add_item() {
	local seconds=$1 number
	shift
	mkdir -p "$queue/taken"
	number=$(find "$queue" -type f | wc -l)
	printf '%s\0' "$@" >"$queue/$(printf '%06d.%04d' $((999999 - seconds)) "$number")"
}

# add_item_that_waits FOR SECONDS WORD...: for a root or a kernel, by its name in the cache, or for nothing. Of the items that wait for one that is
# not there yet, the first comes before all other items: several are made at the same time, where one alone leaves processors without work.
longest_build=10000
declare -A awaited=()
add_item_that_waits() {
	local seconds=$2
	if [ "$1" ] && [ -z "${awaited[$1]:-}" ] && ! compgen -G "$cache/$1-*" >/dev/null; then
		awaited[$1]=1
		seconds=$((seconds + longest_build))
	fi
	add_item "$seconds" "${@:3}"
}

# work_off JOBS FUNCTION AFTERWARDS: calls FUNCTION WORKER WORD... for each item, in a process of its own, which a command that fails ends;
# then, whatever has ended it, AFTERWARDS WORKER WORD.... Returns when all are done. It must not be called where bash ignores failures
# (before ||, or in a condition): that would hold for FUNCTION as well.
work_off() {
	local jobs=$1 worker workers=() shower
	mkdir -p "$queue/taken"
	for ((worker = 1; worker <= jobs; worker++)); do
		work "$worker" "$2" "$3" &
		workers+=($!)
	done
	show_doings &
	shower=$!
	wait "${workers[@]}" || true
	kill "$shower" 2>/dev/null || true
	wait "$shower" 2>/dev/null || true
	clear_progress
}

work() { # WORKER FUNCTION AFTERWARDS
	local words=()
	set +e
	while take_item; do
		mapfile -d '' words <"$taken"
		( set -e; "$2" "$1" "${words[@]}" )
		"$3" "$1" "${words[@]}"
		doing "$1"
	done
}

# take_item: the item's file is in $taken then. False when none is left.
take_item() {
	local item
	for item in "$queue"/[0-9]*; do
		[ -f "$item" ] || continue
		taken=$queue/taken/${item##*/}
		! mv "$item" "$taken" 2>/dev/null || return 0
	done
	return 1
}

# --- what the workers do at the moment ------------------------------------------------------------------------------------------

# doing WORKER [WHAT]
doing() {
	if [ $# = 1 ]; then rm -f "$run_dir/doing.$1"; else echo "$SECONDS $2" >"$run_dir/doing.$1"; fi
}

# On a terminal a line that stays in its place; elsewhere one now and then, so that a log shows that the lab is alive.
show_doings() {
	local pause=30
	[ ! -t 2 ] || pause=1
	local line
	while sleep "$pause" >/dev/null 2>&1; do # one that is left must not keep what reads this lab's output
		line=$(list_doings)
		[ -z "$line" ] || progress_line "$line"
	done
}

list_doings() {
	local file since what line=""
	for file in "$run_dir"/doing.*; do
		read -r since what 2>/dev/null <"$file" || continue
		line+="${line:+; }$what: $((SECONDS - since)) s"
	done
	echo "$line"
}
