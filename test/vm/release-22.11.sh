#!/bin/bash
# The main job on DPDK 22.11.
# machine: --dpdk 22.11 --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
# drivers: all
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0
forward_on_all_backends
check_telemetry_of_testpmd iommufd 'the kernel and the device have it'
check_no_faults
