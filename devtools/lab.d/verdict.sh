# Reads testpmd's log and says in one line whether packets flowed through the backend that was asked for.
# Pure text in, text out: it must not know of guests. `verdict` can be tried on any log.
# shellcheck shell=bash

# The backend that the plugin's log line names: "IOMMUFD: 0000:01:00.0: backend iommufd (...)"; not "backend iommufd was asked for, but".
named_backend() { sed -nE 's/.*IOMMUFD:.*backend (iommufd|type1v2|type1|stock)( \(.*|[,;:].*|)$/\1/p' "$1" | tail -n 1; }

sent_packets() {
	local count
	count=$(grep -oE 'TX-packets: *[0-9]+' "$1" | grep -oE '[0-9]+$' | sort -n | tail -n 1)
	echo "${count:-0}"
}

# The PASIDs that the driver's line names: "SVANIC: 0000:01:00.0: addresses of this process by PASID 1".
named_pasids() { sed -nE 's/.*SVANIC:.*addresses of this process by PASID ([0-9]+).*/\1/p' "$1" | paste -sd' '; }

# The sum of the counters whose names match, of the lines "counter NAME VALUE" that run-testpmd leaves.
sum_of_counters() { awk -v names="^($2)\$" '$1 == "counter" && $2 ~ names { sum += $3 } END { print sum + 0 }' "$1"; } # LOG NAMES

# What the device asked of the IOMMU, if it has PASIDs.
pages_and_faults() { # LOG
	local pasids
	pasids=$(named_pasids "$1")
	[ -n "$pasids" ] || return 0
	printf ', PASID %s, %d page requests (%d refused, %d not answered), %d faults, %d MiB pinned' "$pasids" \
		"$(sum_of_counters "$1" 'q[0-9]+_page_requests')" "$(sum_of_counters "$1" 'q[0-9]+_page_refusals')" \
		"$(sum_of_counters "$1" 'q[0-9]+_page_timeouts')" "$(sum_of_counters "$1" 'q[0-9]+_faults')" \
		$(($(sum_of_counters "$1" sva_pinned) >> 20))
}

expected_backend() { # BACKEND-ASKED-FOR KERNEL
	if [ "$1" ] && [ "$1" != auto ]; then echo "$1"; elif [[ $2 = stock* ]]; then echo type1v2; else echo iommufd; fi
}

# type1 is asked for by that name; which version of it the kernel has is the kernel's affair.
is_as_asked() { [ "$1" = "$2" ] || [ "$2 $1" = "type1 type1v2" ]; } # BACKEND EXPECTED

# verdict LOG TESTPMD-STATUS EXPECTED-BACKEND WHAT: status 0 only if all is well.
verdict() {
	local log=$1 status=$2 expected=$3 what=$4 backend packets problem=""
	backend=$(named_backend "$log")
	packets=$(sent_packets "$log")
	case $status in
	0) ;;
	3) problem="; testpmd showed no packets" ;;
	125) problem="; the guest died" ;;
	*) problem="; testpmd ended with status $status" ;;
	esac
	[ "$packets" -gt 0 ] || problem+="; no packet was sent"
	is_as_asked "${backend:-none}" "$expected" || problem+="; the backend asked for is $expected"
	if [ "$problem" ]; then
		echo "lab: FAILED: $what, backend ${backend:-none named}: $packets packets sent: ${problem#; }"
		return 1
	fi
	echo "lab: OK: $what, backend $backend$(pages_and_faults "$log"): $packets packets sent"
}
