# What scripts share that look at dpdk-iommufd-info. Sourced after lib.sh.
# It must not know of any one machine.
# shellcheck shell=bash

need_command dpdk-iommufd-info
schema=/src/doc/info-schema.json

# is_as_wanted FILE FIELD...: by one program for all of a script's files, since Python takes half a second to start under TCG.
is_as_wanted() {
	local line=""
	[ -n "${checker_PID:-}" ] || coproc checker { exec python3 /src/test/vm/info_check.py "$schema"; }
	printf '%s\0' "$@" "" >&"${checker[1]}"
	while [ "$line" != right ] && [ "$line" != wrong ]; do
		IFS= read -r -u "${checker[0]}" line || return
		echo "$line"
	done
	[ "$line" = right ]
}

# golden NAME ARGUMENTS... -- FIELD...: the tool's JSON with these arguments is as the schema says and has these fields, as
# info_check.py reads them. It stays in $work/NAME.json.
golden() {
	local name=$1 arguments=()
	shift
	while [ "$1" != -- ]; do
		arguments+=("$1")
		shift
	done
	shift
	echo "== $name"
	"${info[@]}" --json "${arguments[@]}" >"$work/$name.json" || [ $? = 1 ] || fail "dpdk-iommufd-info ended with a wrong status"
	is_as_wanted "$work/$name.json" "$@" || { cat "$work/$name.json"; fail "$name: wrong fields"; }
}
info=(dpdk-iommufd-info) # how it is started

# doctor NAME FINDING ARGUMENTS...: the doctor finds this and nothing else. What it prints is in $work/NAME.doctor, the commands in
# $work/NAME.commands, exactly as they are printed.
doctor() {
	local name=$1 finding=$2
	shift 2
	golden "$name" --doctor "$@" -- "doctor.found=[\"$finding\"]"
	"${info[@]}" --doctor "$@" >"$work/$name.doctor" && fail "$name: exit status 0, and something was found"
	cat "$work/$name.doctor"
	sed -nE 's/^ +[0-9]+\. //p' "$work/$name.doctor" >"$work/$name.commands"
}

# Runs them, each as it is, and stops at the first that fails.
run_commands() { # NAME
	[ -s "$work/$1.commands" ] || fail "$1: the doctor prints no commands"
	bash -ex "$work/$1.commands" || fail "$1: a command of the doctor's failed"
}

nothing_left() { # ARGUMENTS...
	"${info[@]}" --doctor "$@" >"$work/nothing_left.doctor" || { cat "$work/nothing_left.doctor"; fail "the doctor still finds something"; }
}
