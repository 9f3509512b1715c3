#!/bin/bash
# net_svanic carries frames of up to 9000 bytes: over several mbufs each, and in one each. Without room and without leave to use several
# it does not start, and says why.
# machine: --nic svanic:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

peer=$(interface_of 02:00.0)
ip link set "$peer" mtu 9000
restore() { ip link set "$peer" mtu 1500; }

start_jumbo() { # LOG TESTPMD-OPTIONS...
	local log=$1
	shift
	bind_vfio 01:00.0
	start_testpmd "$log" -a 01:00.0 --iova-mode=va -- --forward-mode=io --port-topology=loop --total-num-mbufs=2048 --max-pkt-len=9014 \
		--stats-period 1 "$@"
}

forward_jumbo() { # NAME TESTPMD-OPTIONS...
	local log=$work/$1.log
	start_jumbo "$log" "${@:2}"
	wait_for_line "$log" 'start packet forwarding' 90
	"$programs/peer" echo "$peer" 200 --longest 9014 || fail "$1: frames were lost or changed"
	stop_testpmd "$log" || fail "testpmd ended with status $?"
	check_nothing_pinned
}

# Scatter: DEV_RX_OFFLOAD_SCATTER is bit 13; RTE_ETH_TX_OFFLOAD_MULTI_SEGS is bit 15.
forward_jumbo scattered --rx-offloads=0x2000 --tx-offloads=0x8000
forward_jumbo whole --mbuf-size=10240

log=$work/refused.log
start_jumbo "$log"
wait_for_line "$log" 'SVANIC: .*use larger ones, or RTE_ETH_RX_OFFLOAD_SCATTER' 90
expect_line "$log" 'SVANIC: '
wait_for_line "$log" 'Not all ports were started' # it goes on without
stop_testpmd "$log" || fail "testpmd ended with status $?"
check_no_faults
