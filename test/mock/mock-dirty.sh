#!/bin/bash
# Which pages devices have written, on mock devices that mark them on request: every marked page is read once, no other is, also when memory
# is unmapped in between.
# machine: --kernel mock
. "$(dirname "$0")/lib.sh"

run mock_dirty
