#!/bin/bash
# An allocation of the kernel's fails in a call of ours, in the life of a program with a NIC and in testpmd's: start, growth of memory, traffic, the NIC
# taken out and put in again, stop. Each step ends in one line or goes on, nothing is left in the program or in the kernel, and the next start
# works. In the suite one or two calls, in one of the programs on one backend, others each day, and all allocations in them; with FAULT_STEP=1 in
# the environment of the guest the first call at every place, with FAULT_CALLS=N the first N, with FAULT_START=N those of day N of the year:
# doc/security.md has the counts.
# machine: --kernel mock --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
# deadline: 3600
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/churn.sh"

[ -e /proc/self/fail-nth ] || skip "this kernel does not make allocations fail (CONFIG_FAULT_INJECTION)"

# What the interpreter of ACPI's tables allocates is left out, which opening a PCI device comes to for its interrupt: some calls after a failure in
# there Linux 7.3 panicked, over an object that was no longer one (acpi_ut_update_object_reference()). It is between these functions.
interpreter=$(awk '$3 ~ /^acpi_ds_/ && !first { first = $1 } $3 ~ /^acpi_ut_/ { last = $1 } END { print "0x" first, "0x" last }' /proc/kallsyms)

# All else can fail: what may wait for memory as well, and single pages. Of their own accord these fail nothing. The kernel's log has the stack of
# each failure: not on the slow console.
dmesg -n 1
for kind in failslab fail_page_alloc fail_iommufd; do
	knobs=/sys/kernel/debug/$kind
	echo "${interpreter% *}" >"$knobs/reject-start"
	echo "${interpreter#* }" >"$knobs/reject-end"
	[ ! -e "$knobs/ignore-gfp-wait" ] || echo N >"$knobs/ignore-gfp-wait"
done
echo 0 >/sys/kernel/debug/fail_page_alloc/min-order

failed=0 start=${FAULT_START:-$(date +%-j)} step=${FAULT_STEP:-40}
backends=(iommufd type1) sweeps=(sweep_program sweep_testpmd)
[ "$step" = 1 ] || backends=("${backends[start % 2]}") sweeps=("${sweeps[start / 2 % 2]}")

sweep_program() {
	"$programs/fault_life" -a 01:00.0 --iova-mode=va --in-memory -m 16 --no-telemetry --log-level='*iommufd*:error' -- \
		0000:01:00.0 "$step" $((start / 4)) "${FAULT_CALLS:-1}" kernel
}

sweep_testpmd() { python3 /src/test/vm/fault_testpmd.py "$programs" 01:00.0 "$step" $((start / 4)) "${FAULT_CALLS:-1}" kernel; }

bind_vfio 01:00.0
note_before
for backend in "${backends[@]}"; do
	export RTE_IOMMUFD=backend=$backend
	for sweep in "${sweeps[@]}"; do
		echo "== $sweep, $backend, day $start"
		"$sweep" || failed=1
		check_nothing_left
	done
done
complaints=$(dmesg_complaints)
[ -z "$complaints" ] || fail "the kernel complains: $complaints"
[ "$failed" = 0 ] || fail "a failing allocation does harm: see above"
