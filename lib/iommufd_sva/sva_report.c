/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The log lines of the service thread; see sva_report.h. */

#include <errno.h>
#include <inttypes.h>

#include <rte_errno.h>

#include "rte_iommufd_internal.h"
#include "sva_report.h"
#include "sva_thread.h"
#include "util/sva_log.h"

#define WHY_SIZE 512

static const char *
why_not_followed(int error)
{
	switch (error) {
	case -EBUSY:
		return "another userfaultfd follows it";
	case -EPERM:
		return "it is a shared mapping of a file that is open for reading only: map it privately";
	case -EINVAL:
		return "it is memory of a device or of the kernel";
	default:
		return rte_strerror(-error);
	}
}

static void
log_refused_map(const struct sva_note *note)
{
	char why[WHY_SIZE];

	rte_iommufd_fault_space_explain(why, sizeof(why), note->start,
		note->length, note->rights, note->error);
	SVA_LOG(ERR, "memory that devices ask for cannot be had: %s", why);
}

static void
log_note(enum sva_report_kind kind, const struct sva_note *note)
{
	switch (kind) {
	case SVA_REPORT_NOT_FOLLOWED:
		SVA_LOG(ERR,
			"devices do not get %#" PRIx64
			", because changes of this memory cannot be followed: %s",
			note->start, why_not_followed(note->error));
		break;
	case SVA_REPORT_MAP:
		log_refused_map(note);
		break;
	case SVA_REPORT_LIMIT:
		SVA_LOG(ERR,
			"more is asked for at a time than pin_limit allows, at %#" PRIx64
			": raise rte_iommufd_sva_options.pin_limit",
			note->start);
		break;
	case SVA_REPORT_UNMAP:
		SVA_LOG(ERR,
			"the kernel keeps %#" PRIx64 ", %" PRIu64
			" bytes, within devices' reach: %s; unbind them",
			note->start, note->length, rte_strerror(-note->error));
		break;
	case SVA_REPORT_ENDED:
		SVA_LOG(ERR,
			"shared virtual addressing has ended, all that devices ask for is refused now: %s; when all who use it have unbound and ended it, there can be another",
			rte_strerror(-note->error));
		break;
	default:
		break;
	}
}

void
sva_report_log(enum sva_report_kind kind, uint64_t start, uint64_t length,
	uint32_t rights, int error)
{
	const struct sva_note note = {
		.start = start,
		.length = length,
		.rights = rights,
		.error = error,
	};

	log_note(kind, &note);
}

/* The lock is held, but not while a line is logged. */
static void
log_what_is_new(struct sva_report *report)
{
	struct sva_note note;
	int kind;

	for (kind = 0; kind < SVA_REPORT_KINDS; kind++) {
		note = report->notes[kind];
		if (!note.noted || note.logged)
			continue;
		report->notes[kind].logged = true;
		pthread_mutex_unlock(&report->lock);
		log_note(kind, &note);
		pthread_mutex_lock(&report->lock);
	}
}

static void *
sva_report_run(void *argument)
{
	struct sva_report *report = argument;
	bool ending;

	pthread_mutex_lock(&report->lock);
	do {
		ending = report->ending;
		log_what_is_new(report);
		if (!ending && !report->ending)
			pthread_cond_wait(&report->changed, &report->lock);
	} while (!ending);
	pthread_mutex_unlock(&report->lock);
	return NULL;
}

int
sva_report_start(struct sva_report *report)
{
	int ret;

	*report = (struct sva_report){ .ending = false };
	pthread_mutex_init(&report->lock, NULL);
	pthread_cond_init(&report->changed, NULL);
	ret = sva_thread_start(
		&report->thread, "iommufd-sva-log", sva_report_run, report);
	if (ret == 0)
		return 0;
	pthread_cond_destroy(&report->changed);
	pthread_mutex_destroy(&report->lock);
	return ret;
}

void
sva_report_stop(struct sva_report *report)
{
	pthread_mutex_lock(&report->lock);
	report->ending = true;
	pthread_cond_signal(&report->changed);
	pthread_mutex_unlock(&report->lock);
	pthread_join(report->thread, NULL);
	pthread_cond_destroy(&report->changed);
	pthread_mutex_destroy(&report->lock);
}

void
sva_report(struct sva_report *report, enum sva_report_kind kind, uint64_t start,
	uint64_t length, uint32_t rights, int error)
{
	pthread_mutex_lock(&report->lock);
	if (!report->notes[kind].noted) {
		report->notes[kind] = (struct sva_note){
			.noted = true,
			.start = start,
			.length = length,
			.rights = rights,
			.error = error,
		};
		pthread_cond_signal(&report->changed);
	}
	pthread_mutex_unlock(&report->lock);
}
