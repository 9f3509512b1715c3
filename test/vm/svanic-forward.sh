#!/bin/bash
# net_svanic carries frames both ways, byte for byte; EAL's memory is mapped for it as for any device.
# machine: --nic svanic:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0
forward_in_mode iommufd svanic
expect_no_line "$work/svanic.log" 'SVANIC: '
[ "$(rx_packets "$work/svanic.log")" -ge 200 ] || fail "the port has counted $(rx_packets "$work/svanic.log") packets"
check_no_faults
