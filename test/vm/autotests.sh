#!/bin/bash
# DPDK's own tests of memory and processes (dpdk-test), with a NIC: each has the same result on IOMMUFD and on legacy containers as with DPDK's
# own code, and none fails.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/beside_stock.sh"

bind_vfio 01:00.0
compare_autotests iommufd type1
