# The guides and the reference of the functions, made from doc/ and the public headers: the command `guides`, and the tests of that name.
# It must not know what they say.
# shellcheck shell=bash

guides_seconds=40 # about
guides_tests=(pages reference sentences named-tests perf-report)

command_guides() { # [FOLDER]
	local to=${1:-$checkout/build/guides} part
	ensure_root guides
	for part in pages reference; do "make_$part" "$run_dir/guides"; done
	mkdir -p "$to"
	cp -a "$run_dir/guides/." "$to/"
	say "the guides: $to/guides/index.html; the functions: $to/api/index.html"
}

queue_guides() { add_item "$guides_seconds" guides; }

# Each part's warnings are its failure.
run_guides_tests() { # WORKER
	local part started
	doing "$1" "guides"
	started=$(now)
	ensure_root guides
	note_time guides prepare "$(since "$started")"
	for part in "${guides_tests[@]}"; do
		run_as_test guides "guides-$part" "" "make_${part//-/_}" "$run_dir/guides"
	done
}

report_left_guides() { report_without_result guides "${guides_tests[@]/#/guides-}"; }

# Also of links that lead nowhere within the pages.
make_pages() { # FOLDER
	mkdir -p "$1"
	in_root "$root" sphinx-build -q -W --keep-going -b html -d /tmp/doctrees -c /src/doc /src/doc "/run/lab/$(basename "$1")"
}

make_reference() { # FOLDER
	mkdir -p "$1"
	in_root "$root" sh -c "cd /src && OUTPUT=/run/lab/$(basename "$1") doxygen doc/Doxyfile"
}

# What the library can say is in the guide on troubleshooting.
make_sentences() {
	in_root "$root" sh -c 'python3 /src/test/guides/said.py /src/doc/guides/troubleshooting.md /src/lib/eal_iommufd/explain/*.c'
}

make_named_tests() { in_root "$root" python3 /src/test/guides/named_tests.py /src /src/doc/security.md; }

make_perf_report() { in_root "$root" python3 /src/test/guides/perf_report.py /src; }
