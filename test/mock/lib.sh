# What every script in test/mock starts with: `. "$(dirname "$0")/lib.sh"`. The programs that they run are in programs/.
# It must not know of any one test.
# shellcheck shell=bash
set -euo pipefail

[ "${LAB_GUEST:-}" ] || { echo "this runs in the lab's guest: devtools/lab test mock $(basename "$0" .sh)" >&2; exit 1; }

programs=/usr/libexec/dpdk-iommufd-test

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

# What the kernel itself complains of since the script began fails it.
check_kernel() {
	local complaints
	complaints=$(dmesg | awk '/lab: script / { text = "" } /WARNING:|BUG:|leaked/ { text = text $0 "\n" } END { printf "%s", text }')
	[ -z "$complaints" ] || fail "the kernel complains: $complaints"
}

# run PROGRAM ARGUMENT...: its tests, one line each.
run() {
	"$programs/$1" "${@:2}" || fail "$*"
	check_kernel
}
