/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef TESTPMD_H
#define TESTPMD_H

/*
 * One life of dpdk-testpmd that sends: from its start to its first packet on the
 * wire.
 *
 * Must not know: what is compared with what.
 */

struct testpmd {
	const char *device;
	const char *interface;	/* at the other end of the wire */
	int wire;		/* wire_open() of it */
	const char *settings;	/* RTE_IOMMUFD */
	const char *backend;	/* that its line shall name */
	const char *const *eal; /* more EAL arguments, NULL at the end */
	const char *trace;	/* strace writes here; NULL: no strace */
};

struct testpmd_result {
	double first_packet; /* seconds from its start */
};

/* 0 or -1, which is said. */
int testpmd_run(const struct testpmd *testpmd, struct testpmd_result *result);

/* EAL leaves its hugepages for the next start, which would clear them. */
void testpmd_remove_files(const char *prefix);

#endif /* TESTPMD_H */
