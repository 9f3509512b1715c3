/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Pages to runs; see extents.h. */

#include "util/extents.h"

void
extents_start(struct extents *runs, extents_emit_t emit, void *argument)
{
	*runs = (struct extents){ .emit = emit, .argument = argument };
}

static bool
memory_continues(const struct mapping *run, const struct mapping *page)
{
	return run->va + run->length == page->va &&
		run->iova + run->length == page->iova &&
		run->rights == page->rights && page->iova % EXTENTS_END_AT != 0;
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
extents_grow(struct extents *runs, const struct mapping *page, bool may_merge)
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
extents_add_page(
	struct extents *runs, const struct mapping *page, bool may_merge)
{
	int ret;

	if (extents_grow(runs, page, may_merge))
		return 0;
	ret = extents_finish(runs);
	if (ret != 0)
		return ret;
	runs->current = *page;
	runs->current_may_grow = may_merge;
	return 0;
}

int
extents_finish(struct extents *runs)
{
	struct mapping run = runs->current;

	if (run.length == 0)
		return 0;
	runs->current.length = 0;
	return runs->emit(&run, runs->argument);
}
