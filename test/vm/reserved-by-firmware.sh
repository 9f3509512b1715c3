#!/bin/bash
# Firmware that reserves memory for a NIC (an RMRR): Linux lets no program have such a device, neither by IOMMUFD nor by a legacy container.
# The refusal is one line, which names the reservation and nothing else; DPDK's own code is refused as well.
# machine: --nic e1000e --reserve 7ffe0000-7fffffff
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/info.sh"

bind_vfio 01:00.0
regions=$(pci_device 01:00.0)/iommu_group/reserved_regions
grep -q ' direct$' "$regions" || { cat "$regions"; fail "the kernel has not taken the table"; }

golden reserved --doctor 01:00.0 -- 'devices.0.start.verdict="would-fail"' 'doctor.found=["reserved-memory"]' \
	'devices.0.reserved.0.type="direct"'

for backend in auto iommufd type1 stock; do
	echo "== $backend"
	log=$work/$backend.log
	RTE_IOMMUFD=backend=$backend dpdk-testpmd --no-telemetry --iova-mode=va -a 01:00.0 -- --total-num-mbufs=2048 \
		</dev/null >"$log" 2>&1 || true # without a port it ends by itself, and not always with an error
	grep -q 'No probed ethernet devices' "$log" || { cat "$log"; fail "the device was taken"; }
	grep -E 'IOMMUFD:|VFIO|No probed' "$log" || true
	[ "$backend" = stock ] && continue
	[ "$(grep -c 'the firmware reserves memory for this device' "$log")" = 1 ] || { cat "$log"; fail "not one line that names the firmware"; }
	grep -qF '(0x7ffe0000-0x7fffffff: type direct in ' "$log" || { cat "$log"; fail "another reservation"; }
	! grep -qE 'already opened|in use' "$log" || { cat "$log"; fail "a cause that is none"; }
done
