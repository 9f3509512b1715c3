/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The suite `sva-invalidate`: what it costs a program to give memory back that
 * a device has by an sva, against memory that no device has; how long it takes
 * until that has been followed; and what it costs to take memory out of
 * devices' reach. With a device at rest, and with one that reads other memory
 * all the time.
 *
 * Must not know: how svanic is told.
 */

#include <err.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "memory.h"
#include "scene.h"
#include "suites.h"
#include "sva_scene.h"
#include "svanic_registers.h"

#define BURST 256

/* What is done to the memory. */
enum { UNMAP, DROP, INVALIDATE, DEEDS };
/* Whose it is. */
enum { NOBODYS, DEVICES, OWNERS };

static const char *const deed_names[DEEDS] = { "munmap()", "MADV_DONTNEED",
	"invalidate" };
static const char *const owner_names[OWNERS] = { "no device's", "a device's" };

/* Many rounds make a sample where one is short. */
static const struct {
	const char *name;
	size_t size;
	unsigned int rounds;
} sizes[] = {
	{ "4 KiB", SVA_PAGE, 32 },
	{ "2 MiB", MEMORY_PAGE, 4 },
};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

/* Microseconds for each time. */
struct series {
	struct samples call[DEEDS][OWNERS];
	struct samples settle[DEEDS];
};

/* --- traffic -------------------------------------------------------------- */

struct traffic {
	struct sva_scene *scene;
	char *frame;
	pthread_t thread;
	atomic_bool ending;
	int result;
};

static void *
traffic_main(void *argument)
{
	struct traffic *traffic = argument;
	struct nic_queue *queue = &traffic->scene->queue;
	unsigned int i;

	while (!atomic_load(&traffic->ending) && traffic->result == 0) {
		for (i = 0; i < BURST; i++)
			nic_put(queue, traffic->frame);
		nic_doorbell(queue);
		traffic->result = nic_wait(queue);
	}
	return NULL;
}

static int
traffic_begin(struct traffic *traffic, struct sva_scene *scene)
{
	int ret;

	*traffic = (struct traffic){ .scene = scene };
	traffic->frame = sva_memory_create(SVA_PAGE);
	if (traffic->frame == NULL)
		return -1;
	/* Before what is pinned is compared. */
	if (rte_iommufd_sva_prefault(scene->sva, traffic->frame, SVA_PAGE,
		    RTE_IOMMUFD_MAP_READ) != 0)
		goto release;
	ret = pthread_create(&traffic->thread, NULL, traffic_main, traffic);
	if (ret == 0)
		return 0;
	warnx("thread: %s", strerror(ret));

release:
	sva_memory_destroy(traffic->frame, SVA_PAGE);
	return -1;
}

/* What was measured counts only if all was sent meanwhile. */
static int
traffic_end(struct traffic *traffic)
{
	const struct nic *nic = &traffic->scene->nic;
	uint64_t frames, errors;

	atomic_store(&traffic->ending, true);
	pthread_join(traffic->thread, NULL);
	sva_memory_destroy(traffic->frame, SVA_PAGE);
	frames = nic_counter(nic, 0, SVANIC_TX_FRAMES);
	errors = nic_counter(nic, 0, SVANIC_TX_ERRORS);
	if (traffic->result == 0 && frames > 0 && errors == 0)
		return 0;
	warnx("sva-invalidate: %lu frames sent, %lu errors",
		(unsigned long)frames, (unsigned long)errors);
	return -1;
}

/* --- a deed --------------------------------------------------------------- */

static int
do_deed(struct sva_scene *scene, unsigned int deed, char *memory, size_t size)
{
	if (deed == INVALIDATE)
		return rte_iommufd_sva_invalidate(scene->sva, memory, size);
	if (deed == UNMAP ? munmap(memory, size) == 0
			  : madvise(memory, size, MADV_DONTNEED) == 0)
		return 0;
	warn("%s", deed_names[deed]);
	return -1;
}

/* Its memory is gone when it returns 0. Times are added. */
static int
one_round(struct sva_scene *scene, unsigned int deed, unsigned int owner,
	size_t size, double *call, double *settle)
{
	char *memory = sva_memory_create(size);
	double begun, done;

	if (memory == NULL)
		return -1;
	if (owner == DEVICES &&
		rte_iommufd_sva_prefault(
			scene->sva, memory, size, RTE_IOMMUFD_MAP_READ) != 0)
		goto release;
	begun = scene_clock();
	if (do_deed(scene, deed, memory, size) != 0)
		goto release;
	done = scene_clock();
	if (rte_iommufd_sva_settle(scene->sva) != 0)
		goto release;
	*settle += scene_clock() - done;
	*call += done - begun;
	if (deed != UNMAP)
		sva_memory_destroy(memory, size);
	return 0;

release:
	sva_memory_destroy(memory, size);
	return -1;
}

/*
 * What was measured is what it is called: nothing is left pinned, and changes of a
 * device's memory were reported, of other memory none.
 */
static int
check_followed(struct sva_scene *scene, unsigned int deed, unsigned int owner,
	const struct rte_iommufd_sva_stats *before)
{
	bool reported = owner == DEVICES; /* its munmap() at least */
	struct rte_iommufd_sva_stats after = { .size = sizeof(after) };

	rte_iommufd_sva_stats(scene->sva, &after);
	if (after.pinned <= before->pinned &&
		(after.events > before->events) == reported)
		return 0;
	warnx("sva-invalidate: %s, %s: %lu bytes pinned before and %lu after, %lu changes followed",
		deed_names[deed], owner_names[owner],
		(unsigned long)before->pinned, (unsigned long)after.pinned,
		(unsigned long)(after.events - before->events));
	return -1;
}

static int
measure(struct sva_scene *scene, unsigned int deed, unsigned int owner,
	unsigned int size, struct series *series)
{
	struct rte_iommufd_sva_stats before = { .size = sizeof(before) };
	unsigned int rounds = sizes[size].rounds, round;
	double call = 0, settle = 0;

	rte_iommufd_sva_stats(scene->sva, &before);
	for (round = 0; round < rounds; round++)
		if (one_round(scene, deed, owner, sizes[size].size, &call,
			    &settle) != 0)
			return -1;
	if (check_followed(scene, deed, owner, &before) != 0 ||
		samples_add(&series->call[deed][owner], call * 1e3 / rounds) !=
			0)
		return -1;
	if (owner == NOBODYS)
		return 0;
	return samples_add(&series->settle[deed], settle * 1e3 / rounds);
}

static int
measure_all(struct sva_scene *scene, struct series *series)
{
	unsigned int size, deed, owner;
	int ret = 0;

	for (size = 0; size < SIZES; size++)
		for (deed = 0; deed < DEEDS; deed++)
			for (owner = 0; owner < OWNERS && ret == 0; owner++)
				ret = measure(scene, deed, owner, size,
					&series[size]);
	return ret;
}

static int
one_turn(
	const struct options *options, bool with_traffic, struct series *series)
{
	struct sva_scene scene;
	struct traffic traffic;
	int ret = sva_scene_begin(&scene, options->svanics[0], 0);

	if (ret == 0 && with_traffic)
		ret = traffic_begin(&traffic, &scene);
	if (ret == 0) {
		ret = measure_all(&scene, series);
		if (with_traffic && traffic_end(&traffic) != 0)
			ret = -1;
	}
	sva_scene_end(&scene);
	return ret;
}

/* --- the figures ---------------------------------------------------------- */

static void
report_deed(struct report *report, const struct series *series,
	unsigned int deed, const char *prefix)
{
	const struct samples *call = series->call[deed];
	unsigned int owner;

	for (owner = 0; owner < OWNERS; owner++)
		report_add(report, &report_microseconds, &call[owner],
			"%s: %s, %s", prefix, deed_names[deed],
			owner_names[owner]);
	if (deed == INVALIDATE) {
		report_add(report, &report_microseconds, &series->settle[deed],
			"%s: settle with nothing to follow", prefix);
		return;
	}
	report_add_ratio(report, &report_cost, &call[DEVICES], &call[NOBODYS],
		"%s: %s, a device's / no device's", prefix, deed_names[deed]);
	report_add(report, &report_microseconds, &series->settle[deed],
		"%s: settle after %s", prefix, deed_names[deed]);
}

static void
report_all(
	struct report *report, const struct series *series, bool with_traffic)
{
	unsigned int size, deed;
	char prefix[64];

	for (size = 0; size < SIZES; size++) {
		snprintf(prefix, sizeof(prefix), "sva-invalidate, %s%s",
			sizes[size].name, with_traffic ? ", traffic" : "");
		for (deed = 0; deed < DEEDS; deed++)
			report_deed(report, &series[size], deed, prefix);
	}
}

static void
clear(struct series *series)
{
	unsigned int size, deed, owner;

	for (size = 0; size < SIZES; size++)
		for (deed = 0; deed < DEEDS; deed++) {
			for (owner = 0; owner < OWNERS; owner++)
				samples_clear(&series[size].call[deed][owner]);
			samples_clear(&series[size].settle[deed]);
		}
}

static int
all_turns(const struct options *options, struct series series[2][SIZES])
{
	unsigned int turn, traffic;

	for (turn = 0; turn < options->warmup + options->repeat; turn++)
		for (traffic = 0; traffic < 2; traffic++) {
			if (turn == options->warmup)
				clear(series[traffic]);
			if (one_turn(options, traffic != 0, series[traffic]) !=
				0)
				return -1;
		}
	return 0;
}

int
suite_sva_invalidate(const struct options *options, struct report *report)
{
	struct series series[2][SIZES] = { 0 };
	int ret = all_turns(options, series);
	unsigned int traffic;

	for (traffic = 0; traffic < 2; traffic++) {
		if (ret == 0)
			report_all(report, series[traffic], traffic != 0);
		clear(series[traffic]);
	}
	return ret;
}
