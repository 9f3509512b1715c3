#!/bin/bash
# A running testpmd is told to attach a NIC that a driver of the kernel has, one that has no driver, and one that does not exist: each
# time the line that start-up has for such a device.
# machine: --nic e1000e --nic e1000e --hugepages 600
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0
give_to_kernel 02:00.0 e1000e
mkfifo "$work/commands"
log=$work/testpmd.log
say() { printf '%s\n' "$@" >&5; }

dpdk-testpmd -a 01:00.0 --iova-mode=va -- -i --total-num-mbufs=2048 <"$work/commands" >"$log" 2>&1 &
pid_of[$log]=$!
exec 5>"$work/commands"
say 'port attach 0000:02:00.0'
wait_for_line "$log" 'IOMMUFD: 0000:02:00.0: bound to e1000e, and no driver of DPDK has taken it so: .*"dpdk-devbind.py -b vfio-pci 0000:02:00.0"'
release_from_driver 02:00.0
say 'port attach 02:00.0'
wait_for_line "$log" 'IOMMUFD: 0000:02:00.0: not bound to any driver: run "dpdk-devbind.py -b vfio-pci 0000:02:00.0"'
say 'port attach 0000:77:00.0'
wait_for_line "$log" 'IOMMUFD: 0000:77:00.0: there is no such PCI device'
bind_vfio 02:00.0
say 'port attach 0000:02:00.0' quit
exec 5>&-
wait_for_end "$log" 60 || fail "testpmd ended with status $?"
expect_line "$log" 'Port 1 is attached'
grep IOMMUFD: "$log"
[ "$(count_lines "$log" 'IOMMUFD: ')" = 4 ] || fail "more than one line for each" # and the backend's
check_nothing_pinned
