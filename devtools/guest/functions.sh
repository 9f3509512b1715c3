# What programs and scripts in the guest share: binding NICs, starting DPDK programs, waiting for what they print.
# It must not know of tests, of the lab on the host or of the backend in use.
# shellcheck shell=bash

declare -A pid_of=()  # LOG -> process
bound_nics=()
declare -A shown=()   # LOG -> it has been shown
declare -A slowed=()  # LOG -> its threads that poll have been slowed down

# --- NICs -------------------------------------------------------------------------------------------------------------------

pci_device() { echo "/sys/bus/pci/devices/0000:${1#0000:}"; }

# folder_name LINK: the name of the folder that it leads to, or nothing. Without programs: under TCG each one takes its time.
folder_name() { (cd -P "$1" 2>/dev/null && echo "${PWD##*/}") || true; }

driver_of() { folder_name "$(pci_device "$1")/driver"; } # BDF: the driver's name, or nothing

release_from_driver() { # BDF
	local driver
	driver=$(pci_device "$1")/driver
	[ ! -e "$driver" ] || echo "0000:${1#0000:}" >"$driver/unbind"
}

bind_vfio() { # BDF...
	local bdf
	[ -d /sys/bus/pci/drivers/vfio-pci ] || modprobe vfio-pci || return
	for bdf in "$@"; do
		release_from_driver "$bdf"
		echo vfio-pci >"$(pci_device "$bdf")/driver_override"
		echo "0000:${bdf#0000:}" >/sys/bus/pci/drivers_probe
		[ "$(driver_of "$bdf")" = vfio-pci ] || { echo "$bdf could not be bound to vfio-pci" >&2; return 1; }
		bound_nics+=("$bdf")
	done
}

unbind_nics() { # BDF...: back to no driver
	local bdf
	for bdf in "$@"; do
		[ -e "$(pci_device "$bdf")" ] || continue # pulled out
		release_from_driver "$bdf"
		echo >"$(pci_device "$bdf")/driver_override"
	done
}

group_of() { folder_name "$(pci_device "$1")/iommu_group"; } # BDF

# --- programs ---------------------------------------------------------------------------------------------------------------

start_program() { # LOG COMMAND...: in the background, all it prints goes to LOG
	local log=$1
	shift
	: >"$log" # before others read it: a script may use the name again
	"$@" >"$log" 2>&1 </dev/null &
	pid_of[$log]=$!
}

start_testpmd() { # LOG ARGUMENTS...
	local log=$1
	shift
	start_program "$log" dpdk-testpmd "$@"
}

running() { kill -0 "${pid_of[$1]}" 2>/dev/null; } # LOG

stop_program() { # LOG [SIGNAL]: its exit status
	local log=$1 status=0
	kill -"${2:-TERM}" "${pid_of[$log]}" 2>/dev/null || true
	wait "${pid_of[$log]}" || status=$?
	unset "pid_of[$log]" "slowed[$log]"
	return "$status"
}

stop_testpmd() { stop_program "$1" INT; } # LOG: exit status 0 when it shut down in order

# slow_down LOG: where $polling_share is set, the threads of its program that forward packets get so much of a processor. They poll without
# a pause, and where one thread of the emulator runs both processors in turns, that takes half of the other one's time.
polling_share="" # microseconds of 20000
polling_threads='^(dpdk|rte)-worker'
cgroups=/sys/fs/cgroup
slow_down() {
	local task name group="" pid=${pid_of[$1]:-}
	[ "$polling_share" ] && [ "$pid" ] && [ -z "${slowed[$1]:-}" ] && has_cpu_groups || return 0
	for task in "/proc/$pid/task"/*; do
		{ read -r name <"$task/comm"; } 2>/dev/null || continue
		[[ $name =~ $polling_threads ]] || continue
		[ "$group" ] || find_slow_group 2>/dev/null || return 0
		{ echo "${task##*/}" >"$group/cgroup.threads"; } 2>/dev/null || return 0
	done
	[ -z "$group" ] || slowed[$1]=1
}

has_cpu_groups() {
	local controllers
	{ read -r controllers <"$cgroups/cgroup.controllers"; } 2>/dev/null && [[ " $controllers " == *" cpu "* ]]
}

# Sets $group: one that no thread is in. It stays when its threads are gone, for a program to come.
find_slow_group() {
	local number=0 thread
	while group=$cgroups/polling.$number && [ -d "$group" ]; do
		read -r thread <"$group/cgroup.threads" || break
		number=$((number + 1))
	done
	[ -d "$group" ] || make_slow_group "$group" || return
	echo "$polling_share 20000" >"$group/cpu.max"
}

make_slow_group() { # FOLDER
	echo +cpu >"$cgroups/cgroup.subtree_control" && mkdir "$1" && echo threaded >"$1/cgroup.type"
}

# Deadlines are what a quiet machine never needs. A busy one gets so many times as long: a deadline only ends what will never end.
busy_factor=3

wait_for_end() { # LOG DEADLINE: the program's own exit status; 124 when it does not end
	local log=$1 until=$((SECONDS + busy_factor * $2))
	while running "$log"; do
		[ "$SECONDS" -lt "$until" ] || { echo "still running after $((busy_factor * $2)) s: $log" >&2; return 124; }
		pause
	done
	stop_program "$log"
}

# --- what they print --------------------------------------------------------------------------------------------------------

# wait_for_line LOG REGEX [DEADLINE]: returns as soon as a line matches. Fails, showing the log, when the program has ended without it
# or after DEADLINE seconds.
wait_for_line() { wait_for_lines "$1" "$2" 1 "${3:-60}"; }

# Without other programs: while one waits, the emulated processor is for what it waits for.
wait_for_lines() { # LOG REGEX COUNT [DEADLINE]
	local log=$1 regex=$2 count=$3 deadline=$((busy_factor * ${4:-60})) started=$SECONDS alive matches=0 file="" fragment=""
	while :; do
		alive=yes
		may_go_on "$log" || alive=no
		[ "$file" ] || [ ! -f "$log" ] || exec {file}<"$log"
		[ -z "$file" ] || count_new_lines
		if [ "$matches" -ge "$count" ]; then break; fi
		if [ "$alive" = no ]; then
			show_missing "the program has ended" "$log" "$regex"
			break
		fi
		if [ $((SECONDS - started)) -ge "$deadline" ]; then
			show_missing "$deadline s have passed" "$log" "$regex"
			break
		fi
		pause
	done
	[ -z "$file" ] || exec {file}<&-
	[ "$matches" -ge "$count" ] && slow_down "$log"
}

# Adds to $matches the lines that $file has got since, up to $count. A line that is not yet whole counts as well.
count_new_lines() {
	local line
	while [ "$matches" -lt "$count" ]; do
		line=""
		if IFS= read -r -u "$file" line; then
			line=$fragment$line fragment=""
		else
			fragment+=$line
			[ "$line" ] && [[ $fragment =~ $regex ]] && [ $((matches + 1)) = "$count" ] || return 0
			line=$fragment
		fi
		[[ ! $line =~ $regex ]] || matches=$((matches + 1))
	done
}

exec {nothing}<> <(:)

# A tenth of a second, without a program. (read -t ends when the time is over, for nothing is ever written there.)
pause() { read -r -t 0.1 -u "$nothing" || true; }

may_go_on() { [ -z "${pid_of[$1]:-}" ] || running "$1"; } # LOG: its program runs, or nobody knows

show_missing() { # WHY LOG REGEX
	{
		echo "$1 without a line that matches: $3"
		show_log "$2"
	} >&2
}

show_log() { # LOG, once
	[ -z "${shown[$1]:-}" ] || return 0
	shown[$1]=1
	echo "--- $1:"
	plain_text "$1"
	echo "---"
}

plain_text() { sed -E 's/\x1b\[[0-9;]*[A-Za-z]//g' "$@"; } # testpmd clears the screen before each block of statistics

# --- testpmd's statistics ----------------------------------------------------------------------------------------------------

# The last value of a counter such as TX-packets in the statistics of one port.
port_counter() { # LOG COUNTER [PORT]
	plain_text "$1" | awk -v counter="$2:" -v port="${3:-0}" '
		/statistics for port/ { match($0, /port [0-9]+/); current = substr($0, RSTART + 5, RLENGTH - 5) }
		/statistics for all ports/ { current = "" }
		current == port { for (i = 1; i < NF; i++) if ($i == counter) value = $(i + 1) }
		END { print value + 0 }'
}

tx_packets() { port_counter "$1" TX-packets "${2:-0}"; } # LOG [PORT]
rx_packets() { port_counter "$1" RX-packets "${2:-0}"; } # LOG [PORT]

# --- the kernel --------------------------------------------------------------------------------------------------------------

# Refused DMA since the script began, as the drivers of VT-d and of SMMUv3 report it.
dmesg_faults() {
	dmesg | awk '
		/lab: script / { faults = "" }
		/DMAR:.*[Ff]ault|DRHD: handling fault|arm-smmu-v3 [^ ]+ event/ { faults = faults $0 "\n" }
		END { printf "%s", faults }'
}

# What the kernel itself complains of since the script began.
dmesg_complaints() {
	dmesg | awk '/lab: script / { text = "" } /WARNING:|BUG:|leaked/ { text = text $0 "\n" } END { printf "%s", text }'
}

# fault_addresses BDF: the pages at which the device's DMA was refused, one a line for each refusal that is reported. VT-d reports pages, SMMUv3
# bytes.
fault_addresses() {
	local address
	for address in $(dmesg_faults | grep -E "\[(0000:)?$1\] fault addr |client: 0000:$1 " |
		grep -oE '(fault addr|iova:) 0x[0-9a-f]+' | grep -oE '0x[0-9a-f]+'); do
		printf '%#x\n' $((address & ~0xfff))
	done
}
