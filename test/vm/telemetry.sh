#!/bin/bash
# What dpdk-telemetry.py reads while frames go through: backend and reason, devices, spaces, all mappings, the last error; counters
# that move; and parameters without sense get no answer and do no harm.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0

echo "== counters move"
log=$work/grow.log
start_program "$log" "$programs/echo" -a 01:00.0 --iova-mode=va -- grow
wait_for_line "$log" 'echo: ready' 60
expect_told iommufd /iommufd/info backend 'the kernel and the device have it' /iommufd/info reason \
	0 /iommufd/info errors '' /iommufd/info last_error
{ read -r maps; read -r unmaps; } < <("$telemetry" get /iommufd/info map_calls unmap_calls)
echo_frames 02:00.0 600
{ read -r maps_later; read -r unmaps_later; } < <("$telemetry" get /iommufd/info map_calls unmap_calls)
echo "map calls: $maps, then $maps_later; unmap calls: $unmaps, then $unmaps_later"
[ "$maps_later" -gt "$maps" ] && [ "$unmaps_later" -gt "$unmaps" ] || fail "the counters do not move"
stop_program "$log" || fail "the program ended with status $?"

for backend in iommufd type1; do
	echo "== testpmd, $backend"
	log=$work/$backend.log
	RTE_IOMMUFD=backend=$backend start_testpmd "$log" -a 01:00.0 --iova-mode=va -- --forward-mode=io --port-topology=loop --total-num-mbufs=2048 --stats-period 1
	wait_for_line "$log" 'start packet forwarding' 90
	check_telemetry "$backend(v2)?" 'asked for by the settings'

	"$telemetry" refused /iommufd/{info\,1,spaces\,x,spaces\,-1,spaces\,99999999999999999999,spaces\,0,mappings,"mappings,$space,x",mappings\,4294967295,devices\,x} ||
		fail "parameters without sense are answered"
	echo_frames 02:00.0 50
	stop_testpmd "$log" || fail "testpmd ended with status $?"
	check_nothing_pinned
done
check_no_faults
