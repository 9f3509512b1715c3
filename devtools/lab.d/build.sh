# The command `build`: everything that a machine needs, without booting it. It must not know what the guest is for.
# shellcheck shell=bash

command_build() {
	default_machine
	parse_machine "$@"
	shift "$parsed"
	[ $# = 0 ] || die "unknown: $1; $machine_usage"
	check_machine
	prepare_guest
	[ "${machine[arch]}" != arm64 ] || check_arm64_machine
}
