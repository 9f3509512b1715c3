#!/bin/bash
# The same memory for two devices: with a legacy container for each it is pinned and charged twice, with an address space for each on
# IOMMUFD once.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel --nic e1000e
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0 03:00.0
memory=$((256 << 10)) # KiB

# IOMMUFD counts as pinned (VmPin), a container as locked (VmLck), where mlockall() would count as well.
pinned_by() { awk '/VmPin|VmLck/ { sum += $2 } END { print sum }' "/proc/${pid_of[$1]}/status"; } # LOG: KiB

try_account() { # TIMES NAME SETTINGS
	local log=$work/$2.log pinned
	RTE_IOMMUFD=$3 start_testpmd "$log" -a 01:00.0 -a 03:00.0 --iova-mode=va -m 256 -- --no-mlockall --port-topology=loop --total-num-mbufs=2048 --stats-period 1
	wait_for_line "$log" 'start packet forwarding' 90
	pinned=$(pinned_by "$log")
	echo "$2: $pinned KiB pinned for $memory KiB of memory"
	stop_testpmd "$log" || fail "testpmd ended with status $?"
	[ "$pinned" = $((memory * $1)) ] || fail "not $1 times the memory"
	check_nothing_pinned
}

try_account 1 iommufd-shared backend=iommufd
try_account 1 iommufd-per-device backend=iommufd,ioas=per-device
try_account 1 type1-shared backend=type1
try_account 2 type1-per-device backend=type1,ioas=per-device
