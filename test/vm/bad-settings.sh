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
