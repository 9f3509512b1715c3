/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The suite `fault`: what it costs that a device asks for a page that it meets
 * first. svanic reads each page of some memory once: with a request for each
 * page, with requests that bring their neighbours, and after the program has
 * brought all; and it reads where there is nothing, which is refused.
 *
 * Must not know: how svanic is told.
 */

#include <err.h>
#include <sys/mman.h>

#include "scene.h"
#include "suites.h"
#include "sva_scene.h"
#include "svanic_registers.h"

#define PAGES 1024u /* that are there; as many as the ring has descriptors */
#define HOLES 256u  /* that are not */

enum { BY_PAGE, AROUND, PREFAULTED, WAYS };

static const struct {
	const char *name;
	uint64_t fault_around; /* 0: the library's default */
} ways[WAYS] = {
	[BY_PAGE] = { "by page", SVA_PAGE },
	[AROUND] = { "fault-around", 0 },
	[PREFAULTED] = { "prefaulted", 0 },
};

/* Of one way; times in microseconds. */
struct series {
	struct samples page;	/* for each page, all in all */
	struct samples request; /* for each request; none with PREFAULTED */
	struct samples requests;
};

struct all_series {
	struct series ways[WAYS];
	struct samples present; /* for each page that was there already */
	struct samples refused; /* for each request that was refused */
};

/* What the NIC has counted, for pair 0. */
struct counts {
	uint64_t frames, errors, requests, refusals, timeouts;
};

static struct counts
read_counts(const struct sva_scene *scene)
{
	const struct nic *nic = &scene->nic;

	return (struct counts){
		.frames = nic_counter(nic, 0, SVANIC_TX_FRAMES),
		.errors = nic_counter(nic, 0, SVANIC_TX_ERRORS),
		.requests = nic_counter(nic, 0, SVANIC_PAGE_REQUESTS),
		.refusals = nic_counter(nic, 0, SVANIC_PAGE_REFUSALS),
		.timeouts = nic_counter(nic, 0, SVANIC_PAGE_TIMEOUTS),
	};
}

/* Microseconds in all; what was counted on the way is in counts. */
static int
timed_read(struct sva_scene *scene, const char *memory, unsigned int pages,
	double *taken, struct counts *counts)
{
	struct counts before = read_counts(scene), after;
	double begun = scene_clock();

	if (sva_scene_read(scene, memory, pages) != 0)
		return -1;
	*taken = (scene_clock() - begun) * 1e3;
	after = read_counts(scene);
	*counts = (struct counts){
		.frames = after.frames - before.frames,
		.errors = after.errors - before.errors,
		.requests = after.requests - before.requests,
		.refusals = after.refusals - before.refusals,
		.timeouts = after.timeouts - before.timeouts,
	};
	return 0;
}

static int
read_all(struct sva_scene *scene, const char *memory, double *taken,
	struct counts *counts)
{
	if (timed_read(scene, memory, PAGES, taken, counts) != 0)
		return -1;
	if (counts->frames == PAGES && counts->errors == 0)
		return 0;
	warnx("fault: svanic has read %lu of %u pages",
		(unsigned long)counts->frames, PAGES);
	return -1;
}

static int
prefault(struct sva_scene *scene, const char *memory, double *taken)
{
	double begun = scene_clock();

	if (rte_iommufd_sva_prefault(scene->sva, memory,
		    (size_t)PAGES * SVA_PAGE, RTE_IOMMUFD_MAP_READ) != 0)
		return -1;
	*taken = (scene_clock() - begun) * 1e3;
	return 0;
}

/* A second time, all is there: that is what the NIC itself takes. */
static int
read_again(struct sva_scene *scene, const char *memory, double *taken)
{
	struct counts counts;

	if (read_all(scene, memory, taken, &counts) != 0)
		return -1;
	if (counts.requests == 0)
		return 0;
	warnx("fault: %lu requests for memory that was there",
		(unsigned long)counts.requests);
	return -1;
}

/* What the requests took is what reading all took longer the first time. */
static int
keep(struct series *series, double taken, double longer, uint64_t requests)
{
	if (requests > 0 &&
		samples_add(&series->request, longer / (double)requests) != 0)
		return -1;
	if (samples_add(&series->requests, (double)requests) != 0)
		return -1;
	return samples_add(&series->page, taken / PAGES);
}

static int
use_memory(struct sva_scene *scene, const char *memory, unsigned int way,
	struct all_series *all)
{
	struct counts counts;
	double before = 0, taken, again;

	if (way == PREFAULTED && prefault(scene, memory, &before) != 0)
		return -1;
	if (read_all(scene, memory, &taken, &counts) != 0 ||
		read_again(scene, memory, &again) != 0 ||
		keep(&all->ways[way], before + taken, taken - again,
			counts.requests) != 0)
		return -1;
	/* Once in a turn of all ways, as everything else. */
	return way == PREFAULTED ? samples_add(&all->present, again / PAGES)
				 : 0;
}

static int
use_holes(struct sva_scene *scene, struct samples *refused)
{
	struct counts counts;
	double taken;
	int ret;
	char *holes = mmap(NULL, (size_t)HOLES * SVA_PAGE, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (holes == MAP_FAILED) {
		warn("addresses without memory");
		return -1;
	}
	ret = timed_read(scene, holes, HOLES, &taken, &counts);
	munmap(holes, (size_t)HOLES * SVA_PAGE);
	if (ret != 0)
		return -1;
	if (counts.refusals == HOLES && counts.errors == HOLES)
		return samples_add(refused, taken / HOLES);
	warnx("fault: %lu of %u requests were refused, %lu not answered",
		(unsigned long)counts.refusals, HOLES,
		(unsigned long)counts.timeouts);
	return -1;
}

static int
one_turn(
	const struct options *options, unsigned int way, struct all_series *all)
{
	const size_t size = (size_t)PAGES * SVA_PAGE;
	char *memory = sva_memory_create(size);
	struct sva_scene scene = { 0 };
	int ret = -1;

	if (memory != NULL)
		ret = sva_scene_begin(
			&scene, options->svanics[0], ways[way].fault_around);
	if (ret == 0)
		ret = use_memory(&scene, memory, way, all);
	if (ret == 0 && way == BY_PAGE)
		ret = use_holes(&scene, &all->refused);
	sva_scene_end(&scene);
	sva_memory_destroy(memory, size);
	return ret;
}

static void
clear(struct all_series *all)
{
	unsigned int way;

	for (way = 0; way < WAYS; way++) {
		samples_clear(&all->ways[way].page);
		samples_clear(&all->ways[way].request);
		samples_clear(&all->ways[way].requests);
	}
	samples_clear(&all->present);
	samples_clear(&all->refused);
}

static int
all_turns(const struct options *options, struct all_series *all)
{
	unsigned int turn, way;

	for (turn = 0; turn < options->warmup + options->repeat; turn++) {
		if (turn == options->warmup)
			clear(all);
		for (way = 0; way < WAYS; way++)
			if (one_turn(options, way, all) != 0)
				return -1;
	}
	return 0;
}

static void
report_way(struct report *report, const struct series *series, unsigned int way)
{
	struct report_figure *requests;

	report_add(report, &report_microseconds, &series->page,
		"fault: %s: a page", ways[way].name);
	if (way != PREFAULTED)
		report_add(report, &report_microseconds, &series->request,
			"fault: %s: a request", ways[way].name);
	requests = report_add(report, &report_requests, &series->requests,
		"fault: %s: requests for %u pages", ways[way].name, PAGES);
	if (way == BY_PAGE)
		report_want_at_most(requests, PAGES);
	if (way == PREFAULTED)
		report_want_at_most(requests, 0);
}

static void
report_all(struct report *report, const struct all_series *all)
{
	const struct series *by = all->ways;
	unsigned int way;

	for (way = 0; way < WAYS; way++)
		report_way(report, &by[way], way);
	report_add(report, &report_microseconds, &all->present,
		"fault: a page that is there");
	report_add(report, &report_microseconds, &all->refused,
		"fault: a request that is refused");
	report_add_ratio(report, &report_ratio, &by[BY_PAGE].page,
		&by[AROUND].page, "fault: a page: by page / fault-around");
	report_add_ratio(report, &report_ratio, &by[BY_PAGE].page,
		&by[PREFAULTED].page, "fault: a page: by page / prefaulted");
	report_add_ratio(report, &report_cost, &by[BY_PAGE].page, &all->present,
		"fault: a page: by page / there already");
	report_add_ratio(report, &report_cost, &all->refused,
		&by[BY_PAGE].request, "fault: a request: refused / served");
}

int
suite_fault(const struct options *options, struct report *report)
{
	struct all_series all = { 0 };
	int ret = all_turns(options, &all);

	if (ret == 0)
		report_all(report, &all);
	clear(&all);
	return ret;
}
