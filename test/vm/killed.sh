#!/bin/bash
# Programs are killed outright while frames flow. A primary: nothing stays pinned, and the next one starts at once, fifty times. A
# secondary: neither its primary nor the next secondary notices. A primary that leaves its device with a secondary: whoever wants the
# device then is told who has it.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
# deadline: 400
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0

start_primary() { # LOG [PROGRAM]
	start_program "$1" "$programs/${2:-echo}" -a 01:00.0 --iova-mode=va -m 16 -- plain
	wait_for_line "$1" 'echo: ready' 60
}

start_secondary() { # LOG
	start_program "$1" "$programs/echo" --proc-type=secondary -a 01:00.0 --iova-mode=va -- idle
	wait_for_line "$1" 'echo: idle' 60
}

kill_outright() { stop_program "$1" KILL 2>/dev/null || true; } # LOG

echo "== primaries"
start_flow 02:00.0
# Linked statically, because it starts several times as fast; what the kernel has to clean up is the same.
log=$work/primary.log
for ((turn = 1; turn <= 50; turn++)); do
	export RTE_IOMMUFD=backend=iommufd
	((turn % 4 != 0)) || RTE_IOMMUFD=backend=type1 # one of four, for comparison
	start_primary "$log" echo-static
	wait_for_line "$log" "backend ${RTE_IOMMUFD#backend=}(v2)?: " 1
	wait_for_flow
	[ "$(pinned_pages)" -gt 0 ] || fail "nothing is pinned while the program runs: this check would not see a leak"
	kill_outright "$log"
	check_nothing_pinned
done

# A primary of its own, because EAL lets nobody start under the name of a secondary process that is still there.
expect_told_of() { # LOG-OF-HOLDER
	local log=$work/refused-$backend.log
	start_program "$log" "$programs/echo" -a 01:00.0 --iova-mode=va -m 16 --file-prefix=other -- plain
	wait_for_end "$log" 60 && fail "it started with a device that another process has"
	grep IOMMUFD: "$log"
	expect_line "$log" "IOMMUFD: 0000:01:00.0: .*\\(held by process ${pid_of[$1]}, echo\\): .*end (that|the other) program"
	expect_line "$log" 'IOMMUFD: 0000:01:00.0: [^b]'
}

for backend in iommufd type1; do
	export RTE_IOMMUFD=backend=$backend
	echo "== secondaries, $backend"
	primary=$work/primary-$backend.log
	start_primary "$primary"
	for ((turn = 1; turn <= 2; turn++)); do
		secondary=$work/secondary-$backend-$turn.log
		start_secondary "$secondary"
		wait_for_flow
		kill_outright "$secondary"
		wait_for_flow
	done
	expect_line "$primary" IOMMUFD: # and no complaint

	echo "== the primary of a secondary, $backend"
	secondary=$work/orphan-$backend.log
	start_secondary "$secondary"
	kill_outright "$primary"
	expect_told_of "$secondary"
	kill_outright "$secondary"
	check_nothing_pinned
	start_primary "$work/next-$backend.log"
	wait_for_flow
	[ "$backend" != type1 ] || stop_flow
	stop_program "$work/next-$backend.log" || fail "the program ended with status $?"
	check_nothing_pinned
done
check_no_faults
