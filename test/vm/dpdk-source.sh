#!/bin/bash
# The main job on a DPDK that the lab has built from a folder: by each backend, in a secondary process, and with the NIC taken out and put in
# again.
# machine: --dpdk source --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

echo "DPDK $(pkg-config --modversion libdpdk)"
bind_vfio 01:00.0
forward_on_all_backends
check_telemetry_of_testpmd iommufd 'the kernel and the device have it'
reattach_on_all_backends
check_no_faults
