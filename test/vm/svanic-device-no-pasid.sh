#!/bin/bash
# A model of svanic behind an IOMMU without PASIDs: it does not use what the host has not enabled.
# machine: --nic svanic:link=pair1 --nic virtio:link=pair1,kernel --iommu intremap=on
. "$(dirname "$0")/svanic.sh"

check_svanic 01:00.0 02:00.0 no-pasid
