# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The dpdk-iommufd authors
"""dpdk-iommufd-perf, but for what has to be C: the ioctls that are measured (../*.c, a program of its own).

A module may import those above it in this list:

    messages      what is said beside the figures
    samples       ratios and the interval of a median
    report        figures as a table and as JSON
    compare       two such files
    suites        which suites there are, and what each wants
    options       the command line
    child, telemetry, wire, strace     a testpmd's process, its statistics, its packets, its system calls
    first_packet, sender               one life of testpmd: until it sends, and sending by turns
    ioctls, start, forward, sva_forward     the suites: by the C program, and by testpmd
    main
"""
