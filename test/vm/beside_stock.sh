# What scripts share that do the same with DPDK's own code and with the library, and want the same result. Sourced after lib.sh and wire.sh.
# It must not know of any one behaviour of the library.
# shellcheck shell=bash

declare -gA pid_of # LOG -> process; functions.sh has begun it

# DPDK's tests that touch memory, processes and devices. pci_autotest is in none of these releases.
autotests=(memory_autotest memzone_autotest malloc_autotest external_mem_autotest mempool_autotest mbuf_autotest multiprocess_autotest)

# run_autotests BACKEND: a line for each test, its name and its result, in $work/BACKEND.results. By its input, because after a test of its
# command line that fails dpdk-test does not run the others. multiprocess_autotest takes descriptor 3 for the first that EAL opens.
run_autotests() {
	local log=$work/$1.log
	printf '%s\n' "${autotests[@]}" quit >"$work/tests"
	RTE_IOMMUFD=backend=$1 dpdk-test -a 01:00.0 --iova-mode=va --file-prefix=autotests <"$work/tests" >"$log" 2>&1 3<&- &
	pid_of[$log]=$!
	wait_for_end "$log" 120 || fail "$1: dpdk-test ended with status $?"
	expect_backend_line "$log" "$1" # multiprocess_autotest starts more processes
	plain_text "$log" | tr '\r' '\n' | awk '
		match($0, /RTE>>[a-z_]+_autotest$/) { name = substr($0, RSTART + 5) }
		/^Test (OK|Failed|Skipped)$/ && name { print name, $2; name = "" }' >"$work/$1.results"
	[ "$(wc -l <"$work/$1.results")" = ${#autotests[@]} ] || { cat "$work/$1.results"; fail "$1: not a result for each test"; }
}

compare_autotests() { # BACKEND...
	local backend
	need_command dpdk-test
	for backend in stock "$@"; do
		run_autotests "$backend"
		echo "$backend: $(xargs <"$work/$backend.results")"
		diff "$work/stock.results" "$work/$backend.results" || fail "$backend: another result than DPDK's own code"
	done
	! grep -v ' OK$' "$work/stock.results" || fail "these do not pass with DPDK's own code either: their comparison says nothing"
	check_no_faults
	check_nothing_pinned
}
