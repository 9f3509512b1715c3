#!/bin/sh
# Without -Dsvanic=enabled nothing of svanic is installed, whatever else is; with it, its driver is.
# svanic_is_an_option.sh MESON SOURCE
set -eu
meson=$1 source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "$*" >&2
	exit 1
}

installed() { # OPTION: what a build with it installs
	"$meson" setup "$work/$1" "$source" --prefix=/usr -Dvm_programs=true "-Dsvanic=$1" >"$work/log" 2>&1 ||
		fail "meson setup -Dsvanic=$1: $(tail -n 5 "$work/log")"
	"$meson" introspect --installed "$work/$1" | tr ',' '\n'
}

installed disabled >"$work/without"
grep -q 'librte_iommufd_sva' "$work/without" || fail "librte_iommufd_sva is not installed without svanic"
grep -q 'librte_eal_iommufd' "$work/without" || fail "nothing is installed: this test tells nothing"
# Paths of the folders may have the word.
! sed "s|$source||g; s|$work||g" "$work/without" | grep 'svanic' || fail "without -Dsvanic=enabled there is this of svanic"
installed enabled >"$work/with"
grep -q 'librte_net_svanic' "$work/with" || fail "with -Dsvanic=enabled librte_net_svanic is not installed"
