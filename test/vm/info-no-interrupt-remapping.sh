#!/bin/bash
# dpdk-iommufd-info on a machine that does not remap interrupts: it foresees what the kernel refuses, which backend the administrator's
# permission leads to, and a probe agrees each time.
# machine: --iommu intremap=off --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/info.sh"

iommufd_switch=/sys/module/iommufd/parameters/allow_unsafe_interrupts
type1_switch=/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts
modprobe vfio_iommu_type1
modprobe iommufd
need_iommufd
bind_vfio 01:00.0
restore() {
	echo N >$iommufd_switch
	echo N >$type1_switch
}

golden refused --doctor 01:00.0 -- 'host.iommu.interrupt_remapping="off"' 'host.iommu.allow_unsafe_interrupts.iommufd="off"' \
	'devices.0.start.verdict="would-fail"' 'devices.0.start.reason~does not remap interrupts' 'doctor.found=["unsafe-interrupts"]' \
	'doctor.commands=[]'
RTE_IOMMUFD=backend=iommufd dpdk-testpmd -a 01:00.0 --iova-mode=va --no-huge -m 64 -- --total-num-mbufs=2048 >"$work/refused.log" 2>&1 </dev/null || true
expect_line "$work/refused.log" 'IOMMUFD: 0000:01:00.0: this machine does not remap interrupts'
echo Y >$type1_switch
golden type1 --probe 01:00.0 -- 'devices.0.start.backend="type1v2"' 'devices.0.start.reason~does not remap interrupts' \
	'devices.0.probe.opened=true' 'devices.0.probe.backend="type1v2"'
echo Y >$iommufd_switch
golden iommufd --probe 01:00.0 -- 'devices.0.start.backend="iommufd"' 'devices.0.probe.opened=true' 'devices.0.probe.backend="iommufd"'
