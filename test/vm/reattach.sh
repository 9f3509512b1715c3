#!/bin/bash
# A NIC is taken out of a running testpmd and put back in, on each backend: what was mapped is there again for it.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0
reattach_on_all_backends
check_no_faults
