# What every part of the lab uses: messages, progress, the cache with its keys and locks, the run directory.
# It must not know what is being built.
# shellcheck shell=bash

checkout=$(dirname "$lab_dir")
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/dpdk-iommufd
run_dir=${LAB_RUN_DIR:-}
export LC_ALL=C.UTF-8 # numbers have points

say() { printf 'lab: %s\n' "$*" >&2; }

die() {
	say "$*"
	exit 2
}

require_root() {
	[ "$(id -u)" = 0 ] && return
	die "this needs root: it mounts, enters other roots and installs missing packages; try: sudo devtools/lab ..."
}

# --- terminal ---------------------------------------------------------------------------------------------------------------

terminal_state=

save_terminal() { [ ! -t 0 ] || terminal_state=$(stty -g); }

restore_terminal() { [ -z "$terminal_state" ] || stty "$terminal_state" 2>/dev/null || true; }

# --- who is running -------------------------------------------------------------------------------------------------------------
# A lab has a shared lock on the cache while it runs, and one of its own on its run directory: what it leaves while it runs. A lock goes
# with the last process that has it, whatever ends that, and is seen from other containers, where a process's number means nothing.

cache_lock=$cache.lock # beside the cache: what removes the cache must not remove the lock

use_cache() {
	mkdir -p "$(dirname "$cache")"
	exec {cache_lock_fd}>"$cache_lock"
	flock --shared "$cache_lock_fd"
}

# False when a lab is running. None begins to use the cache until this process has ended.
have_cache_alone() {
	exec {cache_lock_fd}>"$cache_lock"
	flock --nonblock "$cache_lock_fd"
}

make_run_dir() {
	mkdir -p "$cache/locks" "$cache/run"
	with_lock run-directories new_run_dir
}

new_run_dir() {
	local number=$$
	remove_dead_run_dirs
	until mkdir "$cache/run/$number" 2>/dev/null; do number=$((number + 1)); done
	run_dir=$cache/run/$number
	exec {run_dir_fd}>"$run_dir/.lock"
	flock --nonblock "$run_dir_fd"
}

remove_run_dir() { rm -rf "$run_dir"; }

# A lab that was killed outright could not remove its own. One of before run directories had locks has a process's number for its name.
remove_dead_run_dirs() {
	local dir
	for dir in "$cache"/run/*/; do
		dir=${dir%/}
		if [ -f "$dir/.lock" ]; then
			( flock --nonblock 9 && rm -rf "$dir" ) 9<"$dir/.lock" || true
		elif [ -d "$dir" ] && [ ! -d "/proc/${dir##*/}" ]; then
			rm -rf "$dir"
		fi
	done
}

# --- progress ---------------------------------------------------------------------------------------------------------------

# with_progress WHAT LOG COMMAND...: the command's output goes to LOG; what takes longer than 5 seconds shows that it is alive.
with_progress() {
	local what=$1 log=$2 status=0 started=$SECONDS job
	shift 2
	mkdir -p "$(dirname "$log")"
	"$@" >"$log" 2>&1 </dev/null &
	job=$!
	show_progress "$what" "$log" "$job"
	wait "$job" || status=$?
	if [ "$status" != 0 ]; then
		say "$what: FAILED after $((SECONDS - started)) s; the end of $log:"
		tail -n 40 "$log" >&2
		return "$status"
	fi
	[ $((SECONDS - started)) -lt 5 ] || say "$what: done in $((SECONDS - started)) s"
}

show_progress() {
	local what=$1 log=$2 job=$3 started=$SECONDS elapsed next=5
	while kill -0 "$job" 2>/dev/null; do
		elapsed=$((SECONDS - started))
		if [ "$elapsed" -ge "$next" ]; then
			progress_line "$what: $elapsed s: $(tail -n 1 "$log" | tr -d '\r')"
			if [ -t 2 ]; then next=$((elapsed + 1)); else next=$((elapsed + 15)); fi
		fi
		sleep 0.1
	done
	clear_progress
}

clear_progress() { [ ! -t 2 ] || printf '\r\033[K' >&2; }

progress_line() {
	local width
	if [ -t 2 ]; then
		width=$(tput cols 2>/dev/null || echo 80)
		printf '\r\033[K%.*s' $((width - 1)) "lab: $1" >&2
	else
		printf 'lab: %.140s\n' "$1" >&2
	fi
}

# --- the cache --------------------------------------------------------------------------------------------------------------
# A thing is a directory NAME-KEY, the KEY a hash of what it was built from. It is built as NAME-KEY.tmp and renamed when it is whole.
# Whoever uses a thing holds a shared lock on it until the lab ends; whoever builds or removes one holds it alone.

key_of() { sha256sum | cut -c1-16; }

# Builders are called where errexit is on: the first command that fails ends the process, the lock goes with it.

# ensure_thing NAME KEY BUILDER ARGS...: calls BUILDER ARGS... DIRECTORY when the thing is not there; the path is in $thing then.
ensure_thing() {
	local name=$1 key=$2
	shift 2
	thing=$cache/$name-$key
	hold "$name-$key"
	[ ! -d "$thing" ] || return 0
	with_lock "$name" build_thing "$name" "$key" "$@"
}

build_thing() {
	local path=$cache/$1-$2
	[ ! -d "$path" ] || return 0
	remove_other_things "$1" "$2"
	remove_tree "$path.tmp"
	mkdir -p "$path.tmp"
	"${@:3}" "$path.tmp"
	mv "$path.tmp" "$path"
}

# Those that nobody has used for a day: another checkout may want another one of the same name, and both are used in turns.
remove_other_things() {
	local other base
	for other in "$cache/$1"-????????????????*; do
		[ -d "$other" ] || continue
		base=$(basename "$other" .tmp)
		[ "$base" = "$1-$2" ] && continue
		[[ ${base#"$1-"} =~ ^[0-9a-f]{16}$ ]] || continue
		[ -z "$(find "$cache/locks/$base" -mmin -1440 2>/dev/null)" ] || continue
		( flock --nonblock 9 && remove_tree "$other" ) 9>>"$cache/locks/$base" || say "$base is in use: left in the cache"
	done
}

# A tree that something is mounted in is not ours to remove.
remove_tree() {
	! grep -qF " $1/" /proc/self/mounts || die "something is mounted under $1: unmount it first"
	rm -rf --one-file-system "$1"
}

# hold NAME: keeps a shared lock until this process ends. The lock's file says when the thing was used last.
hold() {
	local fd
	mkdir -p "$cache/locks"
	touch "$cache/locks/$1"
	exec {fd}>>"$cache/locks/$1"
	flock --shared "$fd"
}

# with_lock NAME COMMAND...: one at a time on this machine, and says so when it has to wait.
with_lock() {
	local name=$1 fd
	shift
	mkdir -p "$cache/locks"
	exec {fd}>"$cache/locks/$name.build"
	if ! flock --nonblock "$fd"; then
		say "waiting for another process that is building $name"
		flock "$fd"
	fi
	"$@"
	local status=$? # of a failure where bash ignores those; elsewhere it has ended this process
	exec {fd}>&-
	return "$status"
}

contains() {
	local wanted=$1 word
	shift
	for word in "$@"; do [ "$word" != "$wanted" ] || return 0; done
	return 1
}
