#!/bin/bash
# testpmd with --no-huge and sva=1 forwards without a hugepage and with no memory pinned in advance: of its 256 MiB no more is pinned
# than the rings before the first frame comes, and no more than what frames go through afterwards, however many they are.
# machine: --nic svanic:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

log=$work/testpmd.log
peer=$(basename "$(find "$(pci_device 02:00.0)/" -path '*/net/*' -prune)")
echo 1 >"/proc/sys/net/ipv6/conf/$peer/disable_ipv6" # the kernel sends nothing of its own
restore() { echo 0 >"/proc/sys/net/ipv6/conf/$peer/disable_ipv6"; }

status_kib() { awk -v name="$1:" '$1 == name { print $2 }' "/proc/${pid_of[$log]}/status"; } # NAME: from the process's status

# 2048 mbufs, none of which EAL lays across the end of a 4 KiB page, so that each has one; the rings, and what is mapped around their ends.
rings=512 working_set=$((2048 * 4 + 1024)) # KiB

bind_vfio 01:00.0
start_testpmd "$log" -a 01:00.0,sva=1 --iova-mode=va --no-huge -m 256 -- --forward-mode=io --port-topology=loop --total-num-mbufs=2048 \
	--stats-period 1
wait_for_line "$log" 'start packet forwarding' 90
wait_for_line "$log" 'NIC statistics' 30
expect_backend "$log" iommufd
at_start=$(status_kib VmPin)
[ "$at_start" -le "$rings" ] || fail "$at_start KiB are pinned before the first frame"

echo_frames 02:00.0 4000
warm=$(status_kib VmPin)
echo_frames 02:00.0 4000 --seed 2
still=$(status_kib VmPin)
hugepages=$(status_kib HugetlbPages)
echo "VmPin: $at_start KiB before the first frame, $warm after 4000, $still after 8000; hugepages: $hugepages KiB"
[ "$warm" -gt "$at_start" ] || fail "the frames' buffers are not pinned: VmPin tells nothing here"
[ "$warm" -le "$working_set" ] || fail "$warm KiB are pinned, and frames use $working_set at most"
[ "$still" = "$warm" ] || fail "VmPin went from $warm to $still KiB after the warm-up"
[ "$hugepages" = 0 ] || fail "$hugepages KiB of hugepages are in use"
stop_testpmd "$log" || fail "testpmd ended with status $?"
check_no_faults
check_nothing_pinned
