# The command `fuzz`: the fuzz targets of test/fuzz in a root that has clang. What they find is kept in the cache for the next time.
# It must not know what the targets test.
# shellcheck shell=bash

# make_fuzz_folder: the targets' folder is in $fuzz_folder then, one for each checkout's copy, and the root in $root.
make_fuzz_folder() {
	ensure_root fuzz
	fuzz_folder=$cache/fuzz-$({ root_id "$root"; echo "$sources"; } | key_of)
	mkdir -p "$fuzz_folder"
	open_root "$root" "$sources/tree"
}

run_fuzz_targets() { # ARGUMENT...
	with_lock "$(basename "$fuzz_folder")" in_build_root "$root" /src/test/fuzz/run --build "$(inside "$fuzz_folder")" "$@"
}

command_fuzz() {
	make_fuzz_folder
	run_fuzz_targets "$@"
}

# --- as a part of `test` ----------------------------------------------------------------------------------------------------------

mapfile -t fuzz_targets < <(find "$checkout/test/fuzz" -name 'fuzz_*.c' -printf '%f\n' | sed 's/^fuzz_//; s/\.c$//' | sort)
fuzz_seconds=10 # for each target, on what was kept and from there on

queue_fuzz_tests() { # NAME...
	! is_wanted "${fuzz_targets[@]/#/fuzz-}" -- "$@" || add_item "$((fuzz_seconds * ${#fuzz_targets[@]} + 30))" fuzz
}

run_fuzz_item() { # WORKER
	local target started
	doing "$1" "fuzz targets"
	started=$(now)
	make_fuzz_folder
	note_time fuzz prepare "$(since "$started")"
	for target in "${fuzz_targets[@]}"; do
		run_as_test fuzz "fuzz-$target" "last line" run_fuzz_targets --seconds "$fuzz_seconds" "$target"
	done
}

end_fuzz_item() { report_without_result fuzz "${fuzz_targets[@]/#/fuzz-}"; }
