# What scripts share that run testpmd in namespaces of its own, by the recipe of doc/containers.md. Sourced after wire.sh.
# It must not know which nodes the container has.
# shellcheck shell=bash

for space in mnt pid net ipc uts; do
	[ -e /proc/self/ns/$space ] || skip "this kernel has no $space namespaces"
done

in_namespaces=/src/examples/containers/namespaces.sh
testpmd=(dpdk-testpmd -a 01:00.0 -m 64)
forwarding=(-- --no-mlockall --forward-mode=io --total-num-mbufs=2048 --stats-period 1)

node_of() { echo /dev/vfio/devices/*"$(ls "$(pci_device "$1")/vfio-dev")"; } # BDF

# start_container NAME OPTIONS...: testpmd, with a limit on locked memory
start_container() {
	local log=$work/$1.log
	shift
	echo "== $(basename "$log" .log): $*"
	start_program "$log" limited "$in_namespaces" "$@" -- "${testpmd[@]}" "${forwarding[@]}"
}

limited() {
	ulimit -l 131072
	exec "$@"
}

# The first of the processes in the namespaces: what unshare has started.
process_of() { pgrep -P "${pid_of[$work/$1.log]}"; } # NAME

# Process 1 of its namespace, in which it can see itself only, and without any right.
check_contained() { # NAME
	local pid space set
	pid=$(process_of "$1")
	for space in mnt pid net ipc uts; do
		[ "$(readlink "/proc/$pid/ns/$space")" != "$(readlink /proc/self/ns/$space)" ] || fail "it has the $space namespace of all"
	done
	grep -qE '^NSpid:.*	1$' "/proc/$pid/status" || fail "it is not process 1"
	grep -qE '^Uid:	65534	65534	65534	65534$' "/proc/$pid/status" || fail "it is another user"
	for set in CapPrm CapEff CapBnd CapAmb; do
		grep -q "^$set:	0000000000000000$" "/proc/$pid/status" || fail "it has capabilities"
	done
	(cd "/proc/$pid/root/dev" && find . -type c -printf '%p ' | sed 's,\./\(null\|zero\|full\|random\|urandom\) ,,g')
}

forwards_in_container() { # NAME BACKEND
	local log=$work/$1.log
	wait_for_line "$log" 'start packet forwarding' 90
	expect_backend "$log" "$2"
	grep IOMMUFD: "$log"
	expect_line "$log" IOMMUFD:
	echo_frames 02:00.0 100
}

end_container() { # NAME
	local log=$work/$1.log
	kill -INT "$(process_of "$1")"
	wait_for_end "$log" 60 || fail "testpmd ended with status $?"
	check_nothing_pinned
}

# refused_in_container NAME REGEX OPTIONS...: there is no port, and its one line matches.
refused_in_container() {
	local log=$work/$1.log regex=$2
	echo "== $1: ${*:3}"
	start_program "$log" limited "$in_namespaces" "${@:3}" -- "$programs/port" -a 01:00.0 -m 16 -- orders
	wait_for_end "$log" 60 && fail "the program has ended without an error" || true
	grep IOMMUFD: "$log"
	expect_line "$log" 'port: FAILED: there is a port'
	expect_line "$log" "IOMMUFD: 0000:01:00.0: .*$regex"
	expect_line "$log" IOMMUFD:
	check_nothing_pinned
}
