#!/bin/bash
# The distribution's tools beside a running testpmd, as secondary processes: the statistics of dpdk-proc-info, dpdk-dumpcap and
# dpdk-pdump. Each has the same result on IOMMUFD and on legacy containers as with DPDK's own code; what was captured is what was sent.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

polling_share="" # captures end here: see lib.sh
frames=50
# With all of its questions in one call it crashed with DPDK's own code (arm64).
questions=(--xstats)

# What a secondary process has printed, without numbers and without the lines that name how VFIO is used.
without_numbers() { plain_text "$1" | { grep -vE '^(EAL|IOMMUFD|TELEMETRY): ' || true; } | sed -E 's/\b(0x)?[0-9a-fA-F]*[0-9][0-9a-fA-F]*\b/N/g'; } # LOG

# What dpdk-proc-info answers is a part of $results.
ask() {
	local log=$work/$backend-info.log status=0
	dpdk-proc-info -a 01:00.0 -- "${questions[@]}" >"$log" 2>&1 || status=$?
	{
		echo "proc-info: $status"
		without_numbers "$log"
	} >>"$results"
	expect_no_line "$log" 'IOMMUFD: .*(cannot|does not)'
}

# capture NAME FILE COMMAND...: a program that captures until it is interrupted has all frames that were sent meanwhile.
capture() {
	local log=$work/$backend-$1.log file=$2 status=0
	start_program "$log" stdbuf -oL "${@:3}"
	wait_for_line "$log" 'Packets captured|core \(|capture for' 60
	echo_frames 02:00.0 $frames
	stop_program "$log" INT || status=$?
	"$programs/peer" captured "$file" "$(interface_of 02:00.0)" $frames || { show_log "$log"; fail "$1: the capture is not what was sent"; }
	echo "$1: $status" >>"$results"
	expect_no_line "$log" 'IOMMUFD: .*(cannot|does not)'
}

bind_vfio 01:00.0
for backend in stock iommufd type1; do
	echo "== $backend"
	export RTE_IOMMUFD=backend=$backend
	results=$work/$backend.results
	log=$work/$backend.log
	start_testpmd "$log" -a 01:00.0 --iova-mode=va -- --forward-mode=io --total-num-mbufs=4096 --stats-period 1
	wait_for_line "$log" 'start packet forwarding' 90
	expect_backend "$log" "$backend(v2)?"
	echo_frames 02:00.0 $frames
	ask
	dpdk-dumpcap -D >"$work/$backend-list.log" 2>&1 || fail "dpdk-dumpcap ended with status $?"
	expect_line "$work/$backend-list.log" '0000:01:00.0'
	capture dumpcap "$work/$backend.pcap" dpdk-dumpcap -i 0000:01:00.0 -P -w "$work/$backend.pcap"
	capture pdump "$work/$backend-rx.pcap" dpdk-pdump -- --pdump "port=0,queue=*,rx-dev=$work/$backend-rx.pcap,tx-dev=$work/$backend-tx.pcap"
	echo_frames 02:00.0 $frames
	stop_testpmd "$log" || fail "testpmd ended with status $?"
	expect_line "$log" IOMMUFD: # and no complaint
	check_nothing_pinned
	diff "$work/stock.results" "$results" || fail "$backend: another result than DPDK's own code"
done
grep -E ': [0-9]+$' "$work/stock.results"
grep -q rx_good_packets "$work/stock.results" || fail "dpdk-proc-info answers nothing: nothing was compared"
check_no_faults
