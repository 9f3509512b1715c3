# The unit tests, in the build directory of the project, and the build for arm64, as parts of `test`.
# It must not know what they test.
# shellcheck shell=bash

unit_release=24.11
unit_seconds=60 # about, with the build

queue_unit_tests() { # NAME...
	[ -f "$checkout/meson.build" ] || { say "the checkout has no meson.build yet: no unit tests"; return; }
	[ "$*" = "$cross_test" ] || add_item "$((unit_seconds * repeat))" unit "$repeat" "$@"
	! is_wanted "$cross_test" -- "$@" || add_item "$cross_seconds" cross
}

run_unit_item() { # WORKER REPEAT NAME...
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

end_unit_item() { [ -f "$run_dir/unit-results" ] || report fail unit "unit tests" "" "they could not be run: see above"; }

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
	[ $# = 0 ] || mapfile -t names < <(in_build_root "$root" meson test -C "$at" --list 2>/dev/null | sed 's/.* \/ //; s/.*:[^ ]*\/ *//' | grep -xF "$(printf '%s\n' "$@")")
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
	in_build_root "$root" meson test -C "$1" --no-rebuild "${@:2}" || [ -s "$build_dir/meson/meson-logs/testlog.json" ] ||
		grep -q 'No tests defined' "$cache/logs/unit.log"
	touch "$build_dir/meson/meson-logs/testlog.json"
}

# --- the build for arm64 ----------------------------------------------------------------------------------------------------------

cross_test=cross-arm64
cross_seconds=90 # about, with roots that are there

# Warnings are errors in it. It passes when there is something for arm64 afterwards: nothing of it is run.
run_cross_item() { # WORKER
	local started
	doing "$1" "$cross_test"
	started=$(now)
	ensure_arm64_project
	check_arm64_machine
	note_time "build for arm64" prepare "$(since "$started")"
	report pass unit "$cross_test" "$(since "$started")" ""
}

end_cross_item() { has_result "$cross_test" || report fail unit "$cross_test" "" "it could not be built: see above"; }
