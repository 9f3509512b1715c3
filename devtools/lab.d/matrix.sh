# The matrix: the main job on every combination of DPDK, kernel, IOMMU, NIC and backend. `devtools/lab test --matrix` walks all of them and
# goes on where the call before was stopped; a slice of them is a part of `devtools/lab test`. One boot serves the NICs and backends of a
# machine. Each cell's newest result is kept in $matrix_cells, with the commit that it is of; doc/matrix.md is written from these.
# It must not know what a cell does (test/matrix/cell.sh) or what the page looks like (matrix.py).
# shellcheck shell=bash

matrix_nics=(e1000e e1000 igb igb-vf virtio svanic)
matrix_iommus=(intel intel-second-stage intel-legacy amd virtio none)
matrix_backends=(stock iommufd type1)       # in the order of their runs: type1 is compared with DPDK's own code
matrix_cells=$checkout/test/matrix/cells.tsv # the fields of a line: see matrix.py
matrix_new=$run_dir/matrix-cells             # those of this call, as they come
# Where test/matrix/cell.sh expects them.
# shellcheck disable=SC2054 # the commas are the NICs' own
matrix_machine=(--nic e1000e:link=pair0 --nic virtio:link=pair0,kernel --nic igb:link=pair1 --nic virtio:link=pair1,kernel
	--nic virtio:link=pair2 --nic virtio:link=pair2,kernel --nic svanic:link=pair3 --nic virtio:link=pair3,kernel
	--nic e1000:link=pair4 --nic virtio:link=pair4,kernel)

# Guests for arm64 are machines of their own, and no axis: they have one release, one kernel of the lab's and no svanic (--arch arm64). Their
# kernel is called so that no cell is one of an amd64 guest's.
arm64_matrix_machines=("24.11 iommufd-arm64 smmuv3" "24.11 iommufd-arm64 none")
arm64_matrix_nics=(e1000e e1000 igb igb-vf virtio)

# Each value of each axis once at least, by one boot for each kernel.
matrix_slice=(
	"24.11 iommufd intel svanic"
	"22.11 iommufd-6.12 intel-second-stage igb"
	"25.11 iommufd-7.2 none e1000e"
	"24.11 stock intel-legacy e1000"
	"24.11 stock-6.12 virtio igb-vf"
	"24.11 stock-7.2 amd virtio"
)

# --- the machines -------------------------------------------------------------------------------------------------------------------

# matrix_machines NAME...: lines DPDK KERNEL IOMMU NIC... of all of $test_arch that have each of these names; first those of matrix_pairs that were never
# run, then the others with cells that were never run, and only these cells' NICs, then those whose newest run is the oldest.
matrix_machines() {
	local names=() chosen=() name
	for name in "$@"; do
		if contains "$name" "${matrix_nics[@]}"; then chosen+=("$name"); else names+=("$name"); fi
	done
	if [ ${#chosen[@]} = 0 ]; then
		chosen=("${matrix_nics[@]}")
		! is_matrix_of_arm64 || chosen=("${arm64_matrix_nics[@]}")
	fi
	walked_machines | machines_with "${names[@]}" | machines_by_age "${chosen[@]}"
}

is_matrix_of_arm64() { [ "${test_arch:-amd64}" = arm64 ]; }

walked_machines() {
	if is_matrix_of_arm64; then
		printf '%s\n' "${arm64_matrix_machines[@]}"
	else
		matrix_pairs
		all_matrix_machines
	fi
}

# Lines DPDK KERNEL IOMMU NIC in which each pair of values of two of these axes stands once at least, with as many lines as kernels and IOMMUs
# have pairs; each kernel and each IOMMU is in the first lines. A line is run with all backends.
matrix_pairs() {
	local step k i
	for ((step = 0; step < ${#matrix_iommus[@]}; step++)); do
		for ((k = 0; k < ${#distribution_kernels[@]}; k++)); do
			i=$(((k + step) % ${#matrix_iommus[@]}))
			echo "${releases[(i + k / 2) % ${#releases[@]}]} ${distribution_kernels[k]} ${matrix_iommus[i]} ${matrix_nics[(i + k) % ${#matrix_nics[@]}]}"
		done
	done
}

all_matrix_machines() {
	local dpdk kernel iommu
	{
		printf '%s\n' "${matrix_slice[@]}" | cut -d' ' -f1-3
		for iommu in "${matrix_iommus[@]}"; do
			for kernel in "${distribution_kernels[@]}"; do
				for dpdk in "${releases[@]}" ${dpdk_source:+source}; do echo "$dpdk $kernel $iommu"; done
			done
		done
	} | awk '!seen[$0]++'
}

machines_with() { # NAME...
	awk -v names="$*" '
		BEGIN { count = split(names, wanted, " ") }
		{ for (i = 1; i <= count; i++) if ($1 != wanted[i] && $2 != wanted[i] && $3 != wanted[i]) next; print }'
}

# Reads lines as of matrix_pairs and, after these, lines DPDK KERNEL IOMMU.
machines_by_age() { # NIC...
	awk -F'[\t ]' -v nics="$*" -v backends="${#matrix_backends[@]}" '
		BEGIN { count = split(nics, nic, " "); for (i = 1; i <= count; i++) is_wanted[nic[i]] = 1 }
		FILENAME != "-" { known[$1 " " $2 " " $3 " " $4]++; if ($7 > date[$1 " " $2 " " $3]) date[$1 " " $2 " " $3] = $7; next }
		NF == 4 {
			if (known[$0] < backends && is_wanted[$4]) { print "never", $0; comes_first[$0] = 1 }
			next
		}
		{
			missing = ""
			first = 0
			for (i = 1; i <= count; i++) {
				if (comes_first[$0 " " nic[i]]) first++
				else if (known[$0 " " nic[i]] < backends) missing = missing " " nic[i]
			}
			if (missing) print "never", $0 missing
			else if (!first) print date[$0], $0 " " nics
		}' "$(existing "$matrix_cells")" - | sed 's/^never/0/' | sort -s -k1,1 | cut -d' ' -f2-
}

existing() { if [ -f "$1" ]; then echo "$1"; else echo /dev/null; fi; } # FILE

# --- a machine's run ----------------------------------------------------------------------------------------------------------------

matrix_cell_seconds=15 # about

# queue_machines NUMBER: reads machines and queues them; those in front are taken first where NUMBER is large, or by their length where it is empty.
queue_machines() {
	local first=$1 words
	while read -r -a words; do
		add_item "${first:-$((boot_seconds + matrix_cell_seconds * ${#matrix_backends[@]} * (${#words[@]} - 3)))}" matrix "${words[@]}"
		[ -z "$first" ] || first=$((first - 1))
	done
}

run_matrix_item() { # WORKER DPDK KERNEL IOMMU NIC...
	local worker=$1 dpdk=$2 kernel=$3 iommu=$4 line release="" version="" nic backend outcome seconds note stock="" started mark
	local machine_line="--dpdk $2 --kernel $3 --iommu $4, matrix"
	[ -z "$matrix_until" ] || [ "$SECONDS" -lt "$matrix_until" ] || return 0
	touch "$run_dir/matrix-begun.$worker"
	shift 4
	say "matrix: DPDK $dpdk, kernel $kernel, IOMMU $iommu: $*"
	doing "$worker" "matrix: preparing DPDK $dpdk, kernel $kernel, IOMMU $iommu"
	started=$(now)
	use_guest "guest$worker"
	default_machine
	choose_matrix_machine "$dpdk" "$kernel" "$iommu"
	check_machine
	prepare_guest
	note_time "$machine_line" prepare "$(since "$started")"
	mark=$(now)
	doing "$worker" "matrix: DPDK $dpdk, kernel $kernel, IOMMU $iommu"
	while IFS= read -r line; do
		case $line in
		"@machine "*)
			read -r _ release version <<<"$line"
			note_time "$machine_line" boot "$(since "$mark")"
			mark=$(now)
			;;
		"@cell "*)
			read -r _ nic backend outcome seconds note <<<"$line"
			note_time "$machine_line" tests "$(since "$mark")"
			mark=$(now)
			[ "$backend" != stock ] || stock=$outcome
			report_together keep_cell "$dpdk" "$kernel" "$iommu" "$nic" "$backend" "$outcome" "$(date -u +%F)" "$matrix_commit" "$release" "$version" "$note"
			report_cell
			;;
		*) printf '%s\n' "$line" ;;
		esac
	done < <(DPDK_IOMMUFD_BOOT_LIMIT=${DPDK_IOMMUFD_BOOT_LIMIT:-5400} run_guest "/src/devtools/guest/run-matrix '${matrix_backends[*]}' $*" || true)
	[ ! -d "$share/matrix" ] || { mkdir -p "$cache/logs/matrix" && cp "$share"/matrix/* "$cache/logs/matrix/"; }
	[ -n "$release" ]
}

# Another NIC is in svanic's place on arm64, so that all have the same addresses.
choose_matrix_machine() { # DPDK KERNEL IOMMU
	if [[ $2 == *-arm64 ]]; then
		parse_machine --arch arm64 --dpdk "$1" --kernel "${2%-arm64}" --iommu "$3" "${matrix_machine[@]/svanic:/virtio:}"
	else
		parse_machine --dpdk "$1" --kernel "$2" --iommu "$3" "${matrix_machine[@]}"
	fi
}

keep_cell() { # FIELD...
	local IFS=$'\t'
	printf '%s\n' "$*" >>"$matrix_new"
}

# A documented refusal is none of the library's failures, but for legacy containers that DPDK's own code has used.
report_cell() {
	local result=pass note=$note log=$share/matrix/$nic.$backend.log
	[ "$outcome" != fail ] || result=fail
	if [ "$backend $outcome $stock" = "type1 refused ok" ]; then result=fail note="DPDK's own code did it, and type1 did not: $note"; fi
	[ "$outcome" != refused ] || note="refused: $note"
	report "$result" matrix "$(cell_name "$dpdk" "$kernel" "$iommu" "$nic" "$backend")" "$seconds" "$note" "$log"
}

cell_name() { (IFS=-; echo "matrix-$*"); } # DPDK KERNEL IOMMU NIC BACKEND

# For a machine that was not begun, because the time was over, no results are missing.
end_matrix_item() { # WORKER DPDK KERNEL IOMMU NIC...
	local nic backend names=()
	[ -f "$run_dir/matrix-begun.$1" ] || return 0
	rm "$run_dir/matrix-begun.$1"
	shift
	for nic in "${@:4}"; do
		for backend in "${matrix_backends[@]}"; do names+=("$(cell_name "$1" "$2" "$3" "$nic" "$backend")"); done
	done
	report_without_result matrix "${names[@]}"
}

matrix_commit=

# What the results are of: the commit, and whether the checkout is another than that beyond this page and its cells. It is asked once,
# before the project is built.
set_matrix_commit() {
	matrix_commit=$(git -C "$checkout" rev-parse --short=10 HEAD 2>/dev/null) || { matrix_commit=unknown; return; }
	git -C "$checkout" diff --quiet HEAD -- . ':!doc' ':!test/matrix/cells.tsv' || matrix_commit+=-changed
}

# --- `test --matrix` ----------------------------------------------------------------------------------------------------------------

matrix_until="" # a time as of SECONDS, or empty

# queue_whole_matrix MINUTES SLICE NAME...: queues what is to be run. Minutes and slice may be empty; with 0 minutes nothing is run.
queue_whole_matrix() {
	local minutes=$1 slice=$2
	shift 2
	[ -z "$minutes" ] || matrix_until=$((SECONDS + minutes * 60))
	[ "$minutes" != 0 ] || return 0
	if [ "$slice" ]; then queue_slice; return; fi
	set_matrix_commit
	queue_machines 9999 < <(matrix_machines "$@")
}

# As a part of `test`; a name of a cell is none of a test that can be asked for alone.
queue_matrix_tests() { [ $# -gt 0 ] || queue_slice; } # NAME...

queue_slice() {
	set_matrix_commit
	queue_machines "" < <(printf '%s\n' "${matrix_slice[@]}")
}

write_matrix() {
	ensure_tool_root
	touch "$matrix_new"
	in_root "$tool_root" python3 /src/devtools/lab.d/matrix.py "$(if [ -f "$matrix_cells" ]; then echo "/src/${matrix_cells#"$checkout"/}"; else echo /dev/null; fi)" \
		/run/lab/matrix-cells /run/lab/cells.tsv /run/lab/matrix.md "${releases[*]}" "${distribution_kernels[*]}" "${matrix_iommus[*]}" "${matrix_nics[*]}" \
		"$(printf '%s\n' "${arm64_matrix_machines[@]}")" "${arm64_matrix_nics[*]}"
	cp "$run_dir/cells.tsv" "$matrix_cells"
	cp "$run_dir/matrix.md" "$checkout/doc/matrix.md"
}
