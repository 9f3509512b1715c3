#!/bin/bash
# All programs of a script share half a processor: a NIC is taken and given back, memory grows, a secondary process comes, maps and is killed,
# a primary is killed; no message between processes is given up, and no frame is changed. In the suite once; with STARVED_TURNS=10 in the
# environment of the guest as often as that, with STARVED_QUOTA=N on N microseconds of each 100,000: doc/security.md has the figures.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
# deadline: 3600
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"
. "$(dirname "$0")/churn.sh"

root=/sys/fs/cgroup
group=$root/starved
grep -qw cpu $root/cgroup.controllers || skip "no cgroup controller for processors in this kernel"
restore() {
	echo $$ >$root/cgroup.procs
	! [ -d $group ] || rmdir $group
	echo -cpu >$root/cgroup.subtree_control
}
echo +cpu >$root/cgroup.subtree_control
mkdir $group
[ -e $group/cpu.max ] || skip "this kernel cannot limit a group's time (CONFIG_CFS_BANDWIDTH)"
echo "${STARVED_QUOTA:-50000} 100000" >$group/cpu.max
echo $$ >$group/cgroup.procs

throttled() { awk '$1 == "nr_throttled" { print $2 }' $group/cpu.stat; }

take_and_give_back() {
	local log=$work/often-$backend.log
	start_program "$log" "$programs/attach_often" -a 01:00.0 --iova-mode=va -m 16 -- 0000:01:00.0 3 3
	wait_for_end "$log" 300 || fail "it ended with status $?"
	expect_line "$log" 'attach_often: done'
}

grow_and_be_killed() {
	local log=$work/grows-$backend.log
	start_program "$log" "$programs/echo" -a 01:00.0 --iova-mode=va -- grow
	wait_for_line "$log" 'echo: cycle .*freed' 120
	wait_for_flow
	stop_program "$log" KILL 2>/dev/null || true
	expect_no_line "$log" 'IOMMUFD: .*(cannot|does not)'
	check_nothing_left
}

# The peer takes the secondary's frame, and nothing else is on the wire. TURN: of four secondaries two are killed with their memory mapped.
map_in_secondary() { # TURN
	local primary=$work/primary-$backend.log secondary=$work/secondary-$backend.log peer=$work/peer-$backend.log
	start_program "$peer" "$programs/peer" expect "$(interface_of 02:00.0)" "$work/frame"
	wait_for_line "$peer" 'peer: listening'
	start_program "$primary" "$programs/secondary_maps" -a 01:00.0 --iova-mode=va --log-level=lib.iommufd:debug -- primary
	wait_for_line "$primary" 'maps: ready' 120
	start_program "$secondary" "$programs/secondary_maps" --proc-type=secondary -a 01:00.0 --iova-mode=va -- send "$work/frame"
	wait_for_line "$secondary" 'maps: sent' 120
	(($1 % 4 < 2)) || { kill -USR1 "${pid_of[$secondary]}" && wait_for_line "$secondary" 'maps: unmapped' 60; }
	stop_program "$secondary" KILL 2>/dev/null || true
	wait_for_line "$primary" 'a secondary process has ended' 60
	stop_program "$primary" || fail "the primary ended with status $?"
	stop_program "$peer" TERM || { cat "$peer"; fail "the frame was not as the secondary has sent it"; }
	expect_no_line "$secondary" 'IOMMUFD: .*(cannot|does not)'
	expect_no_line "$primary" 'IOMMUFD: .*(cannot|does not)'
	check_nothing_left
}

live() { # TURN
	start_flow 02:00.0
	take_and_give_back
	grow_and_be_killed
	expect_next_start $backend
	map_in_secondary "$1"
}

bind_vfio 01:00.0
note_before
head -c 1000 /dev/urandom >"$work/frame"
for ((turn = 1; turn <= ${STARVED_TURNS:-1}; turn++)); do
	backend=iommufd
	((turn % 2 == 1)) || backend=type1
	echo "== $turn, $backend"
	export RTE_IOMMUFD=backend=$backend
	live "$turn"
done
echo "had to wait for a processor $(throttled) times"
[ "$(throttled)" -gt 0 ] || fail "no program ever had to wait: this says nothing about starved ones"
check_no_faults
