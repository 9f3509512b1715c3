#!/bin/bash
# What the library maps, copies, mirrors and unmaps is what the page tables of mock devices have, to the byte, and is pinned as often as
# it says.
# machine: --kernel mock
. "$(dirname "$0")/lib.sh"

run mock_maps backend=iommufd,threads=1
run mock_maps backend=iommufd,map=file,threads=4
run mock_maps backend=iommufd,map=va
