#!/bin/bash
# Linux 6.12 behind an IOMMU that translates by first-stage page tables only: IOMMUFD can make none for it and refuses at the attachment,
# legacy containers work. So the process is on a legacy container, and the line says why.
# machine: --kernel iommufd-6.12 --iommu intel --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/info.sh"

log=$work/testpmd.log
bind_vfio 01:00.0
# Without a trial nothing shows that the kernel will refuse.
golden first-stage --probe 01:00.0 -- 'devices.0.start.verdict="would-try"' 'devices.0.start.backend="iommufd"' \
	'devices.0.probe.opened=true' 'devices.0.probe.backend="type1v2"'
start_testpmd "$log" -a 01:00.0 --iova-mode=va -- --forward-mode=io --port-topology=loop --total-num-mbufs=2048 --stats-period 1
wait_for_line "$log" 'start packet forwarding' 90
grep IOMMUFD: "$log"
expect_backend "$log" type1v2
expect_line "$log" 'IOMMUFD: 0000:01:00.0: backend type1v2: cannot attach, .*the kernel may not drive this IOMMU for user space'
echo_frames 02:00.0 50
stop_testpmd "$log" || fail "testpmd ended with status $?"
check_nothing_pinned
