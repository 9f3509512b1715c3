#!/bin/bash
# Models of svanic that have less than the usual one: what is left out is neither announced nor done.
# machine: --nic svanic:link=pair1,pairs=4,ats=off,pri=off --nic virtio:link=pair1,kernel --nic svanic:pasid=off --nic svanic:pri-requests=1
. "$(dirname "$0")/svanic.sh"

check_svanic 01:00.0 02:00.0 less
check_svanic 03:00.0 02:00.0 no-pasid
check_svanic 04:00.0 02:00.0 one-request
