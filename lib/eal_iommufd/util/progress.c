/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Progress of long work; see progress.h. */

#include <inttypes.h>
#include <time.h>

#include "util/log.h"
#include "util/progress.h"

#define FIRST_LINE_AFTER 3000 /* milliseconds */
#define NEXT_LINE_AFTER 5000
#define LOOK_EVERY (UINT64_C(64) << 20) /* bytes */

static uint64_t
progress_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * UINT64_C(1000) + time.tv_nsec / 1000000;
}

void
progress_start(struct progress *progress, const char *what, uint64_t total)
{
	progress->what = what;
	progress->total = total;
	atomic_init(&progress->done, 0);
	atomic_init(&progress->next, progress_now() + FIRST_LINE_AFTER);
}

int
progress_is_due(struct progress *progress, uint64_t milliseconds)
{
	uint64_t due = atomic_load(&progress->next);

	return milliseconds >= due &&
		atomic_compare_exchange_strong(
			&progress->next, &due, milliseconds + NEXT_LINE_AFTER);
}

void
progress_add(struct progress *progress, uint64_t bytes)
{
	const uint64_t before = atomic_fetch_add(&progress->done, bytes);
	const uint64_t done = before + bytes;

	/* The clock is not read for each page. */
	if (before / LOOK_EVERY == done / LOOK_EVERY)
		return;
	if (done < progress->total && progress_is_due(progress, progress_now()))
		IOMMUFD_LOG(INFO, "%s: %" PRIu64 " of %" PRIu64 " MiB",
			progress->what, done >> 20, progress->total >> 20);
}
