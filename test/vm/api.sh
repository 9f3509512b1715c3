#!/bin/bash
# The library by itself, against the real kernel: every return value that the header promises, on both backends.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0
gives_out_registers || { echo "this kernel gives out no registers"; export NO_REGIONS=1; }
for settings in backend=iommufd backend=iommufd,map=file backend=iommufd,map=va,threads=1 backend=iommufd,threads=8 backend=type1; do
	echo "== $settings"
	"$programs/api" $settings /sys/bus/pci/devices/0000:01:00.0 2>&1 || fail "something is not as documented"
	check_nothing_pinned
	"$programs/api_spaces" $settings /sys/bus/pci/devices/0000:01:00.0 2>&1 || fail "something is not as documented"
	check_nothing_pinned
done
check_no_faults
