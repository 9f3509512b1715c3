# The command `test`: queues what is asked for of each kind of tests, works it off, and says what became of it.
# It must not know what the kinds are.
# shellcheck shell=bash

. "$lab_dir/lab.d/results.sh"
. "$lab_dir/lab.d/queue.sh"

# A kind has a function queue_KIND_tests NAME..., which adds items for the tests of these names, or for all. The first word of an item is
# the X of run_X_item WORKER WORD..., which does it, and of end_X_item WORKER WORD..., which reports the tests that have no result then,
# whatever has ended it.
test_kinds=(unit mock vm matrix sanitize readme guides fuzz)
for part in unit scripts matrix sanitize readme guides fuzz; do
	# shellcheck source=/dev/null
	. "$lab_dir/lab.d/$part.sh"
done

test_arch=amd64 # the guests', by --arch

command_test() {
	local kind kinds=("${test_kinds[@]}") jobs="" repeat=1 junit="" matrix="" minutes="" slice="" names=() started=$SECONDS failed
	while [ $# -gt 0 ]; do
		case $1 in
		--matrix) matrix=1 ;;
		--slice) slice=1 ;;
		--arch)
			contains "${2:-}" amd64 arm64 || die "--arch wants amd64 or arm64"
			test_arch=$2
			shift
			;;
		--dpdk-source)
			[ $# -ge 2 ] || die "$1 wants a value; see: devtools/lab help"
			dpdk_source=$2
			check_dpdk_source "$dpdk_source"
			shift
			;;
		--jobs | --repeat | --junit | --minutes)
			[ $# -ge 2 ] || die "$1 wants a value; see: devtools/lab help"
			[ "$1" = --junit ] || [[ $2 =~ ^[1-9][0-9]{0,3}$ ]] || [ "$1 $2" = "--minutes 0" ] || die "$1 wants a number, not '$2'"
			printf -v "${1#--}" '%s' "$2"
			shift
			;;
		-*) die "unknown: $1; see: devtools/lab help" ;;
		*) if contains "$1" "${test_kinds[@]}"; then kinds=("$1"); else names+=("$1"); fi ;;
		esac
		shift
	done
	[ "$test_arch" = amd64 ] || [ "${kinds[*]}" = vm ] || { [ "$matrix" ] && [ -z "$slice" ]; } ||
		die "--arch arm64 is of the tests of a whole machine and of the whole matrix: devtools/lab test vm --arch arm64, devtools/lab test --matrix --arch arm64"
	[ "$matrix" ] || [ -z "$slice$minutes" ] || die "--slice and --minutes are of --matrix; see: devtools/lab help"
	[ -z "$junit" ] || { : >"$junit"; } 2>/dev/null || die "cannot write $junit"
	: "${jobs:=$(default_jobs)}"
	# shellcheck disable=SC2034 # the machine has it
	[ "$jobs" = 1 ] || tcg_threads=single
	start_results
	if [ "$matrix" ]; then
		queue_whole_matrix "$minutes" "$slice" "${names[@]}"
	else
		for kind in "${kinds[@]}"; do "queue_${kind}_tests" "${names[@]}"; done
	fi
	work_off "$jobs" do_item end_item
	if [ "$matrix" ]; then write_matrix; else report_unknown "${names[@]}"; fi
	[ "$test_arch" != amd64 ] || keep_times
	[ -z "$junit" ] || write_junit "$junit" $((SECONDS - started))
	show_times $((SECONDS - started)) "$jobs"
	failed=$(count_results fail)
	echo "$(count_results pass) passed, $failed failed, $(count_results skip) skipped"
	[ "$failed" = 0 ] && { [ -s "$results" ] || [ "$minutes" = 0 ]; }
}

# With --repeat, items of unit tests and of scripts repeat their tests themselves; the others are done so many times.
do_item() { # WORKER X WORD...
	local turn turns=$repeat
	! contains "$2" unit scripts || turns=1
	for ((turn = 0; turn < turns; turn++)); do "run_$2_item" "$1" "${@:3}"; done
}

end_item() { "end_$2_item" "$1" "${@:3}"; } # WORKER X WORD...

# is_wanted TEST... -- NAME...: whether one of the tests is named, which all are where no name is given.
is_wanted() {
	local tests=()
	while [ "$1" != -- ]; do tests+=("$1"); shift; done
	shift
	[ $# -gt 0 ] || return 0
	local name
	for name in "$@"; do
		! contains "$name" "${tests[@]}" || return 0
	done
	return 1
}

# A name may be that of a test of either kind, or of none.
report_unknown() {
	local name
	for name in "$@"; do
		has_result "$name" || report fail "${kinds[0]}" "$name" "" "no test of that name"
	done
}
