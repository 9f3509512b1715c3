# The command `perf`: runs test/perf/SUITE.sh in the guest; what each writes to /lab/SUITE.json becomes one JSON object by suite.
# It must not know what is measured.
# shellcheck shell=bash

. "$lab_dir/lab.d/scripts.sh"

command_perf() {
	local json="" suites=() names=()
	while [ $# -gt 0 ]; do
		case $1 in
		--json) [ $# -ge 2 ] || die "--json wants a file"; json=$2; shift 2 ;;
		-*) die "unknown: $1; $machine_usage" ;;
		*) suites+=("$1"); shift ;;
		esac
	done
	mapfile -t names < <(scripts_named test/perf "${suites[@]}")
	[ ${#names[@]} -gt 0 ] || die "no such benchmark; there are: $(scripts_named test/perf | xargs)"
	run_scripts test/perf "${names[@]}"
	all_results "${names[@]}" >"$run_dir/perf.json"
	if [ "$json" ]; then cp "$run_dir/perf.json" "$json"; else cat "$run_dir/perf.json"; fi
	[ "$failed" = 0 ]
}

all_results() {
	local name separator="{"
	for name in "$@"; do
		[ -s "$share/$name.json" ] || continue
		printf '%s\n"%s": %s' "$separator" "$name" "$(cat "$share/$name.json")"
		separator=,
	done
	[ "$separator" = , ] || printf '{'
	printf '\n}\n'
}
