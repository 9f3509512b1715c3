# The command `perf`: runs dpdk-iommufd-perf in a guest, all suites in one boot, and brings its figures out as JSON.
# It must not know what is measured.
# shellcheck shell=bash

# Four devices to share memory among; a pair whose other end sees the first one's packets, and three that send to nobody, which costs the
# same for each and takes no other thread of QEMU; two svanics, each wired to one that takes what it sends and does nothing; memory for
# 4 GiB of hugepages; and the guest can read how much time its processors got.
# An emulated processor that sleeps takes milliseconds to wake up: `--append idle=poll` keeps that out of what fault and sva-invalidate measure.
# shellcheck disable=SC2054 # the commas are QEMU's
perf_machine=(--nic e1000e:link=pair0 --nic virtio:link=pair0,kernel
	--nic e1000e:link=hub1 --nic e1000e:link=hub2 --nic e1000e:link=hub3
	--nic svanic:link=pair1 --nic svanic:link=pair1 --nic svanic:link=pair2 --nic svanic:link=pair2
	--hugepages 2300 --mem 8G
	--qemu "-fsdev local,id=threads,path=/proc/self/task,security_model=none,readonly=on
		-device virtio-9p-pci,fsdev=threads,mount_tag=threads")
perf_limit=3600 # seconds for the whole boot

command_perf() {
	local json="" compare="" against="" turns=6 tolerance=5 status=0 pinning="" arguments=()
	default_machine
	parse_machine "${perf_machine[@]}"
	while [ $# -gt 0 ]; do
		parse_machine "$@"
		shift "$parsed"
		[ $# -gt 0 ] || break
		case $1 in
		--) shift; arguments+=("$@"); break ;;
		--json) [ $# -ge 2 ] || die "--json wants a file"; json=$2; shift 2 ;;
		--compare) [ $# -ge 2 ] || die "--compare wants a file"; compare=$2; shift 2 ;;
		--against) [ $# -ge 2 ] || die "--against wants a revision"; against=$2; shift 2 ;;
		--turns) [ $# -ge 2 ] || die "--turns wants a number"; turns=$2; shift 2 ;;
		--tolerance) [ $# -ge 2 ] || die "--tolerance wants a percentage"; tolerance=$2; shift 2 ;;
		-*) die "unknown: $1; $machine_usage" ;;
		*) arguments+=("$1"); shift ;;
		esac
	done
	[ -z "$compare" ] || [ -f "$compare" ] || die "no file $compare"
	[ -z "$json" ] || [ -w "$(dirname "$json")" ] || die "cannot write $json"
	[ -z "$compare" ] || [ -z "$against" ] || die "--compare is for a file of another run, --against runs both: one of them"
	check_against "$against" "$turns" "$tolerance"
	check_machine
	prepare_guest
	[ -z "$against" ] || ensure_other_build "${machine[dpdk]}"
	mkdir -p "$share"
	[ -z "$compare" ] || cp "$compare" "$share/old.json"
	if [ ${#arguments[@]} = 0 ] || contains forward "${arguments[@]}" || contains all "${arguments[@]}"; then
		pin_polling_processor &
		pinning=$!
	fi
	export DPDK_IOMMUFD_BOOT_LIMIT=${DPDK_IOMMUFD_BOOT_LIMIT:-$perf_limit}
	if [ "$against" ]; then
		run_guest "$(against_command "$turns" "$tolerance" "${arguments[@]}")" || status=$?
	else
		run_guest "$(perf_command "${arguments[@]}")" || status=$?
	fi
	[ -z "$pinning" ] || kill "$pinning" 2>/dev/null || true # where the guest has died before there was anything to pin
	if [ "$against" ]; then
		[ "$status" = 0 ] || return "$status"
		judge_turns "$against" "$tolerance" "$json"
		return
	fi
	keep_figures "$json"
	return "$status"
}

# The guest's processor 1, on which its programs poll, gets the last of our processors for itself among QEMU's threads. Without that the
# two and QEMU's main loop change places all the time. For the suite forward, where only one of them is busy.
pin_polling_processor() {
	local processors last others thread name mask
	mapfile -t processors < <(allowed_processors)
	last=${processors[-1]}
	[ ${#processors[@]} -gt 1 ] || { say "one processor only: nothing is pinned"; return; }
	until grep -qs '^CPU 1/' /proc/[0-9]*/task/*/comm; do sleep 0.1; done
	others=$(IFS=,; echo "${processors[*]:0:${#processors[@]}-1}")
	for thread in $(qemu_threads); do # some of which come and go
		read -r name 2>/dev/null <"/proc/$thread/comm" || continue
		if [[ $name = "CPU 1/"* ]]; then mask=$last; else mask=$others; fi
		taskset -pc "$mask" "$thread" >/dev/null 2>&1 || true
	done
}

allowed_processors() { # one a line
	local word
	for word in $(awk '/^Cpus_allowed_list:/ { gsub(",", " ", $2); print $2 }' /proc/self/status); do
		seq "${word%-*}" "${word#*-}"
	done
}

qemu_threads() {
	local comm
	comm=$(grep -ls '^CPU 1/' /proc/[0-9]*/task/*/comm | head -n 1)
	ls "${comm%/*/comm}"
}

perf_command() { # SUITE|OPTION...
	local facts fact words=()
	[ $# -gt 0 ] || set -- all
	mapfile -t facts < <(perf_facts)
	for fact in "${facts[@]}"; do words+=(--fact "$fact"); done
	printf '%q ' /src/devtools/guest/run-perf "${words[@]}" "$@"
}

# What the guest does not know of its figures: NAME=VALUE, one a line.
perf_facts() {
	local accelerator=TCG
	[[ $(accelerator_arguments) != *kvm* ]] || accelerator=KVM
	echo "machine=QEMU q35, $accelerator on $(awk -F ': ' '/^model name/ { print $2; exit }' /proc/cpuinfo), ${machine[smp]} of $(nproc) processors," \
		"${machine[mem]}, IOMMU ${machine[iommu]}${machine[append]:+, ${machine[append]}}"
	echo "qemu=$(in_root "$qemu_root" "$(qemu_program)" --version | awk 'NR == 1 { print $4 }')"
	echo "dpdk=${machine[dpdk]}"
	echo "commit=$(commit_here)"
}

keep_figures() { # FILE, or nothing
	[ -s "$share/perf.json" ] || return 0
	[ -z "$1" ] || cp "$share/perf.json" "$1"
	mkdir -p "$cache/results"
	cp "$share/perf.json" "$cache/results/perf.json"
	say "figures: ${1:-$cache/results/perf.json}"
}
