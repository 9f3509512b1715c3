#!/bin/bash
# As direct-eal, with DPDK 22.11's librte_eal.
# machine: --dpdk 22.11 --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/direct_calls.sh"

bind_vfio 01:00.0
forward_with_direct_calls iommufd type1
