#!/bin/bash
# Settings that are not understood end in one line that names the wrong part and what is allowed, and the device is not used in
# some other way.
# machine: --nic e1000e --nic e1000e --hugepages 600
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0

refused() { # SETTINGS REGEX
	local log=$work/refused.log
	echo "== RTE_IOMMUFD=$1"
	RTE_IOMMUFD=$1 dpdk-testpmd -a 01:00.0 --iova-mode=va -- --total-num-mbufs=2048 >"$log" 2>&1 </dev/null || true
	grep IOMMUFD "$log"
	expect_line "$log" "RTE_IOMMUFD: $2"
	expect_line "$log" 'IOMMUFD:'
	expect_line "$log" 'Requested device 0000:01:00.0 cannot be used'
	expect_no_line "$log" 'Using IOMMU type'
}

refused 'backnd=iommufd' 'unknown key "backnd"; the keys are backend, ioas, map, threads'
refused 'backend=vfio' 'backend=vfio is unknown; the values of backend are auto, iommufd, type1, noiommu, stock'
refused 'map=' 'map= is unknown; the values of map are auto, file, va'
refused 'backend' 'backend= is unknown'
refused 'backend=auto,backend=stock' 'the key "backend" is given more than once'
refused '=auto' 'unknown key ""'

echo "== in the environment of a program with more rights than its user"
log=$work/setuid.log
program=/run/refusals
restore() { rm -rf $program /run/no-devices; }
install -m 4755 "$programs/refusals" $program
as_user() { setpriv --reuid=1000 --regid=1000 --clear-groups "$@"; }
RTE_IOMMUFD=backend=vfio "$programs/refusals" twice - "$(pci_device 01:00.0)" >"$log" 2>&1 && fail "the variable does not count"
expect_line "$log" 'RTE_IOMMUFD: backend=vfio is unknown'
RTE_IOMMUFD=backend=vfio as_user $program twice - "$(pci_device 01:00.0)" >"$log" 2>&1 || fail "the variable counts"
expect_line "$log" 'refusals: the second time: '
expect_no_line "$log" 'RTE_IOMMUFD: '
