#!/bin/bash
# dpdk-iommufd-info on a NIC that has PASIDs, ATS and page requests, behind an IOMMU that has them: root sees it, and a probe tells how
# wide the PASIDs are.
# machine: --nic svanic:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/info.sh"
need_iommufd

bind_vfio 01:00.0
golden svanic 01:00.0 -- 'devices.0.pasid=true' 'devices.0.ats=true' 'devices.0.page_requests=true' 'devices.0.start.backend="iommufd"'
golden probed --probe 01:00.0 -- 'devices.0.pasid_bits=20' 'devices.0.dirty_tracking=false' 'devices.0.probe.opened=true'
