# Runs scripts that say in their header which machine they want (test/vm, test/mock): those with the same machine share one boot, and a
# guest that one of them leaves dirty, or that dies, is replaced for the rest. Prints a line per script as it ends; counts.
# It must not know what the scripts do. A script's exit status says it: 0 passed, 77 skipped, all else failed.
# shellcheck shell=bash

passed=0 failed=0 skipped=0
default_deadline=180
alive_every=15

report() { # pass|fail|skip NAME [NOTE]
	case $1 in
	pass) passed=$((passed + 1)) ;;
	fail) failed=$((failed + 1)) ;;
	skip) skipped=$((skipped + 1)) ;;
	esac
	printf '%s %s%s\n' "${1^^}" "$2" "${3:+ ($3)}"
}

header_line() { sed -nE "1,40s/^# $2: *(.*)/\1/p" "$1" | head -n 1; } # FILE KEY

# run_scripts FOLDER NAME...: FOLDER is relative to the checkout.
run_scripts() {
	local folder=$1 name line
	local -A names_of=()
	local -a lines=()
	shift
	for name in "$@"; do
		line=$(header_line "$checkout/$folder/$name.sh" machine | xargs)
		[ -n "${names_of[machine $line]:-}" ] || lines+=("$line")
		names_of[machine $line]+=" $name"
	done
	for line in "${lines[@]}"; do
		# shellcheck disable=SC2086 # names have no blanks
		run_scripts_on "$line" "$folder" ${names_of[machine $line]}
	done
}

run_scripts_on() { # MACHINE FOLDER NAME...
	local line=$1 folder=$2 words=()
	shift 2
	mapfile -t words < <(header_words "$checkout/$folder/$1.sh")
	say "machine: ${line:-the default one}: $*"
	# In a process of its own: what is wrong with a machine or a build fails these scripts, not the lab.
	if ! "$lab_dir/lab" build "${words[@]}"; then
		report_all fail "no machine for it: see above" "$@"
		return
	fi
	default_machine
	parse_machine "${words[@]}"
	check_machine
	prepare_guest
	remaining=("$@")
	while [ ${#remaining[@]} -gt 0 ]; do boot_for_scripts "$folder"; done
}

header_words() { header_line "$1" machine | xargs -r -n1 printf '%s\n'; }

report_all() { # STATUS NOTE NAME...
	local name
	for name in "${@:3}"; do report "$1" "$name" "$2"; done
}

# One boot: takes the scripts that got a result out of $remaining.
boot_for_scripts() {
	local folder=$1 line="" part="" current="" since=$SECONDS name command total=0
	command=/src/devtools/guest/run-scripts
	for name in "${remaining[@]}"; do
		command+=" /src/$folder/$name.sh $(deadline_of "$folder" "$name")"
		total=$((total + $(deadline_of "$folder" "$name")))
	done
	rm -rf "$share/scripts"
	mkdir -p "$share/scripts"
	while read_alive; do
		case $line in
		"@lab start "*) current=${line#@lab start } since=$SECONDS ;;
		"@lab result "*)
			read -r _ _ current part seconds note <<<"$line"
			script_ended "$part" "$current" "$seconds s${note:+: $note}"
			current=""
			;;
		*) printf '%s\n' "$line" ;;
		esac
	done < <(DPDK_IOMMUFD_BOOT_LIMIT=${DPDK_IOMMUFD_BOOT_LIMIT:-$((total + 120))} run_guest "$command" || true)
	if [ "$current" ]; then
		script_ended fail "$current" "the guest died in it$(panic_message)"
	elif [ "${#remaining[@]}" -gt 0 ] && [ -z "$part" ]; then
		report_all fail "the guest did not get as far as the first script" "${remaining[@]}"
		remaining=()
	fi
}

# Reads $line; says every now and then that a script is still running.
read_alive() {
	local status
	line="" fragment=""
	while :; do
		status=0
		IFS= read -r -t "$alive_every" fragment || status=$?
		line+=$fragment
		[ "$status" -gt 128 ] || break
		progress_line "${current:-booting}: $((SECONDS - since)) s"
	done
	[ "$status" = 0 ]
}

deadline_of() { # FOLDER NAME
	local seconds
	seconds=$(header_line "$checkout/$1/$2.sh" deadline)
	echo "${seconds:-$default_deadline}"
}

script_ended() { # pass|fail|skip NAME NOTE
	local name rest=() log=$share/scripts/$2.log
	report "$1" "$2" "$3"
	[ "$1" != fail ] || show_output "$log"
	for name in "${remaining[@]}"; do [ "$name" = "$2" ] || rest+=("$name"); done
	remaining=("${rest[@]}")
	keep_log "$log"
}

panic_message() { grep -o 'Kernel panic.*' "$console" | head -n 1 | tr -d '\r' | sed 's/^/: /'; }

keep_log() { [ ! -f "$1" ] || { mkdir -p "$cache/logs/scripts"; cp "$1" "$cache/logs/scripts/"; }; }

show_output() { [ ! -s "$1" ] || sed 's/^/    /' "$1"; } # LOG

# scripts_named FOLDER NAME...: all of the folder's, or those named that are there. What others only source does not start with #!.
scripts_named() {
	local folder=$1 file name
	shift
	for file in "$checkout/$folder"/*.sh; do
		[ -f "$file" ] || continue
		name=$(basename "$file" .sh)
		[ "$(head -c 2 "$file")" = '#!' ] || continue
		[ $# -gt 0 ] && ! contains "$name" "$@" || echo "$name"
	done
}
