#!/bin/bash
# Each of the kernel's allocations in a life of address spaces fails once: the library reports it once, and nothing is left behind.
# machine: --kernel mock
# deadline: 400
. "$(dirname "$0")/lib.sh"

# So that the C library counts as free what is free: mallinfo2() takes the chunks in a thread's cache for used ones.
export GLIBC_TUNABLES=glibc.malloc.tcache_count=0
dmesg -n 1 # the log has each failure: not on the slow console
run mock_allocations backend=iommufd,threads=1
run mock_allocations backend=iommufd,map=va,threads=1
