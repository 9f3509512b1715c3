/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVA_REPORT_H
#define SVA_REPORT_H

/*
 * The log lines of the service thread. It must not log by itself: to log takes locks and
 * memory of the C library, and the owner of such a lock may be waiting for the service
 * thread (sva.h). So it stores a note, and a thread that may wait logs the note.
 *
 * Devices can repeat a refused request without limit. So each kind is logged once for
 * each sva, and the statistics count the others.
 *
 * Must not know: sva's other parts.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum sva_report_kind {
	SVA_REPORT_NOT_FOLLOWED, /* memory whose changes are not reported */
	SVA_REPORT_MAP,		 /* the kernel does not map it */
	SVA_REPORT_LIMIT,	 /* one group needs more than pin_limit */
	SVA_REPORT_UNMAP,	 /* the kernel does not unmap it */
	SVA_REPORT_ENDED,	 /* the service has ended */
	SVA_REPORT_KINDS,
};

struct sva_note {
	bool noted;
	bool logged;
	uint64_t start;
	uint64_t length;
	uint32_t rights;
	int error;
};

struct sva_report {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	bool ending;
	struct sva_note notes[SVA_REPORT_KINDS];
};

/* 0 or -errno, not logged. */
int sva_report_start(struct sva_report *report);
/* All notes are logged when this returns. */
void sva_report_stop(struct sva_report *report);

/* Logs at once, and each time. For threads that may log. */
void sva_report_log(enum sva_report_kind kind, uint64_t start, uint64_t length,
	uint32_t rights, int error);

/* Waits only for locks that are held for a short time. */
void sva_report(struct sva_report *report, enum sva_report_kind kind,
	uint64_t start, uint64_t length, uint32_t rights, int error);

#endif /* SVA_REPORT_H */
