#!/bin/bash
# A librte_eal that calls its own functions directly (-Bsymbolic-functions): the PCI bus's calls get to the plugin all the same, frames
# go through by each backend and in a secondary process, and one line tells what else is open.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/direct_calls.sh"

bind_vfio 01:00.0
forward_with_direct_calls iommufd type1 stock
