#!/bin/bash
# A flow rule of testpmd sends broadcast frames to queue 2 of four; without it none comes there. All frames come back as they were.
# machine: --nic svanic:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

commands=$work/commands log=$work/testpmd.log
bind_vfio 01:00.0
mkfifo "$commands"
exec 8<>"$commands"
stdbuf -oL dpdk-testpmd -a 01:00.0 --iova-mode=va -- -i --rxq=4 --txq=4 --port-topology=loop --total-num-mbufs=4096 <"$commands" >"$log" 2>&1 &
pid_of[$log]=$!
rule='ingress pattern eth dst spec ff:ff:ff:ff:ff:ff dst mask ff:ff:ff:ff:ff:ff / end actions queue index'

printf '%s\n' "flow create 0 $rule 9 / end" "flow create 0 $rule 2 / end" start >&8
wait_for_line "$log" 'packet forwarding - ports' 90
expect_line "$log" 'there is no such receive queue'
expect_line "$log" 'Flow rule #0 created'
echo_frames 02:00.0 50
printf '%s\n' stop 'flow flush 0' start >&8
wait_for_lines "$log" 'packet forwarding - ports' 2
echo_frames 02:00.0 50
printf '%s\n' stop quit >&8
wait_for_end "$log" 60 || fail "testpmd ended with status $?"
# Other frames of the peer's kernel come to queue 0 in both rounds; broadcasts came to queue 2 in the first one only.
packets=$(awk '/RX Port= 0\/Queue= 2 / { getline; print $2 }' "$log")
[[ $packets =~ ^[0-9]+$ ]] && [ "$packets" -ge 50 ] || { show_log "$log"; fail "queue 2 had '$packets' frames, not 50 in one round"; }
check_no_faults
check_nothing_pinned
