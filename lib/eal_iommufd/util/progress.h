/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef PROGRESS_H
#define PROGRESS_H

/*
 * Logs a line from time to time during long work, so that a program that pins hundreds of
 * gigabytes does not seem to hang. Work that takes only seconds logs nothing. Any thread
 * may report.
 *
 * Must not know: what the work is.
 */

#include <stdatomic.h>
#include <stdint.h>

struct progress {
	const char *what; /* as in "mapping memory for devices" */
	uint64_t total;	  /* in bytes */
	_Atomic uint64_t done;
	_Atomic uint64_t next; /* time of the next line, in milliseconds */
};

void progress_start(
	struct progress *progress, const char *what, uint64_t total);

/* Adds to the bytes that are done. */
void progress_add(struct progress *progress, uint64_t bytes);

/* Whether a line is due at that time; it is due for one thread only. */
int progress_is_due(struct progress *progress, uint64_t milliseconds);

#endif /* PROGRESS_H */
