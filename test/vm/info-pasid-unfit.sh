#!/bin/bash
# dpdk-iommufd-info tells a NIC with PASIDs whose IOMMU has none: the capability is there, and its width is 0.
# machine: --nic svanic --nic svanic:pasid=off --iommu intremap=on,scalable-mode=on,fsts=on,device-iotlb=on
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/info.sh"
need_iommufd

bind_vfio 01:00.0 02:00.0
golden both --probe 01:00.0 02:00.0 -- 'devices.0.pasid=true' 'devices.0.pasid_bits=0' 'devices.1.pasid=false' 'devices.1.pasid_bits=0'
