#!/bin/bash
# dpdk-iommufd-info on a VF whose PF VFIO has: it is told as one, and that it may need a VF token; a probe without one says what the
# kernel wants.
# machine: --nic igb:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/info.sh"
need_iommufd

load_with vfio-pci enable_sriov=1
bind_vfio 01:00.0
echo 1 >"$(pci_device 01:00.0)/sriov_numvfs"
vf=$(basename "$(realpath "$(pci_device 01:00.0)/virtfn0")")
[ "$(driver_of "$vf")" = vfio-pci ] || bind_vfio "$vf"
golden pf 01:00.0 -- 'devices.0.is_vf=false' 'devices.0.takes_vf_token=true' 'devices.0.start.verdict="would-try"'
golden vf --doctor "$vf" -- 'devices.0.is_vf=true' 'devices.0.takes_vf_token=true' 'devices.0.start.verdict="would-try"' \
	'devices.0.start.backend="iommufd"' 'doctor.found=[]' 'doctor.hints.0~--vfio-vf-token'
golden probed --probe "$vf" -- 'devices.0.probe.opened=false' 'devices.0.probe.backend=null' 'devices.0.probe.reason~VF token'
