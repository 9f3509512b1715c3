# What every script in test/mock starts with: `. "$(dirname "$0")/lib.sh"`. The programs that they run are in programs/.
# It must not know of any one test.
# shellcheck shell=bash
set -euo pipefail

[ "${LAB_GUEST:-}" ] || { echo "this runs in the lab's guest: devtools/lab test mock $(basename "$0" .sh)" >&2; exit 1; }

# shellcheck source=../../devtools/guest/functions.sh
. /src/devtools/guest/functions.sh

programs=/usr/libexec/dpdk-iommufd-test

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

check_kernel() {
	local complaints
	complaints=$(dmesg_complaints)
	[ -z "$complaints" ] || fail "the kernel complains: $complaints"
}

# run PROGRAM ARGUMENT...: its tests, one line each.
run() {
	"$programs/$1" "${@:2}" || fail "$*"
	check_kernel
}
