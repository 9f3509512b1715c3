#!/bin/bash
# The model of svanic can be pulled out of the machine after it was used, while frames come for it, and put in again.
# machine: --nic svanic:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/svanic.sh"
. /src/devtools/guest/monitor.sh

for turn in 1 2 3; do
	echo "== turn $turn"
	check_svanic 01:00.0 02:00.0 traffic spaces pages
	start_flow 02:00.0 # nobody sends them back
	unplug nic0 || fail "the device does not go"
	[ ! -e "$(pci_device 01:00.0)" ] || fail "the kernel still has the device"
	plug nic0 || fail "the device does not come"
	stop_program "$work/flow.log" KILL || true
done
check_svanic 01:00.0 02:00.0 registers
