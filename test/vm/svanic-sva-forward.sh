#!/bin/bash
# With sva=1 net_svanic carries frames both ways by this process's own addresses: nothing is pinned in advance, what is used is asked
# for, and everything is unpinned at the end; with one PASID for the port and with one for each queue.
# machine: --nic svanic:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

for way in port queue; do
	log=$work/$way.log
	bind_vfio 01:00.0
	start_testpmd "$log" -a "01:00.0,sva=1,pasid=$way" --iova-mode=va -- --forward-mode=io --port-topology=loop --total-num-mbufs=2048 \
		--rxq=2 --txq=2 --stats-period 1
	wait_for_line "$log" 'start packet forwarding' 90
	expect_backend "$log" iommufd
	expected=1
	[ "$way" = port ] || expected=2
	[ "$(count_lines "$log" 'addresses of this process by PASID')" = "$expected" ] || fail "not $expected PASIDs with pasid=$way"
	echo_frames 02:00.0 200
	/src/devtools/guest/port-counters >"$work/$way.counters"
	requests=$(awk '$1 ~ /^q[0-9]+_page_requests$/ { sum += $2 } END { print sum + 0 }' "$work/$way.counters")
	pinned=$(awk '$1 == "sva_pinned" { print $2 }' "$work/$way.counters")
	echo "pasid=$way: $requests page requests, $pinned bytes pinned; EAL has $(grep -c . "/proc/${pid_of[$log]}/maps") mappings"
	[ "$requests" -gt 0 ] || { cat "$work/$way.counters"; fail "the device has asked for no page"; }
	# Pages are pinned for what was asked for, and for nothing else.
	[ "$pinned" -gt 0 ] && [ "$(pinned_pages)" -le $((pinned / 4096)) ] || fail "$(pinned_pages) pages are pinned, and the sva has $pinned bytes"
	"$telemetry" get /iommufd/sva
	[ "$("$telemetry" get /iommufd/sva page_requests)" -ge "$requests" ] || fail "telemetry tells of fewer page requests than the port"
	expect_told "$expected" /iommufd/sva bindings
	stop_testpmd "$log" || fail "testpmd ended with status $?"
	check_nothing_pinned
done
check_no_faults
