# Runs scripts that say in their header which machine they want (test/vm, test/mock): those with the same machine share a boot, and a
# guest in which one of them fails, or that dies, is replaced for the rest. Reports each script as it ends.
# It must not know what the scripts do. A script's exit status says it: 0 passed, 77 skipped, all else failed.
# shellcheck shell=bash

default_deadline=180
busy_factor=3 # a deadline is for what hangs: guests side by side on a busy machine get more time

header_line() { sed -nE "1,40s/^# $2: *(.*)/\1/p" "$1" | head -n 1; } # FILE KEY

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

# --- which scripts share a boot ---------------------------------------------------------------------------------------------------

queue_vm_tests() { queue_named_scripts test/vm "$@"; }     # NAME...
queue_mock_tests() { queue_named_scripts test/mock "$@"; } # NAME...

queue_named_scripts() { # FOLDER NAME...
	local found=()
	mapfile -t found < <(scripts_named "$@")
	# shellcheck disable=SC2154 # `test` has it
	[ ${#found[@]} = 0 ] || queue_scripts "$repeat" "$1" "${found[@]}"
}

# queue_scripts REPEAT FOLDER NAME...: FOLDER is relative to the checkout. An item is a machine with its scripts; where these take longer
# than $item_limit seconds together, it is several, so that several workers can have them.
queue_scripts() {
	local repeat=$1 folder=$2 name line
	local -A names_of=()
	local -a lines=()
	shift 2
	for name in "$@"; do
		line=$(header_line "$checkout/$folder/$name.sh" machine | xargs)
		[ -n "${names_of[machine $line]:-}" ] || lines+=("$line")
		names_of[machine $line]+=" $name"
	done
	for line in "${lines[@]}"; do
		if [ -z "$dpdk_source" ] && [[ " $line " == *" --dpdk source "* ]]; then
			for name in ${names_of[machine $line]}; do report skip "$(kind_of "$folder")" "$name" "" "no --dpdk-source FOLDER"; done
			continue
		fi
		# shellcheck disable=SC2046 # names have no blanks
		queue_machine "$line" "$folder" $(for ((; repeat > 0; repeat--)); do echo "${names_of[machine $line]}"; done)
	done
}

queue_machine() { # MACHINE FOLDER NAME...
	local line=$1 folder=$2 name seconds sum=0 part=() waits_for
	waits_for=$(awaited_by "$line")
	shift 2
	for name in "$@"; do
		seconds=$(expected_seconds "$folder" "$name")
		if [ ${#part[@]} -gt 0 ] && [ $((sum + seconds)) -gt "$item_limit" ]; then
			add_item_that_waits "$waits_for" $((sum + boot_seconds)) scripts "$line" "$folder" "${part[@]}"
			part=() sum=0
		fi
		part+=("$name")
		sum=$((sum + seconds))
	done
	add_item_that_waits "$waits_for" $((sum + boot_seconds)) scripts "$line" "$folder" "${part[@]}"
}

# What a machine waits for on a new host, by its name in the cache, beside the root of the newest release, for which all wait.
awaited_by() { # MACHINE
	[[ $1 != *"--kernel mock"* ]] || { echo kernel-mock; return; }
	sed -nE 's/.*--dpdk ([^ ]+).*/root-\1/p' <<<"$1"
}

boot_seconds=10 # about
item_limit=400 # a boot, with the first start of programs after it, costs twelve seconds of processor time

# What it took last time; else a guess.
expected_seconds() { # FOLDER NAME
	local known
	known=$(awk -v name="$2" '$1 == name { print int($2) + 1 }' "$times_file" 2>/dev/null)
	echo "${known:-$(($(deadline_of "$1" "$2") / 36))}"
}

deadline_of() { # FOLDER NAME
	local seconds
	seconds=$(header_line "$checkout/$1/$2.sh" deadline)
	echo $((busy_factor * ${seconds:-default_deadline}))
}

# Which of the distribution's drivers it sees: devtools/guest/drivers.sh has why.
drivers_of() { # FOLDER NAME
	local which
	which=$(header_line "$checkout/$1/$2.sh" drivers)
	echo "${which:-few}"
}

# --- one machine's scripts --------------------------------------------------------------------------------------------------------

left_file() { echo "$run_dir/left.$1"; } # WORKER: the scripts that have no result yet

end_scripts_item() { # WORKER MACHINE FOLDER
	local name
	while read -r name; do
		report fail "$(kind_of "$3")" "$name" "" "no machine for it: see above"
	done <"$(left_file "$1")"
}

kind_of() { basename "$1"; } # FOLDER

run_scripts_item() { # WORKER MACHINE FOLDER NAME...
	local worker=$1 machine_line=$2 folder=$3 left words=() names=() started
	left=$(left_file "$worker")
	shift 3
	printf '%s\n' "$@" >"$left"
	say "machine: ${machine_line:-the default one}: $*"
	started=$(now)
	doing "$worker" "preparing for $1"
	mapfile -t words < <(header_line "$checkout/$folder/$1.sh" machine | xargs -r -n1 printf '%s\n')
	use_guest "guest$worker"
	default_machine
	parse_machine "${words[@]}"
	machine[arch]=$test_arch
	if is_of_other_arch; then return; fi
	check_machine
	prepare_guest
	note_time "$machine_line" prepare "$(since "$started")"
	while [ -s "$left" ]; do boot_for_scripts; done
}

# The scripts whose machine a guest of this architecture cannot be are skipped.
is_of_other_arch() {
	local missing name
	missing=$("missing_on_$test_arch")
	[ "$missing" ] || return 1
	mapfile -t names <"$left"
	for name in "${names[@]}"; do script_ended skip "$name" "" "a guest for $test_arch has $missing"; done
}

# One boot: takes the scripts that got a result out of the file $left.
boot_for_scripts() {
	local line="" outcome="" current="" name command total=0 names=() booted mark processor=""
	command=/src/devtools/guest/run-scripts
	mapfile -t names <"$left"
	for name in "${names[@]}"; do
		command+=" /src/$folder/$name.sh $(deadline_of "$folder" "$name") $(drivers_of "$folder" "$name")"
		total=$((total + $(deadline_of "$folder" "$name")))
	done
	rm -rf "$share/scripts"
	mkdir -p "$share/scripts"
	booted="" mark=$(now)
	doing "$worker" "booting for ${names[0]}"
	while IFS= read -r line; do
		case $line in
		"@lab start "*)
			current=${line#@lab start }
			[ "$booted" ] || { note_time "$machine_line" boot "$(since "$mark")"; booted=1; }
			mark=$(now)
			processor=$(guest_processor_time || true)
			doing "$worker" "$current"
			;;
		"@lab result "*)
			read -r _ _ current outcome _ note <<<"$line"
			note_time "$machine_line" tests "$(since "$mark")"
			note_processor_time_since "$current" "${processor:-0}"
			script_ended "$outcome" "$current" "$(since "$mark")" "$note"
			current=""
			;;
		*) printf '%s\n' "$line" ;;
		esac
	done < <(DPDK_IOMMUFD_BOOT_LIMIT=${DPDK_IOMMUFD_BOOT_LIMIT:-$((total + 120))} run_guest "$command" || true)
	if [ "$current" ]; then
		script_ended fail "$current" "$(since "$mark")" "the guest died in it$(panic_message)"
	elif [ -s "$left" ] && [ -z "$outcome" ]; then
		while [ -s "$left" ]; do
			script_ended fail "$(head -n 1 "$left")" "" "the guest did not get as far as the first script"
		done
	fi
}

note_processor_time_since() { # NAME SECONDS: what the guest had taken then
	local used
	used=$(guest_processor_time || true)
	[ -z "$used" ] || note_processor_time "$1" "$(since "$2" "$used")"
}

script_ended() { # pass|fail|skip NAME SECONDS NOTE
	local log=$share/scripts/$2.log
	report "$1" "$(kind_of "$folder")" "$2" "$3" "$4" "$log"
	sed -i "0,/^$2\$/{/^$2\$/d}" "$left"
	keep_log "$log"
}

panic_message() { grep -o 'Kernel panic.*' "$console" | head -n 1 | tr -d '\r' | sed 's/^/: /'; }

keep_log() { [ ! -f "$1" ] || { mkdir -p "$cache/logs/scripts"; cp "$1" "$cache/logs/scripts/"; }; }
