#!/bin/bash
# Secondary processes map memory of their own with rte_dev_dma_map() and send frames out of it. What they have mapped is gone when they
# unmap it, when they end and when they are killed: the primary can map there again, and as many pages fewer are pinned.
# machine: --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
# deadline: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0
for name in first second third; do
	head -c 1000 /dev/urandom >"$work/$name"
done

start_primary() {
	primary=$work/primary-$backend.log
	start_program "$primary" "$programs/secondary_maps" -a 01:00.0 --iova-mode=va --log-level=lib.iommufd:debug -- primary
	wait_for_line "$primary" 'maps: ready' 60
}

start_secondary() { # NAME [PAGE]
	secondary=$work/$1-$backend.log
	start_program "$secondary" "$programs/secondary_maps" --proc-type=secondary -a 01:00.0 --iova-mode=va -- send "$work/$1" "${2:-0}"
	wait_for_line "$secondary" 'maps: sent' 60
	pages=$(sed -nE 's/^maps: mapped ([0-9]+) pages/\1/p' "$secondary")
}

tries=0
expect_place() { # free|taken
	kill -USR1 "${pid_of[$primary]}"
	wait_for_lines "$primary" 'maps: the place is' $((++tries)) 60
	[ "$(grep 'maps: the place is' "$primary" | tail -n 1 | grep -c "is $1")" = 1 ] || fail "the place is not $1"
}

ended=0
wait_for_its_end() { wait_for_lines "$primary" 'a secondary process has ended' $((++ended)) 60; }

expect_unpinned() { # PAGES-BEFORE
	local now
	now=$(pinned_pages)
	[ $(($1 - now)) = "$pages" ] || fail "of $1 pinned pages $now are left, though $pages were the secondary's"
}

for backend in iommufd type1; do
	echo "== $backend"
	export RTE_IOMMUFD=backend=$backend
	tries=0 ended=0
	peer=$work/peer-$backend.log
	start_program "$peer" "$programs/peer" expect "$(interface_of 02:00.0)" "$work/first" "$work/second" "$work/third"
	wait_for_line "$peer" 'peer: listening'
	start_primary
	expect_place free

	start_secondary first
	expect_place taken
	before=$(pinned_pages)
	kill -USR1 "${pid_of[$secondary]}"
	wait_for_line "$secondary" 'maps: unmapped'
	expect_unpinned "$before"
	expect_place free
	stop_program "$secondary" || fail "the secondary ended with status $?"
	wait_for_its_end

	start_secondary second
	one=$secondary
	start_secondary third 1024
	expect_place taken
	before=$(pinned_pages)
	stop_program "$secondary" || fail "the secondary ended with status $?"
	wait_for_its_end
	expect_unpinned "$before"
	expect_place taken
	before=$(pinned_pages)
	stop_program "$one" KILL 2>/dev/null || true
	wait_for_its_end
	expect_unpinned "$before"
	expect_place free

	stop_program "$peer" TERM || { cat "$peer"; fail "the frames were not as the secondaries have sent them"; }
	cat "$peer"
	expect_line "$work/second-$backend.log" "maps: EAL's memory was mapped and unmapped"
	expect_no_line "$work/second-$backend.log" 'IOMMUFD: .*(cannot|does not)'
	stop_program "$primary" || fail "the primary ended with status $?"
	check_nothing_pinned
done

echo "== the primary ends first"
export RTE_IOMMUFD=backend=iommufd backend=late tries=0
start_primary
start_secondary first
stop_program "$primary" KILL 2>/dev/null || true
kill -USR1 "${pid_of[$secondary]}"
wait_for_line "$secondary" 'maps: not unmapped' 30
expect_line "$secondary" 'IOMMUFD: cannot send a request to the primary process: it has ended'
stop_program "$secondary" || fail "the secondary ended with status $?"
check_nothing_pinned

echo "== ioas=per-device"
export RTE_IOMMUFD=backend=iommufd,ioas=per-device backend=apart tries=0 ended=0
start_primary
start_secondary first
expect_place taken
before=$(pinned_pages)
stop_program "$secondary" KILL 2>/dev/null || true
wait_for_its_end
expect_unpinned "$before"
expect_place free
stop_program "$primary" || fail "the primary ended with status $?"

echo "== DPDK's own code, for comparison"
export RTE_IOMMUFD=backend=stock backend=stock
primary=$work/primary-stock.log
start_primary
start_secondary first
before=$(pinned_pages)
stop_program "$secondary" KILL 2>/dev/null || true
echo "$before pages pinned with the secondary, $(pinned_pages) after it was killed"
stop_program "$primary" || fail "the primary ended with status $?"
check_nothing_pinned
check_no_faults
