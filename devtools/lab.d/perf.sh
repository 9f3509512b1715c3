# The command `perf`: runs dpdk-iommufd-perf in a guest, all suites in one boot, and brings its figures out as JSON.
# It must not know what is measured.
# shellcheck shell=bash

# Four devices to share memory among, and a pair whose other end sees the first one's packets; an svanic, wired to another that takes
# what it sends and does nothing; memory for 4 GiB of hugepages.
perf_machine=(--nic e1000e:link=pair0 --nic virtio:link=pair0,kernel --nic e1000e --nic e1000e --nic e1000e
	--nic svanic:link=pair1 --nic svanic:link=pair1
	--hugepages 2300 --mem 8G)
perf_limit=3600 # seconds for the whole boot

command_perf() {
	local json="" compare="" status=0 arguments=()
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
		-*) die "unknown: $1; $machine_usage" ;;
		*) arguments+=("$1"); shift ;;
		esac
	done
	[ -z "$compare" ] || [ -f "$compare" ] || die "no file $compare"
	[ -z "$json" ] || [ -w "$(dirname "$json")" ] || die "cannot write $json"
	check_machine
	prepare_guest
	mkdir -p "$share"
	[ -z "$compare" ] || cp "$compare" "$share/old.json"
	DPDK_IOMMUFD_BOOT_LIMIT=${DPDK_IOMMUFD_BOOT_LIMIT:-$perf_limit} run_guest "$(perf_command "${arguments[@]}")" || status=$?
	keep_figures "$json"
	return "$status"
}

perf_command() { # SUITE|OPTION...
	[ $# -gt 0 ] || set -- all
	printf '%q ' /src/devtools/guest/run-perf "$@"
}

keep_figures() { # FILE, or nothing
	[ -s "$share/perf.json" ] || return 0
	[ -z "$1" ] || cp "$share/perf.json" "$1"
	mkdir -p "$cache/results"
	cp "$share/perf.json" "$cache/results/perf.json"
	say "figures: ${1:-$cache/results/perf.json}"
}
