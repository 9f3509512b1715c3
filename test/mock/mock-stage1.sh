#!/bin/bash
# What a page costs that is mapped and unmapped by calls of the kernel, and by stores into a page table of the program's own with
# invalidations on a nested page table; doc/measured.md has the figures.
# machine: --kernel mock
. "$(dirname "$0")/lib.sh"

run mock_stage1
