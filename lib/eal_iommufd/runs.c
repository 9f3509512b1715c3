/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Pages to runs; see runs.h. */

#include "runs.h"

void
runs_start(struct runs *runs, runs_emit_t emit, void *argument)
{
	*runs = (struct runs){ .emit = emit, .argument = argument };
}

static bool
memory_continues(const struct mapping *run, const struct mapping *page)
{
	return run->va + run->length == page->va &&
		run->iova + run->length == page->iova &&
		run->rights == page->rights && page->iova % RUNS_END_AT != 0;
}

static bool
file_continues(const struct mapping *run, const struct mapping *page)
{
	if (run->file != page->file)
		return false;
	return run->file < 0 || run->offset + run->length == page->offset;
}

/* Whether the page has become part of the run. */
static bool
grow(struct runs *runs, const struct mapping *page, bool may_merge)
{
	struct mapping *run = &runs->current;

	if (run->length == 0 || !runs->current_may_grow || !may_merge ||
		!memory_continues(run, page))
		return false;
	if (!file_continues(run, page)) {
		runs->ended_by_file++;
		return false;
	}
	run->length += page->length;
	return true;
}

int
runs_add_page(struct runs *runs, const struct mapping *page, bool may_merge)
{
	int ret;

	if (grow(runs, page, may_merge))
		return 0;
	ret = runs_finish(runs);
	if (ret != 0)
		return ret;
	runs->current = *page;
	runs->current_may_grow = may_merge;
	return 0;
}

int
runs_finish(struct runs *runs)
{
	struct mapping run = runs->current;

	if (run.length == 0)
		return 0;
	runs->current.length = 0;
	return runs->emit(&run, runs->argument);
}
