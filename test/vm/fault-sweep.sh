#!/bin/bash
# A program's life with a NIC, with one failing call each time: malloc(), open(), mmap(), ioctl(), pthread_create() and others that our
# libraries make. It ends in one line of ours or goes on, the step that failed succeeds when it is tried again, and nothing is left. In the
# suite some of the first three calls at a place, others each day; with FAULT_STEP=1 in the environment all of them, with FAULT_CALLS=N the first
# N and not three, and with FAULT_START=N those of day N of the year: doc/security.md has the counts.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
# deadline: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

start=${FAULT_START:-$(date +%-j)}
bind_vfio 01:00.0
for backend in iommufd type1; do
	echo "== $backend, day $start"
	RTE_IOMMUFD=backend=$backend "$programs/fault_life" -a 01:00.0 --iova-mode=va --in-memory -m 16 --no-telemetry \
		--log-level='*iommufd*:error' -- 0000:01:00.0 "${FAULT_STEP:-40}" "$start" "${FAULT_CALLS:-3}" || fail "a failing call does harm: see above"
	check_nothing_pinned
done

# Of a secondary process, whose requests to the primary and their answers fail as well.
for backend in iommufd type1; do
	echo "== secondary, $backend, day $start"
	export RTE_IOMMUFD=backend=$backend
	primary=$work/primary-$backend.log
	start_program "$primary" "$programs/secondary_maps" -a 01:00.0 --iova-mode=va -m 16 -- primary
	wait_for_line "$primary" 'maps: ready' 60
	"$programs/fault_life" --proc-type=secondary -a 01:00.0 --iova-mode=va --no-telemetry \
		--log-level='*iommufd*:error' -- 0000:01:00.0 "${FAULT_STEP:-20}" "$start" "${FAULT_CALLS:-3}" || fail "a failing call does harm: see above"
	expect_no_line "$primary" 'IOMMUFD: .*(cannot|does not)'
	stop_program "$primary" || fail "the primary ended with status $?"
	check_nothing_pinned
done
check_no_faults
