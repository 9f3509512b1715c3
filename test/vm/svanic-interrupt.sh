#!/bin/bash
# A program that sleeps on a receive queue of net_svanic is woken for each frame, and not without one.
# machine: --nic svanic:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

peer=$(interface_of 02:00.0)
echo 1 >"/proc/sys/net/ipv6/conf/$peer/disable_ipv6" # the kernel sends nothing of its own
restore() { echo 0 >"/proc/sys/net/ipv6/conf/$peer/disable_ipv6"; }
log=$work/port.log
bind_vfio 01:00.0
start_program "$log" "$programs/port" -a 01:00.0 --iova-mode=va -- sleep
wait_for_line "$log" 'port: ready' 90
# One after another, with time to fall asleep: of frames that come together one wake tells, and how many do is up to the machine.
echo_frames 02:00.0 200 --window 1 --pause 5
stop_program "$log" TERM || fail "the program ended with status $?"
expect_line "$log" 'port: [0-9]+ wakes, [0-9]+ timeouts'
read -r _ wakes _ timeouts _ empty _ _ packets _ < <(grep -E 'port: [0-9]+ wakes' "$log")
echo "$wakes wakes, $timeouts timeouts, $empty without packets, $packets packets"
[ "$wakes" -ge 10 ] || { show_log "$log"; fail "only $wakes wakes: the program has not slept"; }
# A wake comes with a packet, but for one that was armed while the packet before was being fetched; the last sleep is ended by SIGTERM.
[ "$empty" -le $((timeouts + 1)) ] || { show_log "$log"; fail "$empty times woken without a packet, and only $timeouts timeouts"; }
[ "$packets" -ge 200 ] || fail "only $packets packets"
check_no_faults
check_nothing_pinned
