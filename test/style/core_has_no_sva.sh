#!/bin/sh
# The core has nothing of shared virtual addressing: no symbol, no object file; and a program that links the core alone does not load
# librte_iommufd_sva.
# core_has_no_sva.sh LIBRARY ARCHIVE PROGRAM
set -eu
library=$1 archive=$2 program=$3

fail() {
	echo "$*" >&2
	exit 1
}

symbols=$(nm --dynamic --defined-only "$library")
echo "$symbols" | grep -q 'rte_iommufd_space_create' || fail "nm shows no symbol of $library: this test tells nothing"
! echo "$symbols" | grep -i 'sva' || fail "$library has these symbols of SVA"
nm "$archive" | grep -q 'core_context.c.o:' || fail "nm shows no object file of $archive: this test tells nothing"
! nm "$archive" | grep -iE 'sva|userfault' || fail "$archive has these symbols or object files of SVA"
loaded=$("$program")
echo "$loaded" | grep -q '^librte_eal_iommufd' || fail "$program has not loaded the core: $loaded"
! echo "$loaded" | grep 'sva' || fail "$program has loaded it"
