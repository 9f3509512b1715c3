/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The suite `latency`: how long single page requests take, and munmap() of the page
 * afterwards, as distributions: alone, and beside other threads of the program. What the
 * other threads take of the processors is shown by controls: as many threads that use
 * processors, and nothing of the sva.
 *
 * Each request is one of a page that has a mapping to itself and was touched by the
 * process. Its time is from the doorbell until the interrupt that says that the frame was sent.
 *
 * Must not know: how svanic is told; what the threads beside do.
 */

#include <err.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "latency_load.h"
#include "memory.h"
#include "suites.h"
#include "scene.h"
#include "svanic_registers.h"

#define SAMPLES 1000u /* of each situation in a turn */
/* Times that of idle: p99 of requests, and the worst munmap(). */
#define REQUEST_TARGET 3
#define UNMAP_TARGET 10

enum {
	IDLE,
	PREFAULT,
	SPIN_ONE,
	UNMAP_DEVICES,
	UNMAP,
	SPIN_FOUR,
	REQUESTS,
	SITUATIONS
};

static const struct {
	const char *name;
	enum load_kind load;
	unsigned int threads;
	unsigned int control; /* IDLE: it has none */
	bool is_control;
} situations[SITUATIONS] = {
	[IDLE] = { "idle", LOAD_NONE, 0, IDLE, false },
	[PREFAULT] = { "prefault", LOAD_PREFAULT, 1, SPIN_ONE, false },
	[SPIN_ONE] = { "1 thread spins", LOAD_SPIN, 1, IDLE, true },
	[UNMAP_DEVICES] = { "4 threads munmap(), a device's",
		LOAD_UNMAP_DEVICES, 4, UNMAP, false },
	[UNMAP] = { "4 threads munmap(), no device's", LOAD_UNMAP, 4, SPIN_FOUR,
		true },
	[SPIN_FOUR] = { "4 threads spin", LOAD_SPIN, 4, IDLE, true },
	[REQUESTS] = { "page requests", LOAD_REQUESTS, 1, SPIN_ONE, false },
};

/* What is told of a distribution. */
struct distribution {
	struct samples median, p99, worst; /* of each turn; microseconds */
};

struct series {
	struct distribution request;
	struct distribution unmap;
	struct samples requests; /* that the NIC has sent */
};

/* --- one situation in one turn ---------------------------------------------------- */

/* It never merges with other memory, whose changes would take it along. */
static char *
map_page(void)
{
	char *page = mmap(NULL, SVA_PAGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED || madvise(page, SVA_PAGE, MADV_DONTFORK) != 0) {
		warn("a page");
		return NULL;
	}
	page[0] = 1;
	return page;
}

static int
sample_once(
	struct sva_scene *scene, struct samples *request, struct samples *unmap)
{
	char *page = map_page();
	double taken, begun;

	if (page == NULL || nic_send(&scene->queue, page, &taken) != 0 ||
		samples_add(request, taken) != 0)
		return -1;
	begun = scene_clock();
	if (munmap(page, SVA_PAGE) != 0) {
		warn("munmap()");
		return -1;
	}
	return samples_add(unmap, (scene_clock() - begun) * 1e3);
}

/* Those that wait for this thread are not of the library: it has a processor at once. */
static int
set_policy(int policy)
{
	const struct sched_param parameters = {
		.sched_priority = policy == SCHED_FIFO ? 1 : 0,
	};
	int ret = pthread_setschedparam(pthread_self(), policy, &parameters);

	if (ret == 0)
		return 0;
	warnx("latency: the thread that measures cannot be a real-time thread: %s",
		strerror(ret));
	return -1;
}

static int
sample_all(struct sva_scene *scene, const struct load *load,
	struct samples *request, struct samples *unmap)
{
	unsigned int i;
	int ret = set_policy(SCHED_FIFO);

	if (ret != 0)
		return ret;
	for (i = 0; i < SAMPLES && ret == 0; i++) {
		ret = load_wait(load);
		if (ret == 0)
			ret = sample_once(scene, request, unmap);
	}
	set_policy(SCHED_OTHER);
	return ret;
}

static int
keep(struct distribution *distribution, const struct samples *samples)
{
	if (samples_add(&distribution->median, samples_median(samples)) != 0 ||
		samples_add(&distribution->p99,
			samples_percentile(samples, 99)) != 0)
		return -1;
	return samples_add(&distribution->worst, samples_highest(samples));
}

/* Each page was requested, at least once, and read. */
static int
check_counts(const struct sva_scene *scene, uint64_t frames, uint64_t requests)
{
	const uint64_t errors = nic_counter(&scene->nic, 0, SVANIC_TX_ERRORS);

	frames = nic_counter(&scene->nic, 0, SVANIC_TX_FRAMES) - frames;
	if (frames == SAMPLES && requests >= SAMPLES && errors == 0)
		return 0;
	warnx("latency: %lu of %u frames sent, %lu requests, %lu errors",
		(unsigned long)frames, SAMPLES, (unsigned long)requests,
		(unsigned long)errors);
	return -1;
}

static int
sample_and_keep(
	struct sva_scene *scene, const struct load *load, struct series *series)
{
	struct samples request = { NULL, 0 }, unmap = { NULL, 0 };
	uint64_t frames = nic_counter(&scene->nic, 0, SVANIC_TX_FRAMES);
	uint64_t requests = nic_counter(&scene->nic, 0, SVANIC_PAGE_REQUESTS);
	int ret = sample_all(scene, load, &request, &unmap);

	requests = nic_counter(&scene->nic, 0, SVANIC_PAGE_REQUESTS) - requests;
	if (ret == 0)
		ret = check_counts(scene, frames, requests);
	if (ret == 0)
		ret = keep(&series->request, &request);
	if (ret == 0)
		ret = keep(&series->unmap, &unmap);
	if (ret == 0)
		ret = samples_add(&series->requests, (double)requests);
	samples_clear(&request);
	samples_clear(&unmap);
	return ret;
}

static int
one_situation(struct sva_scene *scene, unsigned int situation, char *memory,
	size_t size, struct series *series)
{
	struct load load;
	int ret;

	if (load_begin(&load, scene, situations[situation].load,
		    situations[situation].threads, memory, size) != 0)
		return -1;
	ret = sample_and_keep(scene, &load, series);
	if (load_end(&load) != 0)
		ret = -1;
	if (ret != 0)
		warnx("latency: %s: not measured", situations[situation].name);
	return ret;
}

/* --- all --------------------------------------------------------------------------- */

/* A request is for its page alone, so that one is like the other. */
static int
one_turn(const struct options *options, char *memory, size_t size,
	struct series *series)
{
	struct sva_scene scene;
	unsigned int i;
	int ret = sva_scene_begin(&scene, options->svanics[0], SVA_PAGE);

	if (ret == 0)
		ret = nic_listen(&scene.nic);
	for (i = 0; i < SITUATIONS && ret == 0; i++)
		ret = one_situation(&scene, i, memory, size, &series[i]);
	sva_scene_end(&scene);
	return ret;
}

static void
clear_distribution(struct distribution *distribution)
{
	samples_clear(&distribution->median);
	samples_clear(&distribution->p99);
	samples_clear(&distribution->worst);
}

static void
clear(struct series *series)
{
	unsigned int i;

	for (i = 0; i < SITUATIONS; i++) {
		clear_distribution(&series[i].request);
		clear_distribution(&series[i].unmap);
		samples_clear(&series[i].requests);
	}
}

static int
all_turns(const struct options *options, char *memory, size_t size,
	struct series *series)
{
	unsigned int turn;
	int ret = 0;

	for (turn = 0; turn < options->warmup + options->repeat && ret == 0;
		turn++) {
		if (turn == options->warmup)
			clear(series);
		ret = one_turn(options, memory, size, series);
	}
	return ret;
}

/* --- the figures ------------------------------------------------------------------- */

static void
report_distribution(struct report *report,
	const struct distribution *distribution, const char *situation,
	const char *what)
{
	report_add(report, &report_microseconds, &distribution->median,
		"latency, %s: %s, median", situation, what);
	report_add(report, &report_microseconds, &distribution->p99,
		"latency, %s: %s, p99", situation, what);
	report_add(report, &report_microseconds, &distribution->worst,
		"latency, %s: %s, worst", situation, what);
}

/* Controls have no targets: nothing of the library is in them but the request itself. */
static void
report_against(struct report *report, const struct series *series,
	unsigned int situation, unsigned int other)
{
	const bool wants = other == IDLE && !situations[situation].is_control;
	const char *name = situations[situation].name;
	const char *than = situations[other].name;
	struct report_figure *request, *unmap;

	request = report_add_ratio(report, &report_cost,
		&series[situation].request.p99, &series[other].request.p99,
		"latency, %s / %s: a request, p99", name, than);
	unmap = report_add_ratio(report, &report_cost,
		&series[situation].unmap.worst, &series[other].unmap.worst,
		"latency, %s / %s: munmap(), worst", name, than);
	if (!wants)
		return;
	report_want_at_most(request, REQUEST_TARGET);
	report_want_at_most(unmap, UNMAP_TARGET);
}

static void
report_all(struct report *report, const struct series *series)
{
	unsigned int i;

	for (i = 0; i < SITUATIONS; i++) {
		report_distribution(report, &series[i].request,
			situations[i].name, "a request");
		report_distribution(report, &series[i].unmap,
			situations[i].name, "munmap()");
		report_add(report, &report_requests, &series[i].requests,
			"latency, %s: requests for %u pages",
			situations[i].name, SAMPLES);
	}
	for (i = 0; i < SITUATIONS; i++) {
		if (i != IDLE)
			report_against(report, series, i, IDLE);
		if (situations[i].control != IDLE)
			report_against(
				report, series, i, situations[i].control);
	}
}

/* As much as was asked for, or as half of the free memory, which is said. */
static size_t
memory_size(const struct options *options)
{
	const uint64_t half = (uint64_t)sysconf(_SC_AVPHYS_PAGES) *
		sysconf(_SC_PAGESIZE) / 2;

	if (options->size <= half)
		return options->size;
	warnx("latency: the prefault is of %lu MiB: more would be too much of the free memory",
		(unsigned long)(half / MEMORY_PAGE * 2));
	return half / MEMORY_PAGE * MEMORY_PAGE;
}

int
suite_latency(const struct options *options, struct report *report)
{
	struct series series[SITUATIONS] = { 0 };
	const size_t size = memory_size(options);
	char *memory = sva_memory_create(size);
	int ret = -1;

	if (memory != NULL)
		ret = all_turns(options, memory, size, series);
	if (ret == 0)
		report_all(report, series);
	clear(series);
	sva_memory_destroy(memory, size);
	return ret;
}
