#!/bin/bash
# The device makes IPv4, TCP and UDP sums of what testpmd sends, over IPv4 and IPv6, and tells testpmd which sums are wrong in what it
# receives. The peer looks at every sum on the wire.
# machine: --nic svanic:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

commands=$work/commands log=$work/testpmd.log
peer=$(interface_of 02:00.0)
echo 1 >"/proc/sys/net/ipv6/conf/$peer/disable_ipv6"
restore() { echo 0 >"/proc/sys/net/ipv6/conf/$peer/disable_ipv6"; }
bind_vfio 01:00.0
mkfifo "$commands"
exec 8<>"$commands"
stdbuf -oL dpdk-testpmd -a 01:00.0 --iova-mode=va -- -i --forward-mode=csum --port-topology=loop --total-num-mbufs=2048 --rx-offloads=0xe \
	--eth-peer="0,$(cat "/sys/class/net/$peer/address")" \
	<"$commands" >"$log" 2>&1 &
pid_of[$log]=$!
printf '%s\n' 'port stop 0' 'csum set ip hw 0' 'csum set udp hw 0' 'csum set tcp hw 0' 'port start 0' 'start' >&8
wait_for_line "$log" 'packet forwarding - ports' 90
python3 /src/test/vm/sums.py "$peer" || { show_log "$log"; fail "sums are wrong on the wire"; }
printf '%s\n' stop 'quit' >&8
wait_for_end "$log" 60 || fail "testpmd ended with status $?"
# What sums.py has sent with wrong sums: 4 with a wrong IPv4 header sum, 4 TCP and UDP with a wrong sum.
for what in Bad-ipcsum Bad-l4csum; do
	count=$(grep -oE "$what: *[0-9]+" "$log" | grep -oE '[0-9]+$' | head -n 1)
	[ "$count" = 4 ] || { show_log "$log"; fail "testpmd was told of $count frames with $what, not of 4"; }
done
check_no_faults
