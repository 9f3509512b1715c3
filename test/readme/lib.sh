# What runs the blocks of a Markdown file: `. lib.sh; run_blocks FILE CONTEXT`. It fails at the first command that fails.
# It must not know the file.
# shellcheck shell=bash

readme_tests=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
block_output=$(mktemp)
block="" # the one that runs
exec {readme_stderr}>&2

block_begins() {
	block=$1
	echo "== $block"
}

block_ends() {
	cat "$block_output"
	ended=$block block=""
}

expect_printed() { # LINE
	grep -qF -- "$1" "$block_output" || {
		echo "FAILED: $ended does not print: $1" >&2
		exit 1
	}
}

# For a trap: where errexit ends a block, its output still goes to the file.
show_failed_block() {
	[ -z "$block" ] || {
		echo "FAILED: $block:"
		cat "$block_output"
	} >&"$readme_stderr"
}

run_blocks() { # FILE CONTEXT
	local script
	script=$(python3 "$readme_tests/blocks.py" "$1" "$2")
	[ "$script" ] || { echo "FAILED: $1 has nothing for $2" >&2; return 1; }
	eval "$script"
}

# apt asks nothing, and what it wants is installed already or a file. (A root of the lab has a default release without its lists.)
prepare_apt() {
	find /etc/apt/apt.conf.d -type f -exec grep -q Default-Release {} \; -delete
	echo 'APT::Get::Assume-Yes "true";' >/etc/apt/apt.conf.d/99yes
	export DEBIAN_FRONTEND=noninteractive
}
