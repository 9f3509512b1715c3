# What became of the tests: a line for each as it ends, the counts, where the time went, and JUnit's XML.
# Several processes of one lab report at once: what belongs together is printed together, and everything is kept in files.
# It must not know how a test is run.
# shellcheck shell=bash

results=$run_dir/results # a line for each result: STATUS KIND NAME SECONDS NOTE, with tabs
outputs=$run_dir/outputs # what the failed ones printed, in files KIND.NAME
spent=$run_dir/spent     # a line for each piece of work: MACHINE prepare|boot|scripts SECONDS, with tabs
processor_times=$run_dir/processor_times # a line for each script in a guest: SECONDS NAME, with a tab

start_results() {
	mkdir -p "$outputs"
	: >"$results"
	: >"$spent"
	: >"$processor_times"
}

# report pass|fail|skip KIND NAME SECONDS NOTE [LOG]: SECONDS is empty where nobody knows it. A failure shows the log.
report() { report_together write_report "$@"; }

# report_together FUNCTION ARGUMENTS...: nobody else prints results meanwhile.
report_together() {
	local fd
	exec {fd}>"$run_dir/report.lock"
	flock "$fd"
	clear_progress
	"$@"
	exec {fd}>&-
}

# Without other programs: there are hundreds of unit tests.
write_report() {
	local status=$1 kind=$2 name=$3 seconds=$4 note=$5 log=${6:-} shown=$5
	[ -z "$seconds" ] || printf -v shown '%.1f s%s' "$seconds" "${note:+: $note}"
	printf '%s %s%s\n' "${status^^}" "$name" "${shown:+ ($shown)}"
	printf '%s\t%s\t%s\t%s\t%s\n' "$status" "$kind" "$name" "$seconds" "$note" >>"$results"
	if [ "$status" = fail ] && [ -s "$log" ]; then
		sed 's/^/    /' "$log"
		cp "$log" "$outputs/$kind.$name"
	fi
}

# run_as_test KIND NAME NOTE COMMAND...: the command is the test, and what it prints is shown when it fails. NOTE is empty, or `last line`:
# of what it printed. As in any condition, bash ignores failures within a function that is called so.
run_as_test() {
	local kind=$1 name=$2 note=$3 log=$run_dir/$2.log started
	shift 3
	started=$(now)
	if "$@" >"$log" 2>&1; then
		report pass "$kind" "$name" "$(since "$started")" "${note:+$(tail -n 1 "$log")}"
	else
		report fail "$kind" "$name" "$(since "$started")" "" "$log"
	fi
	note_time "$kind" tests "$(since "$started")"
}

report_without_result() { # KIND NAME...: what has ended before them was reported above
	local kind=$1 name
	for name in "${@:2}"; do
		has_result "$name" || report fail "$kind" "$name" "" "it could not be run: see above"
	done
}

count_results() { awk -F'\t' -v status="$1" '$1 == status { n++ } END { print n + 0 }' "$results"; } # STATUS

# has_result NAME: of this name, or of a program whose tests count each for itself. Read to the end: to stop early would end the command
# before it by SIGPIPE, which pipefail makes a failure.
has_result() { cut -f3 "$results" | sed 'p; s/:.*//' | grep -xF -- "$1" >/dev/null; }

# note_time MACHINE prepare|boot|scripts SECONDS
note_time() { printf '%s\t%s\t%s\n' "$@" >>"$spent"; }

now() { echo "$EPOCHREALTIME"; }

since() { awk -v from="$1" -v to="${2:-$EPOCHREALTIME}" 'BEGIN { printf "%.1f\n", to - from }'; } # TIME [LATER]

note_processor_time() { printf '%s\t%s\n' "$2" "$1" >>"$processor_times"; } # NAME SECONDS

# --- where the time went ------------------------------------------------------------------------------------------------------

show_times() { # SECONDS JOBS
	local processor
	times >"$run_dir/times_used" # here: a subshell has used nothing
	processor=$(awk -F'[ms ]+' '{ sum += 60 * $1 + $2 + 60 * $3 + $4 } END { printf "%.0f", sum }' "$run_dir/times_used")
	echo "The time: $1 s, $2 at once, $processor s of processor time. Seconds for each machine:"
	awk -F'\t' '
		{ if (!($1 in sum)) order[++n] = $1; sum[$1] += $3; part[$1, $2] += $3 }
		$2 == "boot" { boots[$1]++; all++ }
		{ total[$2] += $3 }
		END {
			printf "  %8s %5s %8s %8s  %s\n", "prepare", "boots", "booting", "tests", "machine"
			for (i = 1; i <= n; i++) {
				m = order[i]
				line = sprintf("  %8.1f %5d %8.1f %8.1f  %s", part[m, "prepare"], boots[m], part[m, "boot"], part[m, "tests"], m)
				print substr(line, 1, 150)
			}
			printf "  %8.1f %5d %8.1f %8.1f  all\n", total["prepare"], all, total["boot"], total["tests"]
		}' "$spent"
	echo "The slowest:"
	awk -F'\t' '$4 != "" { print $4 "\t" $3 }' "$results" | show_ten_largest
	[ -s "$processor_times" ] || return 0
	echo "What took most of the guests' processor time:"
	show_ten_largest <"$processor_times"
}

show_ten_largest() { sort -rn | awk -F'\t' 'NR <= 10 { printf "  %8.1f  %s\n", $1, $2 }'; } # reads lines SECONDS NAME, with a tab

# --- how long each took, for the next time ------------------------------------------------------------------------------------

times_file=$cache/times

# Lines NAME SECONDS. Two labs that end at once may lose one's times; no line is ever half a one.
keep_times() {
	awk -F'\t' '$4 != "" && $1 != "skip" && $2 != "matrix" { print $3, $4 }' "$results" >"$run_dir/times"
	awk '{ seconds[$1] = $2 } END { for (name in seconds) print name, seconds[name] }' \
		<(cat "$times_file" 2>/dev/null) "$run_dir/times" >"$run_dir/times.new"
	mv "$run_dir/times.new" "$times_file"
}

# --- JUnit --------------------------------------------------------------------------------------------------------------------

write_junit() { # FILE SECONDS
	{
		echo '<?xml version="1.0" encoding="UTF-8"?>'
		printf '<testsuites tests="%d" failures="%d" skipped="%d" time="%s">\n' \
			"$(wc -l <"$results")" "$(count_results fail)" "$(count_results skip)" "$2"
		junit_suites
		echo '</testsuites>'
	} >"$1"
}

junit_suites() {
	local kind
	for kind in $(cut -f2 "$results" | sort -u); do
		printf '<testsuite name="%s" tests="%d" failures="%d" skipped="%d">\n' "$kind" "$(junit_count "$kind" .)" \
			"$(junit_count "$kind" fail)" "$(junit_count "$kind" skip)"
		junit_cases "$kind"
		echo '</testsuite>'
	done
}

junit_count() { awk -F'\t' -v kind="$1" -v status="$2" '$2 == kind && $1 ~ status { n++ } END { print n + 0 }' "$results"; }

# read skips an empty field between tabs: a tab is white space.
junit_cases() { # KIND
	local status kind name seconds note
	while IFS=$'\x1f' read -r status kind name seconds note; do
		[ "$kind" = "$1" ] || continue
		note=$(xml_text <<<"$note")
		printf '<testcase classname="%s" name="%s" time="%s">' "$kind" "$(xml_text <<<"$name")" "${seconds:-0}"
		case $status in
		skip) printf '<skipped message="%s"/>' "$note" ;;
		fail)
			printf '<failure message="%s">' "$note"
			[ ! -f "$outputs/$kind.$name" ] || xml_text <"$outputs/$kind.$name"
			printf '</failure>'
			;;
		esac
		echo '</testcase>'
	done < <(tr '\t' '\037' <"$results")
}

# XML has no way to write most control characters.
xml_text() { LC_ALL=C tr -d '\000-\010\013-\037' | sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/"/\&quot;/g'; }
