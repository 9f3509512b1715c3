# `devtools/lab test --matrix`: the main job on every combination of DPDK, kernel, IOMMU, NIC and backend. One boot serves the NICs and
# backends of a machine. Each cell's last result is kept in the cache, machines without a result come first, so that a call goes on
# where the one before was stopped; doc/matrix.md is written after each machine.
# It must not know what a cell does (test/matrix/cell.sh) or what the page looks like (matrix.py).
# shellcheck shell=bash

matrix_nics=(e1000e e1000 igb igb-vf virtio svanic)
matrix_iommus=(intel intel-second-stage intel-legacy amd virtio none)
matrix_dir=$cache/matrix # cells: tab-separated, one line for each cell that was run, the last one counts
# Where test/matrix/cell.sh expects them.
# shellcheck disable=SC2054 # the commas are the NICs' own
matrix_machine=(--nic e1000e:link=pair0 --nic virtio:link=pair0,kernel --nic igb:link=pair1 --nic virtio:link=pair1,kernel
	--nic virtio:link=pair2 --nic virtio:link=pair2,kernel --nic svanic:link=pair3 --nic virtio:link=pair3,kernel
	--nic e1000:link=pair4 --nic virtio:link=pair4,kernel)

# Each value of each axis once at least: DPDK, kernel, IOMMU and NIC.
matrix_slice=(
	"24.11 iommufd intel e1000e"
	"22.11 iommufd-6.12 intel-second-stage igb"
	"25.11 iommufd-7.2 amd virtio"
	"24.11 stock intel-legacy e1000"
	"24.11 stock-6.12 virtio igb-vf"
	"24.11 iommufd intel svanic"
	"24.11 stock-7.2 none e1000e"
)

command_matrix() { # MINUTES SLICE NAME...: minutes and slice may be empty
	local minutes=$1 slice=$2 machine_words started=$SECONDS before status=0 total
	shift 2
	mkdir -p "$matrix_dir"
	touch "$matrix_dir/cells"
	ensure_tool_root
	before=$(wc -l <"$matrix_dir/cells")
	while read -r -u 3 -a machine_words; do
		[ -z "$minutes" ] || [ $((SECONDS - started)) -lt $((minutes * 60)) ] || break
		( set -e; run_matrix_machine "${machine_words[@]}" ) </dev/null || say "no results of this machine: ${machine_words[*]}"
		write_matrix
	done 3< <(matrix_machines "$slice" "$@")
	write_matrix
	total=$(tail -n "+$((before + 1))" "$matrix_dir/cells" | cut -f6 | sort | uniq -c | awk '{ print $2 "=" $1 }' | xargs)
	say "the matrix: ${total:-no cell was run}; see doc/matrix.md"
	matrix_summary "$before" || status=1
	return "$status"
}

# The results as of any test: a difference from DPDK's own code is a failure, a documented refusal is none.
matrix_summary() { # LINES-BEFORE
	tail -n "+$(($1 + 1))" "$matrix_dir/cells" | awk -F'\t' '
		$6 == "fail" { failed++; next }
		{ passed++ }
		END { printf "%d passed, %d failed, 0 skipped\n", passed, failed; exit failed > 0 || passed == 0 }'
}

# Lines DPDK KERNEL IOMMU NIC...: those of the slice, or all; first those that were never run, then those whose run is the oldest.
matrix_machines() { # SLICE NAME...
	local line
	local -a words
	if [ "$1" ]; then
		printf '%s\n' "${matrix_slice[@]}"
		return
	fi
	shift
	while read -r -a words; do
		line=$(matrix_line "$@" -- "${words[@]}")
		[ -z "$line" ] || echo "$line"
	done < <(all_matrix_machines | sort -s -n -k1,1 | cut -d' ' -f2-)
}

# The machine with its NICs, where each name that is asked for is one of it: of those that name NICs, only these.
matrix_line() { # NAME... -- DPDK KERNEL IOMMU
	local chosen=() names=() name
	while [ "$1" != -- ]; do names+=("$1"); shift; done
	shift
	for name in "${names[@]}"; do
		if contains "$name" "${matrix_nics[@]}"; then chosen+=("$name"); else contains "$name" "$@" || return 0; fi
	done
	[ ${#chosen[@]} -gt 0 ] || chosen=("${matrix_nics[@]}")
	echo "$* ${chosen[*]}"
}

# Lines RUN DPDK KERNEL IOMMU: RUN is 0 for a machine that was never run, and grows with the time of its last run.
all_matrix_machines() {
	local dpdk kernel iommu
	{
		printf '%s\n' "${matrix_slice[@]}" | cut -d' ' -f1-3
		for iommu in "${matrix_iommus[@]}"; do
			for kernel in "${kernels[@]}"; do
				[ "$kernel" != mock ] || continue
				for dpdk in "${releases[@]}"; do echo "$dpdk $kernel $iommu"; done
			done
		done
	} | awk -F'\t' '
		FILENAME != "-" { last[$1 " " $2 " " $3] = FNR; next }
		!seen[$0]++ { print last[$0] + 0, $0 }
	' "$matrix_dir/cells" -
}

run_matrix_machine() { # DPDK KERNEL IOMMU NIC...
	local dpdk=$1 kernel=$2 iommu=$3 line release="" version="" nic backend outcome seconds note commit
	shift 3
	say "matrix: DPDK $dpdk, kernel $kernel, IOMMU $iommu: $*"
	default_machine
	parse_machine --dpdk "$dpdk" --kernel "$kernel" --iommu "$iommu" "${matrix_machine[@]}"
	check_machine
	prepare_guest
	commit=$(git -C "$checkout" rev-parse --short HEAD 2>/dev/null || echo unknown)
	while IFS= read -r line; do
		case $line in
		"@machine "*) read -r _ release version <<<"$line" ;;
		"@cell "*)
			read -r _ nic backend outcome seconds note <<<"$line"
			printf '%s %s %s (%s s) %s\n' "${outcome^^}" "$nic" "$backend" "$seconds" "$note"
			printf '%s\t' "$dpdk" "$kernel" "$iommu" "$nic" "$backend" "$outcome" "$(date -u +%F)" "$commit" "$release" "$version" \
				>>"$matrix_dir/cells"
			printf '%s\n' "$note" >>"$matrix_dir/cells"
			;;
		*) printf '%s\n' "$line" ;;
		esac
	done < <(DPDK_IOMMUFD_BOOT_LIMIT=${DPDK_IOMMUFD_BOOT_LIMIT:-5400} run_guest "/src/devtools/guest/run-matrix $*" || true)
	[ ! -d "$share/matrix" ] || { mkdir -p "$cache/logs/matrix" && cp "$share"/matrix/* "$cache/logs/matrix/"; }
	[ -n "$release" ]
}

write_matrix() {
	in_root "$tool_root" python3 /src/devtools/lab.d/matrix.py "$(inside "$matrix_dir")/cells" "${releases[*]}" "${kernels[*]}" \
		"${matrix_iommus[*]}" "${matrix_nics[*]}" >"$run_dir/matrix.md"
	cp "$run_dir/matrix.md" "$checkout/doc/matrix.md"
}
