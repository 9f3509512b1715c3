# What scripts share that look at a wire: a NIC under test and a peer that the guest's kernel drives, what is pinned, and what
# our lines say. Sourced after lib.sh.
# It must not know of any one behaviour.
# shellcheck shell=bash

declare -gA pid_of # LOG -> process; functions.sh has begun it

programs=/usr/libexec/dpdk-iommufd-test
telemetry=/src/test/vm/telemetry.py

# Without programs where it is up already: most scripts ask often.
interface_of() { # BDF: the network interface, set up
	local device=/sys/bus/pci/devices/0000:${1#0000:} path flags
	for path in "$device"/net/* "$device"/virtio*/net/*; do
		[ -e "$path" ] || continue
		read -r flags <"$path/flags"
		((flags & 1)) || ip link set "${path##*/}" up # IFF_UP
		echo "${path##*/}"
		return
	done
	fail "the kernel has no network interface at $1"
}

give_to_kernel() { # BDF DRIVER
	modprobe "$2" # which takes all NICs that it knows and that are free
	[ "$(driver_of "$1")" = "$2" ] || echo "0000:$1" >"/sys/bus/pci/drivers/$2/bind"
	bound_nics+=("$1")
}

# echo_frames BDF COUNT [MORE]: frames sent by the kernel's NIC at BDF all come back unchanged from whoever is at the other end.
echo_frames() { "$programs/peer" echo "$(interface_of "$1")" "${@:2}" || fail "frames were lost or changed"; }

# start_flow BDF [NAME]: frames go round all the time from now on, as in echo_frames; what is lost on the way is sent again. Flows on several wires have
# names.
declare -gA flow_interface
start_flow() {
	local name=${2:-flow}
	flow_interface[$name]=$(interface_of "$1")
	start_program "$work/$name.log" "$programs/peer" flow "${flow_interface[$name]}"
}

# wait_for_flow [NAME]: returns when twenty more frames have come back, none of them changed.
wait_for_flow() {
	local name=${1:-flow} back wanted tries
	local counter=/sys/class/net/${flow_interface[$name]}/statistics/rx_packets
	wanted=$(($(<"$counter") + 20))
	for ((tries = 0; tries < 1800; tries++)); do
		running "$work/$name.log" || fail "the flow of frames has ended"
		read -r back <"$counter"
		[ "$back" -lt "$wanted" ] || return 0
		pause
	done
	fail "no frames come back"
}

# stop_flow [NAME]: all that were sent have to come back.
stop_flow() {
	local name=${1:-flow}
	stop_program "$work/$name.log" TERM || fail "frames were lost or changed"
	cat "$work/$name.log"
}

# The pages that are pinned for devices at this moment, whoever pinned them.
pinned_pages() {
	local lines
	echo 1 >/proc/sys/vm/stat_refresh # processors keep part of the count to themselves
	mapfile -t lines </proc/vmstat
	[[ " ${lines[*]} " =~ \ nr_foll_pin_acquired\ ([0-9]+)\ nr_foll_pin_released\ ([0-9]+)\  ]] || fail "this kernel does not count pinned pages"
	echo $((BASH_REMATCH[1] - BASH_REMATCH[2]))
}

check_nothing_pinned() { [ "$(pinned_pages)" = 0 ] || fail "$(pinned_pages) pages are still pinned"; }

count_lines() { grep -cE -- "$2" "$1" || true; } # FILE REGEX

# expect_line LOG REGEX: exactly one line says it.
expect_line() {
	local count
	count=$(count_lines "$1" "$2")
	[ "$count" = 1 ] || { show_log "$1"; fail "$count lines instead of one match: $2"; }
}

# expect_backend LOG NAME: the one line that names a backend names this one.
expect_backend() { expect_line "$1" "IOMMUFD: .*backend " && expect_line "$1" "IOMMUFD: (.*: )?backend $2: "; }

expect_no_line() { # LOG REGEX
	[ "$(count_lines "$1" "$2")" = 0 ] || { show_log "$1"; fail "a line that should not be there matches: $2"; }
}

# forward_in_mode BACKEND NAME EAL-OPTIONS...: testpmd sends back what the NIC at 02:00.0 sends it, with memory got in this way, and
# pins nothing after its end. Its log is $work/NAME.log.
forward_in_mode() {
	local backend=$1 name=$2 log=$work/$2.log
	shift 2
	echo "== $name"
	start_testpmd "$log" -a 01:00.0 --iova-mode=va --log-level=lib.iommufd:debug "$@" -- --forward-mode=io --port-topology=loop --total-num-mbufs=2048 --stats-period 1
	wait_for_line "$log" 'start packet forwarding' 90
	expect_backend "$log" "$backend"
	grep -E 'IOMMUFD: .* MiB mapped' "$log" || true
	[ "$(pinned_pages)" -gt 0 ] || fail "nothing is pinned while testpmd runs: this check would not see a leak"
	echo_frames 02:00.0 200
	stop_testpmd "$log" || fail "testpmd ended with status $?"
	check_nothing_pinned
}

# The main job on each backend.
forward_on_all_backends() {
	local backend
	for backend in iommufd type1 stock; do
		RTE_IOMMUFD=backend=$backend forward_in_mode "$backend(v2)?" "$backend"
	done
}

# The main job on each backend, and the NIC at 01:00.0 is taken out of the running testpmd and put back in twice. The kernel's NIC at
# 02:00.0 finds its frames unchanged each time.
reattach_on_all_backends() {
	local backend log turn
	mkfifo "$work/commands"
	for backend in iommufd type1 stock; do
		echo "== $backend"
		log=$work/$backend.log
		RTE_IOMMUFD=backend=$backend dpdk-testpmd -a 01:00.0 --iova-mode=va -- -i --total-num-mbufs=2048 <"$work/commands" >"$log" 2>&1 &
		pid_of[$log]=$!
		exec 5>"$work/commands"
		command_testpmd 'set fwd io' start
		# Frames that come before fill what the emulator keeps for a NIC that does not receive yet.
		wait_for_line "$log" 'io packet forwarding - ports=1' 90
		echo_frames 02:00.0 50
		for turn in 1 2; do
			command_testpmd stop 'port stop 0' 'port close 0' 'device detach 0000:01:00.0' 'port attach 0000:01:00.0' 'port start 0' start
			wait_for_lines "$log" 'Port 0 is attached' "$turn"
			echo_frames 02:00.0 50
		done
		command_testpmd stop quit
		exec 5>&-
		wait_for_end "$log" 30 || fail "testpmd ended with status $?"
		expect_no_line "$log" 'IOMMUFD: .*(cannot|does not)'
		expect_backend_line "$log" "$backend"
		check_nothing_pinned
	done
}

command_testpmd() { printf '%s\n' "$@" >&5; }

# Each time the device is opened, the line names this backend.
expect_backend_line() { # LOG BACKEND
	[ "$(count_lines "$1" "IOMMUFD: .*backend ")" -gt 0 ] || { show_log "$1"; fail "no line names the backend"; }
	[ "$(count_lines "$1" "IOMMUFD: .*backend ")" = "$(count_lines "$1" "IOMMUFD: (.*: )?backend $2(v2)?: ")" ] ||
		{ show_log "$1"; fail "another backend than $2"; }
}

# read_by_secondary LOG: a secondary process reads the statistics of the NIC at 01:00.0 and ends in order.
read_by_secondary() {
	local status=0
	dpdk-proc-info -a 01:00.0 -- --xstats >"$1" 2>&1 || status=$?
	[ "$status" = 0 ] || { show_log "$1"; fail "dpdk-proc-info ended with status $status"; }
	expect_line "$1" 'rx_good_packets'
}

# What the administrator of a machine that does not remap interrupts says where its devices are trusted, to the modules that this kernel has; a
# script that is not alone in its guest takes it back in its restore().
allow_unsafe_interrupts() { # Y|N
	local module
	for module in iommufd vfio_iommu_type1; do
		modprobe -q "$module" || continue
		echo "$1" >"/sys/module/$module/parameters/allow_unsafe_interrupts"
	done
}

# expect_told VALUE COMMAND KEY [VALUE COMMAND KEY]...: what DPDK's telemetry says.
expect_told() { "$telemetry" expect "$@" || fail "telemetry tells something else"; }

# check_telemetry BACKEND REASON: the program that runs has one NIC, at 01:00.0, and its telemetry tells of backend (a regex), reason,
# device, space and mappings, in agreement with each other. The space's number is in $space.
check_telemetry() {
	local name bytes
	{ read -r name; read -r space; } < <("$telemetry" get /iommufd/devices,0000:01:00.0 backend space)
	[[ $name =~ ^$1$ ]] || fail "the backend is '$name' and not $1"
	expect_told "$name" /iommufd/info backend \
		"$2" /iommufd/info reason \
		0000:01:00.0 /iommufd/devices devices \
		vfio-pci /iommufd/devices,01:00.0 driver \
		"$(group_of 01:00.0)" /iommufd/devices,01:00.0 group \
		"[$space]" /iommufd/spaces spaces \
		1 "/iommufd/spaces,$space" devices
	bytes=$("$telemetry" get "/iommufd/spaces,$space" bytes)
	[ "$bytes" -gt 0 ] && [ "$("$telemetry" mapped "$space")" = "$bytes" ] || fail "the mappings are not $bytes bytes together"
}

# While testpmd forwards.
check_telemetry_of_testpmd() { # BACKEND REASON
	local log=$work/telemetry.log
	echo "== telemetry"
	start_testpmd "$log" -a 01:00.0 --iova-mode=va -- --forward-mode=io --port-topology=loop --total-num-mbufs=2048 --stats-period 1
	wait_for_line "$log" 'start packet forwarding' 90
	check_telemetry "$1" "$2"
	stop_testpmd "$log" || fail "testpmd ended with status $?"
}
