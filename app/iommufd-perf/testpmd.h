/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef TESTPMD_H
#define TESTPMD_H

/*
 * One life of dpdk-testpmd that sends: from its start to its first packet on the
 * wire, and how many packets a second it sends then.
 *
 * Must not know: what is compared with what.
 */

#include <stdint.h>

struct testpmd {
	const char *device;
	const char *interface;	/* at the other end of the wire */
	int wire;		/* wire_open() of it; -1: none */
	unsigned int mbufs;	/* that go round; 0: 16384 */
	const char *settings;	/* RTE_IOMMUFD */
	const char *backend;	/* that its line shall name */
	const char *const *eal; /* more EAL arguments, NULL at the end */
	const char *trace;	/* strace writes here; NULL: no strace */
	unsigned int seconds;	/* of statistics; 0: none, and no rate */
	const char *counter;	/* of the extended statistics; NULL: none */
};

struct testpmd_result {
	double first_packet; /* seconds from its start; without a wire: 0 */
	double rate;	     /* packets per second, median of its seconds */
	uint64_t counted;    /* by how much the counter grew in these seconds */
};

/* 0 or -1, which is said. */
int testpmd_run(const struct testpmd *testpmd, struct testpmd_result *result);

#endif /* TESTPMD_H */
