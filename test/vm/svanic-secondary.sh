#!/bin/bash
# A secondary process reads a port of net_svanic, and can change nothing of it. With plain addresses it can have a queue, one process after
# the other; with sva=1 it is told that it cannot, and the primary process's frames go round all the time.
# machine: --nic svanic:link=pair0 --nic virtio:link=pair0,kernel
# drivers: all
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

secondary() { # NAME MODE
	log=$work/$1.log
	start_program "$log" "$programs/secondary_port" --proc-type=secondary -a 01:00.0 --iova-mode=va -- "$2"
}

# read_port NAME IN: what a secondary process reads, and that it is the same after its attempts.
read_port() {
	secondary "$1" read
	wait_for_end "$log" 60 || fail "the secondary process ended with status $?"
	cat "$log"
	[ "$(count_lines "$log" 'secondary: driver net_svanic 1\.[0-9]+, link up, [0-9]+ descriptors, first register 0x314e5653$')" = 2 ] || fail "not what the port is"
	[ "$(count_lines "$log" "secondary: in $2 out $2\$")" = 2 ] || fail "not what the port has counted"
	[ "$(count_lines "$log" '^[01]: place [0-9]+, (given to the device|free, or sent|received), address ')" = 8 ] || fail "not the queues' descriptors"
	local what
	for what in promiscuous mtu address statistics 'queue stop' stop; do
		expect_line "$log" "secondary: $what: refused\$"
	done
	[ "$(count_lines "$log" 'SVANIC: .*: a secondary process only reads this port')" = 6 ] || fail "not one line for each"
	expect_line "$log" 'secondary: configure: Operation not supported$'
	expect_line "$log" 'secondary: queue setup: Operation not supported$'
}

peer=$(interface_of 02:00.0)
echo 1 >"/proc/sys/net/ipv6/conf/$peer/disable_ipv6" # the kernel sends nothing of its own
restore() { echo 0 >"/proc/sys/net/ipv6/conf/$peer/disable_ipv6"; }
bind_vfio 01:00.0
primary=$work/primary.log
start_program "$primary" "$programs/secondary_port" -a 01:00.0 --iova-mode=va -- primary
wait_for_line "$primary" 'secondary: ready' 60
read_port idle 0
for turn in 1 2; do
	secondary "echo$turn" echo
	wait_for_line "$log" 'secondary: ready' 60
	echo_frames 02:00.0 100
	stop_program "$log" TERM || fail "the secondary process ended with status $?"
done
read_port later '[1-9][0-9]+'
dpdk-proc-info -a 01:00.0 -- --xstats >"$work/info.log" 2>&1 || fail "dpdk-proc-info ended with status $?"
expect_line "$work/info.log" 'rx_q0_missed: 0$'
stop_program "$primary" TERM || fail "the primary process ended with status $?"
expect_line "$primary" 'secondary: done'
check_nothing_pinned

primary=$work/primary-sva.log
start_testpmd "$primary" -a 01:00.0,sva=1 --iova-mode=va -- --forward-mode=io --port-topology=loop --total-num-mbufs=2048 --stats-period 1
wait_for_line "$primary" 'start packet forwarding' 90
echo_frames 02:00.0 100
read_port sva '[1-9][0-9]+'
secondary none echo
wait_for_line "$log" 'with sva=1 a secondary process can neither receive nor send' 60
echo_frames 02:00.0 100
stop_program "$log" TERM || fail "the secondary process ended with status $?"
echo_frames 02:00.0 100
stop_testpmd "$primary" || fail "testpmd ended with status $?"
check_no_faults
check_nothing_pinned
