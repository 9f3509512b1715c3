#!/bin/bash
# DPDK's own tests of memory and processes, of DPDK 25.11, as in autotests.
# machine: --dpdk 25.11 --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/beside_stock.sh"

bind_vfio 01:00.0
compare_autotests iommufd
