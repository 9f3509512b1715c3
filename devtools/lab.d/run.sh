# The command `run`: the distribution's testpmd sends packets through the project in a guest, and a verdict says how it went.
# It must not know how the guest is made.
# shellcheck shell=bash

backends=(auto iommufd type1 stock)

command_run() {
	local backend="" eal="" devargs="" status=0
	default_machine
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		parse_machine "$@"
		shift "$parsed"
		if [ $# = 0 ] || [ "$1" = -- ]; then break; fi
		[ $# -ge 2 ] || die "unknown, or without a value: $1; $machine_usage"
		case $1 in
		--backend) backend=$2 ;;
		--eal) eal=$2 ;;
		*) die "unknown: $1; $machine_usage" ;;
		esac
		shift 2
	done
	[ "${1:-}" != -- ] || shift
	[ -z "$backend" ] || contains "$backend" "${backends[@]}" || die "no backend '$backend'; one of: ${backends[*]}"
	[ ${#nics[@]} -gt 0 ] || nics=(e1000e)
	[[ ${nics[0]} == *:* || ${nics[0]} != *,* ]] || devargs=,${nics[0]#*,}
	check_machine
	prepare_guest
	run_guest "$(testpmd_command "$backend" "$devargs" "$eal" "$@")" || status=$?
	touch "$share/testpmd.log" "$share/counters.log"
	cp "$share/testpmd.log" "$cache/logs/testpmd.log"
	cat "$share/counters.log" >>"$cache/logs/testpmd.log"
	verdict "$cache/logs/testpmd.log" "$status" "$(expected_backend "$backend" "${machine[kernel]}")" \
		"${machine[dpdk]}, kernel ${machine[kernel]}, ${nics[0]%%:*}"
}

testpmd_command() { # BACKEND DEVARGS EAL-ARGUMENTS APP-ARGUMENTS...
	local backend=$1 devargs=$2 eal=$3 bdf
	shift 3
	bdf=${nic_table[0]%% *}
	[ -z "$backend" ] || printf 'RTE_IOMMUFD=%q ' "backend=$backend"
	[ "$tcg_threads" = multi ] || printf 'POLLING_SHARE=4000 '
	printf '%q ' /src/devtools/guest/run-testpmd "$bdf" -a "$bdf$devargs" --iova-mode=va
	printf '%s -- ' "$eal"
	printf '%q ' --forward-mode=txonly --stats-period 1 "$@"
}
