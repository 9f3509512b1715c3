# The command `test`: unit tests in the build directory; in a guest, scripts on the kernel's mock devices and behaviours of a whole
# machine. It must not know what they test.
# shellcheck shell=bash

. "$lab_dir/lab.d/scripts.sh"

unit_release=24.11

command_test() {
	local kind=all
	case ${1:-} in
	unit | mock | vm) kind=$1; shift ;;
	esac
	found=()
	case $kind in all | unit) run_unit_tests "$@" ;; esac
	case $kind in all | mock) run_guest_tests test/mock "$@" ;; esac
	case $kind in all | vm) run_guest_tests test/vm "$@" ;; esac
	report_unknown "$@"
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ] && [ $((passed + skipped)) -gt 0 ]
}

run_guest_tests() { # FOLDER NAME...
	local folder=$1 names=()
	mapfile -t names < <(scripts_named "$@")
	found+=("${names[@]}")
	[ ${#names[@]} = 0 ] || run_scripts "$folder" "${names[@]}"
}

run_unit_tests() {
	local at results=$run_dir/unit-results status name note
	[ -f "$checkout/meson.build" ] || { say "the checkout has no meson.build yet: no unit tests"; return; }
	if ! "$lab_dir/lab" build --dpdk "$unit_release"; then
		report fail "build for DPDK $unit_release"
		return
	fi
	ensure_project "$unit_release"
	at=$(inside "$build_dir")/meson
	with_lock "$(basename "$build_dir")" run_meson_tests "$at" "$results" "$@"
	while IFS=$'\t' read -r status name note; do
		found+=("$name" "${name%%:*}")
		report "$status" "$name" "$note"
		[ "$status" != fail ] || show_output "$run_dir/unit-output/${name%%:*}"
	done <"$results"
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

# Which tests failed is read from the log; what this must catch is a test run that did not happen.
meson_test_whatever_comes() {
	in_root "$root" meson test -C "$1" --no-rebuild "${@:2}" || [ -s "$build_dir/meson/meson-logs/testlog.json" ] ||
		grep -q 'No tests defined' "$cache/logs/unit.log"
	touch "$build_dir/meson/meson-logs/testlog.json"
}

report_unknown() {
	local name
	for name in "$@"; do
		contains "$name" "${found[@]}" || report fail "$name" "no test of that name"
	done
}
