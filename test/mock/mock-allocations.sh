#!/bin/bash
# Each of the kernel's allocations in a life of address spaces fails once: the library reports it once, and nothing is left behind.
# machine: --kernel mock
. "$(dirname "$0")/lib.sh"

run mock_allocations backend=iommufd,threads=1
run mock_allocations backend=iommufd,map=va,threads=1
