#!/bin/bash
# sva=1 where something is missing: one line names it, there is no port, and nothing falls back to plain addresses. So it is with
# arguments that are not understood, and with a NIC whose driver ignores sva=1: its address space would be empty, and its DMA would fail.
# machine: --nic svanic:pri=off --nic e1000e
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/refused.sh"

bind_vfio 01:00.0 02:00.0
refuse requests 01:00.0,sva=1 '[Pp]age request|PRI'
refuse type1 01:00.0,sva=1 '01:00.0: .*(IOMMUFD backend|page requests|backend=iommufd)' type1
refuse number 01:00.0,sva=3 'sva=3 is not understood: sva takes 0 or 1'
refuse alone 01:00.0,pasid=queue 'pasid has a meaning only with sva=1'
refuse ignored 02:00.0,sva=1 '0000:02:00.0: cannot use PASIDs, the device has no PASID capability'
refuse ignored-type1 02:00.0,sva=1 '0000:02:00.0: backend type1(v2)? has no PASIDs: they need RTE_IOMMUFD=backend=iommufd' type1
check_no_faults
