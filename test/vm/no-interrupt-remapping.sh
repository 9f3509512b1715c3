#!/bin/bash
# A machine that does not remap interrupts: what the administrator has allowed, for IOMMUFD or for legacy containers, decides which
# backend a device gets, and where neither is allowed one line names both parameters.
# machine: --iommu intremap=off --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

iommufd_switch=/sys/module/iommufd/parameters/allow_unsafe_interrupts
type1_switch=/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts
modprobe vfio_iommu_type1
modprobe iommufd
bind_vfio 01:00.0
restore() { allow N N; }
allow() { # IOMMUFD TYPE1
	echo "$1" >$iommufd_switch
	echo "$2" >$type1_switch
}
arguments=(-a 01:00.0 --iova-mode=va -- --forward-mode=io --port-topology=loop --total-num-mbufs=2048 --stats-period 1)

forwards() { # BACKEND REASON
	local log=$work/$1.log
	start_testpmd "$log" "${arguments[@]}"
	wait_for_line "$log" 'start packet forwarding' 90
	grep IOMMUFD: "$log"
	expect_backend "$log" "$1"
	expect_line "$log" "IOMMUFD: 0000:01:00.0: backend $1: $2"
	echo_frames 02:00.0 50
	stop_testpmd "$log" || fail "testpmd ended with status $?"
	check_nothing_pinned
}

refused() { # NAME REGEX
	local log=$work/$1.log
	start_testpmd "$log" "${arguments[@]}"
	wait_for_line "$log" 'Requested device 0000:01:00.0 cannot be used' 90
	stop_testpmd "$log" || true
	grep IOMMUFD: "$log"
	expect_line "$log" "IOMMUFD: 0000:01:00.0: $2"
	expect_line "$log" IOMMUFD:
	check_nothing_pinned
}

echo "== neither is allowed"
allow N N
refused neither 'neither IOMMUFD nor legacy containers can be used: .*allow_unsafe_interrupts=1 of the module iommufd.*allow_unsafe_interrupts=1 of the module vfio_iommu_type1'

echo "== legacy containers"
allow N Y
forwards type1v2 'this machine does not remap interrupts.*iommufd.*vfio_iommu_type1'

echo "== IOMMUFD"
allow Y N
forwards iommufd 'the kernel and the device have it'

echo "== asked for IOMMUFD, allowed for legacy containers"
allow N Y
export RTE_IOMMUFD=backend=iommufd
refused asked-for 'this machine does not remap interrupts'
