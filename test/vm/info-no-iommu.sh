#!/bin/bash
# dpdk-iommufd-info on a machine without an IOMMU: it says so, and gives no command that takes safety away; with VFIO's unsafe mode on,
# it says what a start would take.
# machine: --iommu none --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/info.sh"

# Of a device tree it does not know whether an IOMMU is described there.
sentence='the kernel has no IOMMU in use'
[ ! -d /sys/firmware/acpi/tables ] || sentence+=', and the firmware describes none'
golden free --doctor 01:00.0 -- 'host.iommu.on=false' 'host.iommu.units=[]' 'host.iommu.firmware_table=null' 'devices.0.group=null' \
	'devices.0.iommu=null' 'devices.0.start.verdict="not-of-vfio"' 'doctor.found=["no-iommu"]' 'doctor.commands=[]' \
	"doctor.sentences.0~$sentence"
load_with vfio enable_unsafe_noiommu_mode=1
bind_vfio 01:00.0
golden unsafe 01:00.0 -- 'devices.0.without_iommu=true' 'devices.0.start.verdict="would-try"' 'devices.0.start.backend="noiommu"' \
	'devices.0.start.reason~UNSAFE'
golden probed --probe 01:00.0 -- 'devices.0.probe.opened=true' 'devices.0.probe.backend="noiommu"'
golden user 01:00.0 --user nobody -- 'devices.0.start.verdict="would-fail"'
