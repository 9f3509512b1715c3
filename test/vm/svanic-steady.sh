#!/bin/bash
# After warm-up a port with sva=1 asks for no page more: thousands of frames change none of the counters of page requests and of
# the sva. With a pin-limit below what they use they do change, and the frames are right all the same.
# machine: --nic svanic:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

requests() { /src/devtools/guest/port-counters | grep -E '^(sva_|q[0-9]+_(page_|refused))' || true; }

forward() { # NAME DEVARGS FRAMES
	log=$work/$1.log
	start_testpmd "$log" -a "01:00.0,sva=1$2" --iova-mode=va -- --forward-mode=io --port-topology=loop --total-num-mbufs=2048 \
		--stats-period 1
	wait_for_line "$log" 'start packet forwarding' 90
	echo_frames 02:00.0 "$3"
	requests >"$work/$1.warm"
	echo_frames 02:00.0 "$3" --seed 2
	requests >"$work/$1.later"
	[ -s "$work/$1.warm" ] || fail "there are no counters"
	stop_testpmd "$log" || fail "testpmd ended with status $?"
	check_nothing_pinned
}

bind_vfio 01:00.0
forward steady "" 4000
cat "$work/steady.later"
diff "$work/steady.warm" "$work/steady.later" || fail "pages were asked for after the warm-up"

forward limited ,pin-limit=512K 500
diff "$work/limited.warm" "$work/limited.later" && fail "the counters stand still even with a limit: this check would not see page requests"
check_no_faults
