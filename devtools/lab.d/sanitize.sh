# Unit programs built with sanitizers, as a part of `test`: AddressSanitizer with UndefinedBehaviorSanitizer, and ThreadSanitizer.
# It must not know what the programs test.
# shellcheck shell=bash

sanitizers=("address,undefined" "thread")
sanitize_seconds=120 # about, with a build from nothing for both
# Objects that are loaded have undefined symbols: the sanitizer's, which the program has.
sanitize_meson_options=(--prefix=/usr --buildtype=debugoptimized -Dsvanic=enabled -Db_lundef=false)

queue_sanitize_tests() { # NAME...
	local tests=() which
	for which in "${sanitizers[@]}"; do tests+=("$(sanitizer_test "$which")"); done
	! is_wanted "${tests[@]}" -- "$@" || add_item_that_waits root-fuzz "$sanitize_seconds" sanitize
}

run_sanitize_item() { # WORKER
	local which started
	doing "$1" "sanitizers"
	ensure_root fuzz
	open_root "$root" "$sources/tree"
	for which in "${sanitizers[@]}"; do
		started=$(now)
		build_dir=$cache/build-${which//,/-}-$({ root_id "$root"; echo "$sources" "${sanitize_meson_options[@]}"; } | key_of)
		with_lock "$(basename "$build_dir")" build_sanitized "$which"
		note_time sanitizers prepare "$(since "$started")"
		run_as_test sanitize "$(sanitizer_test "$which")" "last line" run_sanitized
	done
}

end_sanitize_item() {
	local which
	for which in "${sanitizers[@]}"; do report_without_result sanitize "$(sanitizer_test "$which")"; done
}

sanitizer_test() { echo "sanitize-${1//,/-}"; } # SANITIZERS

build_sanitized() { # SANITIZERS
	remove_stale_builds "${1//,/-}"
	mkdir -p "$build_dir"
	echo "$sources" >"$build_dir/source"
	with_progress "building the unit programs with -fsanitize=$1" "$cache/logs/sanitize-${1//,/-}.log" ninja_sanitized "$1" "$(inside "$build_dir")/meson"
}

ninja_sanitized() { # SANITIZERS BUILD-DIRECTORY
	if [ ! -f "$build_dir/meson/build.ninja" ]; then
		rm -rf "$build_dir/meson"
		in_build_root "$root" env CC=clang meson setup "${sanitize_meson_options[@]}" "-Db_sanitize=$1" "$2" /src
	fi
	in_build_root "$root" ninja -C "$2" meson-test-prereq
}

# A report ends its program, or is its exit status. The last line says how many programs there were.
run_sanitized() {
	in_build_root "$root" env UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 TSAN_OPTIONS=second_deadlock_stack=1 \
		meson test -C "$(inside "$build_dir")/meson" --suite unit --no-rebuild --quiet --print-errorlogs --timeout-multiplier 3 || return
	echo "$(grep -c '"result": "OK"' "$build_dir/meson/meson-logs/testlog.json") programs, no report"
}
