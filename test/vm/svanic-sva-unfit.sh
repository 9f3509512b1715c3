#!/bin/bash
# sva=1 on a machine whose IOMMU does not translate by PASID, and with a svanic without PASIDs: the line names what is missing, and there is
# no port.
# machine: --nic svanic --nic svanic:pasid=off --iommu intremap=on,scalable-mode=on,fsts=on,device-iotlb=on
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/refused.sh"

bind_vfio 01:00.0 02:00.0
refuse iommu 01:00.0,sva=1 '0000:01:00.0: cannot use PASIDs, the device has the capability, but its IOMMU does not translate by PASID'
refuse device 02:00.0,sva=1 '0000:02:00.0: cannot use PASIDs, the device has no PASID capability'
check_no_faults
