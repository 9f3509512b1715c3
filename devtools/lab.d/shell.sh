# The command `shell`: a root shell, or one command, in a guest. It must not know what the guest is used for.
# shellcheck shell=bash

command_shell() {
	local command status=0
	default_machine
	parse_machine "$@"
	shift "$parsed"
	if [ $# -gt 0 ] && { [ "$1" != -- ] || [ $# = 1 ]; }; then die "unknown, or nothing after it: $1; $machine_usage"; fi
	check_machine
	prepare_guest
	if [ $# -gt 0 ]; then
		shift
		command=$*
		[ $# -eq 1 ] || command=$(printf '%q ' "$@")
		run_guest "$command" || status=$?
	elif [ -t 0 ] && [ -t 1 ]; then
		run_guest_on_terminal "exec bash -i" || status=$?
	else
		run_guest "$(cat)" || status=$?
	fi
	keep_results
	return "$status"
}

# What the guest has left in /lab for the host.
keep_results() {
	local kept
	[ "$(ls "$share")" ] || return 0
	kept=$cache/results
	rm -rf "$kept"
	cp -a "$share" "$kept"
	rm -f "$kept"/.[a-z]*
	say "files from the guest's /lab: $kept"
}
