#!/bin/bash
# The model of svanic does what its datasheet says: a program drives the bare device, and looks at the wire from the other end.
# machine: --nic svanic:link=pair0 --nic virtio:link=pair0,kernel
. "$(dirname "$0")/svanic.sh"

check_svanic 01:00.0 02:00.0
