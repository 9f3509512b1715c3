# The command `test`: unit tests in the build directory; in a guest, scripts on the kernel's mock devices and behaviours of a whole
# machine; a slice of the matrix; unit programs with sanitizers; the README; the guides; fuzz targets. It must not know what they test.
# shellcheck shell=bash

. "$lab_dir/lab.d/results.sh"
. "$lab_dir/lab.d/queue.sh"
. "$lab_dir/lab.d/scripts.sh"
. "$lab_dir/lab.d/matrix.sh"
. "$lab_dir/lab.d/guides.sh"
. "$lab_dir/lab.d/fuzz.sh"
. "$lab_dir/lab.d/readme.sh"
. "$lab_dir/lab.d/sanitize.sh"

unit_release=24.11
unit_seconds=60 # about, with the build

command_test() {
	local kind=all jobs="" repeat=1 junit="" matrix="" minutes="" slice="" names=() started=$SECONDS failed
	while [ $# -gt 0 ]; do
		case $1 in
		--matrix) matrix=1 ;;
		--slice) slice=1 ;;
		--jobs | --repeat | --junit | --minutes)
			[ $# -ge 2 ] || die "$1 wants a value; see: devtools/lab help"
			[ "$1" = --junit ] || [[ $2 =~ ^[1-9][0-9]{0,3}$ ]] || [ "$1 $2" = "--minutes 0" ] || die "$1 wants a number, not '$2'"
			printf -v "${1#--}" '%s' "$2"
			shift
			;;
		-*) die "unknown: $1; see: devtools/lab help" ;;
		unit | mock | vm | matrix | sanitize | readme | guides | fuzz) kind=$1 ;;
		*) names+=("$1") ;;
		esac
		shift
	done
	[ "$matrix" ] || [ -z "$slice$minutes" ] || die "--slice and --minutes are of --matrix; see: devtools/lab help"
	[ -z "$junit" ] || { : >"$junit"; } 2>/dev/null || die "cannot write $junit"
	: "${jobs:=$(default_jobs)}"
	# shellcheck disable=SC2034 # the machine has it
	[ "$jobs" = 1 ] || tcg_threads=single
	start_results
	[ -z "$matrix" ] || { kind=whole-matrix && queue_whole_matrix "$minutes" "$slice" "${names[@]}"; }
	case $kind in all | unit) queue_unit_tests ;; esac
	case $kind in all | unit) queue_cross_build "${names[@]}" ;; esac
	case $kind in all | mock) queue_guest_tests test/mock "${names[@]}" ;; esac
	case $kind in all | vm) queue_guest_tests test/vm "${names[@]}" ;; esac
	case $kind in all | readme) queue_readme ;; esac
	case $kind in all | matrix) [ ${#names[@]} -gt 0 ] || queue_slice ;; esac
	case $kind in all | guides) queue_guides ;; esac
	case $kind in all | fuzz) queue_fuzz ;; esac
	case $kind in all | sanitize) queue_sanitizers ;; esac
	work_off "$jobs" do_item end_item
	if [ "$matrix" ]; then write_matrix; else report_unknown "${names[@]}"; fi
	keep_times
	[ -z "$junit" ] || write_junit "$junit" $((SECONDS - started))
	show_times $((SECONDS - started)) "$jobs"
	failed=$(count_results fail)
	echo "$(count_results pass) passed, $failed failed, $(count_results skip) skipped"
	[ "$failed" = 0 ] && { [ -s "$results" ] || [ "$minutes" = 0 ]; }
}

do_item() { # WORKER unit|cross|scripts|matrix|sanitize|readme|guides|fuzz WORD...
	case $2 in
	cross) run_cross_build "$1" ;;
	unit) run_unit_tests "$1" "${@:3}" ;;
	scripts) run_scripts_on "$1" "${@:3}" ;;
	readme) run_readme_tests "$1" ;;
	matrix) run_matrix_machine "$1" "${@:3}" ;;
	guides) run_guides_tests "$1" ;;
	fuzz) run_fuzz_tests "$1" ;;
	sanitize) run_sanitizer_tests "$1" ;;
	esac
}

# Whatever has ended it, each test has a result.
end_item() { # WORKER unit|cross|scripts|matrix|sanitize|readme|guides|fuzz WORD...
	case $2 in
	cross) has_result "$cross_test" || report fail unit "$cross_test" "" "it could not be built: see above" ;;
	unit) [ -f "$run_dir/unit-results" ] || report fail unit "unit tests" "" "they could not be run: see above" ;;
	scripts) report_left_scripts "$1" "$4" ;;
	readme) report_left_readme ;;
	matrix) report_left_matrix "$1" "${@:3}" ;;
	guides) report_left_guides ;;
	fuzz) report_left_fuzz ;;
	sanitize) report_left_sanitizers ;;
	esac
}

# A name may be that of a test of either kind, or of none.
report_unknown() {
	local name
	for name in "$@"; do
		has_result "$name" || report fail "$kind" "$name" "" "no test of that name"
	done
}

queue_guest_tests() { # FOLDER NAME...
	local folder=$1 found=()
	mapfile -t found < <(scripts_named "$@")
	[ ${#found[@]} = 0 ] || queue_scripts "$repeat" "$folder" "${found[@]}"
}

# --- unit tests -----------------------------------------------------------------------------------------------------------------

queue_unit_tests() {
	[ -f "$checkout/meson.build" ] || { say "the checkout has no meson.build yet: no unit tests"; return; }
	[ "${names[*]}" != "$cross_test" ] || return 0
	add_item "$((unit_seconds * repeat))" unit "$repeat" "${names[@]}"
}

run_unit_tests() { # WORKER REPEAT NAME...
	local repeat=$2 turn started
	doing "$1" "unit tests"
	shift 2
	started=$(now)
	ensure_project "$unit_release"
	note_time "unit tests" prepare "$(since "$started")"
	started=$(now)
	for ((turn = 0; turn < repeat; turn++)); do
		with_lock "$(basename "$build_dir")" run_meson_tests "$(inside "$build_dir")/meson" "$run_dir/unit-results" "$@"
		report_together report_unit_tests
	done
	note_time "unit tests" tests "$(since "$started")"
	[ $# -gt 0 ] || check_style_tests
}

# Left out where their programs are missing or of another version, which the tool root's are not.
check_style_tests() {
	local name
	for name in format scripts; do
		has_result "$name" || report fail unit "$name" "" "it was left out: see test/style/meson.build"
	done
}

run_meson_tests() { # BUILD-DIRECTORY RESULTS NAME...
	local at=$1 results=$2 names=()
	shift 2
	[ $# = 0 ] || mapfile -t names < <(in_root "$root" meson test -C "$at" --list 2>/dev/null | sed 's/.* \/ //; s/.*:[^ ]*\/ *//' | grep -xF "$(printf '%s\n' "$@")")
	: >"$results"
	[ $# = 0 ] || [ ${#names[@]} -gt 0 ] || return 0
	rm -f "$build_dir/meson/meson-logs/testlog.json"
	with_progress "unit tests" "$cache/logs/unit.log" meson_test_whatever_comes "$at" "${names[@]}"
	in_root "$root" python3 /src/devtools/lab.d/meson-results.py "$at/meson-logs/testlog.json" /run/lab/unit-output >"$results"
}

report_unit_tests() {
	local status name seconds note
	while IFS=$'\x1f' read -r status name seconds note; do
		write_report "$status" unit "$name" "$seconds" "$note" "$run_dir/unit-output/${name%%:*}"
	done < <(tr '\t' '\037' <"$run_dir/unit-results")
}

# Which tests failed is read from the log; what this must catch is a test run that did not happen.
meson_test_whatever_comes() {
	in_root "$root" meson test -C "$1" --no-rebuild "${@:2}" || [ -s "$build_dir/meson/meson-logs/testlog.json" ] ||
		grep -q 'No tests defined' "$cache/logs/unit.log"
	touch "$build_dir/meson/meson-logs/testlog.json"
}

# --- the build for arm64 ----------------------------------------------------------------------------------------------------------

cross_test=cross-arm64
cross_seconds=90 # about, with roots that are there

queue_cross_build() { # NAME...
	[ -f "$checkout/meson.build" ] || return 0
	[ $# = 0 ] || contains "$cross_test" "$@" || return 0
	add_item "$cross_seconds" cross
}

# Warnings are errors in it. It passes when there is something for arm64 afterwards: nothing of it is run.
run_cross_build() { # WORKER
	local started
	doing "$1" "$cross_test"
	started=$(now)
	ensure_arm64_project
	check_arm64_machine
	note_time "build for arm64" prepare "$(since "$started")"
	report pass unit "$cross_test" "$(since "$started")" ""
}
