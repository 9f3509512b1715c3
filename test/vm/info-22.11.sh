#!/bin/bash
# dpdk-iommufd-info with DPDK 22.11: this release's plugin folder, and a NIC for IOMMUFD.
# machine: --dpdk 22.11 --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/info.sh"

bind_vfio 01:00.0
golden release --probe 01:00.0 -- 'host.plugin.state="loads"' 'host.plugin.dpdk~22.11.' 'devices.0.start.backend="iommufd"' \
	'devices.0.probe.backend="iommufd"' 'devices.0.map_file=true'
nothing_left 01:00.0
