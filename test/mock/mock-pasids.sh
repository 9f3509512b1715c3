#!/bin/bash
# PASIDs of mock devices are attached where the kernel says they are and reach their space's memory; page requests are read, answered and
# gone.
# machine: --kernel mock
. "$(dirname "$0")/lib.sh"

run mock_pasids
