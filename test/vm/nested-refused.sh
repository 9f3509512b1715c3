#!/bin/bash
# Where hardware, firmware or kernel lack something of what a program's own page table wants, the line says at which step, and the device
# works as ever. QEMU's SMMUv3 comes further than its VT-d, and not through.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

case $(uname -m) in
x86_64) said="its IOMMU is intel-iommu: so far only Arm's SMMUv3 is served" ;;
aarch64) said="the kernel lends no part of its SMMU: it has no S2FWB .SMMU_IDR3.FWB is 0., and then the firmware has to say CANWBS" ;;
esac
log=$work/nested.log
bind_vfio 01:00.0
status=0
"$programs/nested" -a 01:00.0 --iova-mode=va -m 256 -- try 0000:01:00.0 >"$log" 2>&1 || status=$?
[ "$status" = 2 ] || { show_log "$log"; fail "exit status $status"; }
expect_line "$log" "IOMMUFD: 0000:01:00.0: a program cannot own its page table, $said"
expect_line "$log" "nested: no table: "
check_nothing_pinned
check_no_faults
