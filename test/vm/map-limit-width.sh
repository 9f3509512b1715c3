#!/bin/bash
# An IOMMU of 39 bits, and memory beyond its reach, EAL's and a program's own: one line names the address, how
# far the IOMMU reaches, and the options that help. Where EAL's memory is by default, it works.
# machine: --iommu intel-39 --nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/wire.sh"

bind_vfio 01:00.0

start_echo() { # NAME MODE EAL-OPTIONS...
	log=$work/$backend-$1.log
	echo "== $backend, $1"
	start_program "$log" "$programs/echo" -a 01:00.0 --iova-mode=va -m 64 "${@:3}" -- "$2"
	wait_for_line "$log" 'echo: (ready|FAILED)' 60
	grep -E 'IOMMUFD: cannot|EAL: .*error|echo: ' "$log" || true
}

expect_beyond_reach() {
	local address
	stop_program "$log" && fail "it started"
	check_nothing_pinned
	[ "$backend" != stock ] || return 0 # only to be seen beside ours
	expect_line "$log" 'IOMMUFD: cannot map 0x[0-9a-f]+-0x[0-9a-f]+: the IOMMU of an attached device reaches only up to 0x7fffffffff \(39 bits\): .*--base-virtaddr=0x100000000.*--iova-mode=pa'
	address=$(sed -nE 's/.*IOMMUFD: .*cannot map (0x[0-9a-f]+).*/\1/p' "$log")
	((address >= 1 << 39)) || fail "$address is within reach of the IOMMU"
}

for backend in iommufd type1 stock; do
	export RTE_IOMMUFD=backend=$backend
	start_echo eal plain --base-virtaddr=0x8000000000
	expect_beyond_reach
	start_echo own extmem
	expect_beyond_reach
done
for backend in iommufd type1; do
	export RTE_IOMMUFD=backend=$backend
	start_echo default plain
	expect_backend "$log" "$backend(v2)?"
	echo_frames 02:00.0 50
	stop_program "$log" || fail "the program ended with status $?"
	check_nothing_pinned
done
check_no_faults
