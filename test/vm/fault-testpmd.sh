#!/bin/bash
# testpmd's life with the plugin, with one failing call of ours each time: start, growth of memory, traffic, its NIC taken out and put in again, a
# secondary process's requests, stop. Each step ends in one line of ours or goes on, nothing is left, and the next start works. In the suite few
# of the first three calls at a place, on one backend, others each day; with FAULT_STEP=1 in the environment of the guest all of them on both, with
# FAULT_CALLS=N the first N and not three, and with FAULT_START=N those of day N of the year: doc/security.md has the counts.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
# deadline: 3600
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/churn.sh"

failed=0 start=${FAULT_START:-$(date +%-j)} step=${FAULT_STEP:-52}
backends=(iommufd type1)
[ "$step" = 1 ] || backends=("${backends[start % 2]}")
bind_vfio 01:00.0
note_before
for backend in "${backends[@]}"; do
	echo "== $backend, day $start"
	RTE_IOMMUFD=backend=$backend python3 /src/test/vm/fault_testpmd.py "$programs" 01:00.0 "$step" $((start / 2)) "${FAULT_CALLS:-3}" ||
		failed=1
	check_nothing_left
done
[ "$failed" = 0 ] || fail "a failing call does harm: see above"
