# The guides and the reference of the functions, made from doc/ and the public headers: the command `guides`, and the tests of that name.
# It must not know what they say.
# shellcheck shell=bash

guides_seconds=40 # about
guides_tests=(pages reference sentences commands measured named-tests perf-report browser)

command_guides() { # [FOLDER]
	local to=${1:-$checkout/build/guides} part
	ensure_root guides
	for part in pages reference; do "make_$part" "$run_dir/guides"; done
	mkdir -p "$to"
	cp -a "$run_dir/guides/." "$to/"
	say "the guides: $to/guides/index.html; the functions: $to/api/index.html"
}

queue_guides_tests() { # NAME...
	! is_wanted "${guides_tests[@]/#/guides-}" -- "$@" || add_item_that_waits root-guides "$guides_seconds" guides
}

# Each part's warnings are its failure.
run_guides_item() { # WORKER
	local part started
	doing "$1" "guides"
	started=$(now)
	ensure_root guides
	note_time guides prepare "$(since "$started")"
	for part in "${guides_tests[@]}"; do
		run_as_test guides "guides-$part" "" "make_${part//-/_}" "$run_dir/guides"
	done
}

end_guides_item() { report_without_result guides "${guides_tests[@]/#/guides-}"; }

# Also of links that lead nowhere within the pages.
make_pages() { # FOLDER
	mkdir -p "$1"
	in_root "$root" sphinx-build -q -W --keep-going -b html -d /tmp/doctrees -c /src/doc /src/doc "/run/lab/$(basename "$1")"
}

make_reference() { # FOLDER
	mkdir -p "$1"
	in_root "$root" sh -c "cd /src && OUTPUT=/run/lab/$(basename "$1") doxygen doc/Doxyfile"
}

# What is said of a refusal, by the library, the plugin, its loader and the library of shared virtual addressing, is in the guide on
# troubleshooting. The help of telemetry's commands is not said of a refusal.
make_sentences() {
	in_root "$root" sh -c 'cd /src && ls lib/eal_iommufd/explain/*.c drivers/plugin_loader/*.c drivers/bus/pci_iommufd/*.c lib/iommufd_sva/*.c |
		grep -v _telemetry.c | xargs python3 test/guides/said.py doc/guides/troubleshooting.md'
}

make_commands() { in_root "$root" python3 /src/test/guides/commands.py /src; }

make_measured() { in_root "$root" sh -c "python3 /src/test/guides/measured.py /src && python3 /src/devtools/measured --check"; }

make_named_tests() { in_root "$root" python3 /src/test/guides/named_tests.py /src /src/doc/security.md; }

make_perf_report() { in_root "$root" python3 /src/test/guides/perf_report.py /src; }

# A browser is larger than what the guides are made with, so it has a root of its own.
make_browser() {
	local root=$root
	in_root "$root" python3 /src/test/guides/browser.py make /src /run/lab/browser
	ensure_root browser
	in_root "$root" python3 /src/test/guides/browser.py show /run/lab/browser
}
