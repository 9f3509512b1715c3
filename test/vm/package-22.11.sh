#!/bin/bash
# The Debian packages built for DPDK 22.11: installed, the main job, purged, and DPDK as it was.
# machine: --dpdk 22.11 --install packages --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
# drivers: all
# deadline: 240
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/packages.sh"

install_forward_purge
check_no_faults
