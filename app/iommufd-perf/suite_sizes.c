/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The suite `sizes`: how the time of a map grows with the size of what is mapped.
 * The first 2 MiB of the same touched memory, then four times as much, up to all of
 * it, each mapped and unmapped for one device, in each way by turns.
 *
 * Must not know: how any way does it.
 */

#include <inttypes.h>
#include <stdio.h>

#include "scene.h"
#include "statistics.h"
#include "suites.h"

enum { STOCK, PAGE, OURS, WAYS };

#define SIZES_MAX 24 /* 2 MiB << (2 * 23) is more than there can be */

struct series {
	struct way way;
	struct samples map[SIZES_MAX];
	struct samples unmap[SIZES_MAX];
};

static uint64_t
size_at(unsigned int i)
{
	return MEMORY_PAGE << (2 * i);
}

static unsigned int
sizes_of(const struct memory *memory)
{
	unsigned int count = 0;

	while (count < SIZES_MAX && size_at(count) <= memory->size)
		count++;
	return count;
}

static void
name_ways(struct series *series)
{
	series[STOCK].way = (struct way){ "stock", "", &stock_ops };
	series[PAGE].way = (struct way){ "ioas-map-per-page", "page",
		&ioas_ops };
	series[OURS].way = (struct way){ "ours", "backend=iommufd,threads=1",
		&ours_ops };
}

/* 0 or -1. Adds nothing when the turn only warms up. */
static int
map_and_unmap(struct scene *scene, struct series *series,
	const struct memory *memory, unsigned int i, bool warmup)
{
	const struct way_ops *ops = scene->way->ops;
	double begun = scene_clock();
	double mapped, unmapped;

	if (ops->map(scene->spaces[0], memory, 0, size_at(i)) != 0)
		return -1;
	mapped = scene_clock();
	if (ops->unmap(scene->spaces[0], memory, 0, size_at(i)) != 0)
		return -1;
	unmapped = scene_clock();
	if (warmup)
		return 0;
	if (samples_add(&series->map[i], mapped - begun) != 0)
		return -1;
	return samples_add(&series->unmap[i], unmapped - mapped);
}

static int
one_turn(const struct options *options, struct series *series,
	const struct memory *memory, bool warmup)
{
	const unsigned int count = sizes_of(memory);
	struct scene scene;
	unsigned int i;
	int ret = scene_begin_with_devices(&scene, &series->way, options, 1);

	for (i = 0; i < count && ret == 0; i++)
		ret = map_and_unmap(&scene, series, memory, i, warmup);
	scene_end(&scene);
	return ret;
}

static int
all_turns(const struct options *options, struct series *series,
	const struct memory *memory)
{
	unsigned int turn, way;

	for (turn = 0; turn < options->warmup + options->repeat; turn++)
		for (way = 0; way < WAYS; way++)
			if (one_turn(options, &series[way], memory,
				    turn < options->warmup) != 0)
				return -1;
	return 0;
}

/* CALL is map or unmap. */
static void
report_point(struct report *report, const struct samples *samples,
	const char *call, const struct memory *memory, const struct way *way,
	unsigned int i)
{
	const uint64_t mib = size_at(i) >> 20;
	const char *layout = memory_layout_names[memory->layout];

	report_place(report_add(report, &report_milliseconds, samples,
			     "sizes, %s, %s, %" PRIu64 " MiB: %s", call, layout,
			     mib, way->name),
		mib, "MiB", "%s, %s: %s", call, layout, way->name);
}

static void
report_sizes(struct report *report, struct series *series,
	const struct memory *memory)
{
	unsigned int way, i;

	for (way = 0; way < WAYS; way++)
		for (i = 0; i < sizes_of(memory); i++) {
			report_point(report, &series[way].map[i], "map", memory,
				&series[way].way, i);
			report_point(report, &series[way].unmap[i], "unmap",
				memory, &series[way].way, i);
		}
}

static int
measure(const struct options *options, struct report *report,
	const struct memory *memory)
{
	struct series series[WAYS] = { 0 };
	unsigned int way, i;
	int ret;

	name_ways(series);
	ret = all_turns(options, series, memory);
	if (ret == 0)
		report_sizes(report, series, memory);
	for (way = 0; way < WAYS; way++)
		for (i = 0; i < SIZES_MAX; i++) {
			samples_clear(&series[way].map[i]);
			samples_clear(&series[way].unmap[i]);
		}
	return ret;
}

int
suite_sizes(const struct options *options, struct report *report)
{
	enum memory_layout layout;
	struct memory memory;
	int ret = 0;

	for (layout = 0; layout < MEMORY_LAYOUTS && ret == 0; layout++) {
		ret = memory_create(&memory, layout, options->size);
		if (ret != 0)
			break;
		ret = measure(options, report, &memory);
		memory_destroy(&memory);
	}
	return ret;
}
