/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The suites `map` and `unmap`: the same touched memory, entered for one device
 * and taken away again, in each way by turns. Both come from the same turns.
 *
 * Must not know: how any way does it.
 */

#include <err.h>
#include <math.h>
#include <stdio.h>

#include "scene.h"
#include "statistics.h"
#include "suites.h"

enum { STOCK, PAGE, OURS, OURS_THREADS, WAYS };

struct series {
	struct way way;
	struct samples map;
	struct samples unmap;
	struct samples map_calls;
	struct samples unmap_calls;
};

static void
name_ways(struct series *series, const struct options *options)
{
	series[STOCK].way = (struct way){ "stock", "", &stock_ops };
	series[PAGE].way = (struct way){ "ioas-map-per-page", "page",
		&ioas_ops };
	series[OURS].way = (struct way){ "ours, 1 thread",
		"backend=iommufd,threads=1", &ours_ops };
	series[OURS_THREADS].way.ops = &ours_ops;
	snprintf(series[OURS_THREADS].way.name,
		sizeof(series[OURS_THREADS].way.name), "ours, %u threads",
		options->threads);
	snprintf(series[OURS_THREADS].way.settings,
		sizeof(series[OURS_THREADS].way.settings),
		"backend=iommufd,threads=%u", options->threads);
}

/* What a turn gives: of several maps and unmaps the quickest. */
struct quickest {
	double map;
	double unmap;
	unsigned int map_calls; /* of each */
	unsigned int unmap_calls;
};

static int
map_and_unmap(struct scene *scene, const struct memory *memory,
	struct quickest *quickest)
{
	const struct way_ops *ops = scene->way->ops;
	struct way_space *space = scene->spaces[0];
	unsigned int map_calls = ops->map_calls(space);
	unsigned int unmap_calls = ops->unmap_calls(space);
	double begun = scene_clock();
	double mapped, unmapping, unmapped;

	if (ops->map(space, memory, 0, memory->size) != 0)
		return -1;
	mapped = scene_clock();
	unmapping = scene_clock();
	if (ops->unmap(space, memory, 0, memory->size) != 0)
		return -1;
	unmapped = scene_clock();
	quickest->map = fmin(quickest->map, mapped - begun);
	quickest->unmap = fmin(quickest->unmap, unmapped - unmapping);
	quickest->map_calls = ops->map_calls(space) - map_calls;
	quickest->unmap_calls = ops->unmap_calls(space) - unmap_calls;
	return 0;
}

static int
add_samples(struct series *series, const struct quickest *quickest)
{
	if (samples_add(&series->map, quickest->map) != 0 ||
		samples_add(&series->unmap, quickest->unmap) != 0 ||
		samples_add(&series->map_calls, quickest->map_calls) != 0)
		return -1;
	return samples_add(&series->unmap_calls, quickest->unmap_calls);
}

static int
one_turn(const struct options *options, struct series *series,
	const struct memory *memory, bool warmup)
{
	struct quickest quickest = { .map = INFINITY, .unmap = INFINITY };
	struct scene scene;
	unsigned int i;
	int ret = scene_begin_with_devices(&scene, &series->way, options, 1);

	for (i = 0; i < options->again && ret == 0; i++)
		ret = map_and_unmap(&scene, memory, &quickest);
	scene_end(&scene);
	return ret == 0 && !warmup ? add_samples(series, &quickest) : ret;
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

static void
report_map(
	struct report *report, struct series *series, enum memory_layout layout)
{
	static const double least[MEMORY_LAYOUTS][WAYS] = {
		[MEMORY_ONE_FILE] = { [OURS] = 10, [OURS_THREADS] = 10 },
		[MEMORY_FILE_PER_PAGE] = { [OURS] = 0.9, [OURS_THREADS] = 1.5 },
	};
	const char *name = memory_layout_names[layout];
	struct report_figure *figure;
	unsigned int way;

	for (way = 0; way < WAYS; way++) {
		report_add(report, &report_milliseconds, &series[way].map,
			"map, %s: %s", name, series[way].way.name);
		figure = report_add(report, &report_calls,
			&series[way].map_calls, "map, %s: %s: ioctls", name,
			series[way].way.name);
		if (layout == MEMORY_ONE_FILE && way >= OURS)
			report_want_at_most(figure, 16);
	}
	for (way = OURS; way < WAYS; way++) {
		figure = report_add_ratio(report, &report_ratio,
			&series[STOCK].map, &series[way].map,
			"map, %s: stock / %s", name, series[way].way.name);
		report_want_at_least(figure, least[layout][way]);
		figure = report_add_ratio(report, &report_ratio,
			&series[PAGE].map, &series[way].map,
			"map, %s: ioas-map-per-page / %s", name,
			series[way].way.name);
		if (layout == MEMORY_FILE_PER_PAGE)
			report_want_at_least(figure, 2);
	}
}

static void
report_unmap(
	struct report *report, struct series *series, enum memory_layout layout)
{
	static const double least[WAYS] = {
		[OURS] = 0.85,
		[OURS_THREADS] = 1.5,
	};
	const char *name = memory_layout_names[layout];
	struct report_figure *figure;
	unsigned int way;

	for (way = 0; way < WAYS; way++) {
		report_add(report, &report_milliseconds, &series[way].unmap,
			"unmap, %s: %s", name, series[way].way.name);
		report_add(report, &report_calls, &series[way].unmap_calls,
			"unmap, %s: %s: ioctls", name, series[way].way.name);
	}
	for (way = OURS; way < WAYS; way++) {
		figure = report_add_ratio(report, &report_ratio,
			&series[STOCK].unmap, &series[way].unmap,
			"unmap, %s: stock / %s", name, series[way].way.name);
		report_want_at_least(figure, least[way]);
		report_add_ratio(report, &report_ratio, &series[PAGE].unmap,
			&series[way].unmap, "unmap, %s: ioas-map-per-page / %s",
			name, series[way].way.name);
	}
}

static void
clear(struct series *series)
{
	samples_clear(&series->map);
	samples_clear(&series->unmap);
	samples_clear(&series->map_calls);
	samples_clear(&series->unmap_calls);
}

static int
measure(const struct options *options, struct report *report,
	const struct memory *memory)
{
	struct series series[WAYS] = { 0 };
	unsigned int way;
	int ret;

	name_ways(series, options);
	ret = all_turns(options, series, memory);
	if (ret == 0 && options->suites[SUITE_MAP])
		report_map(report, series, memory->layout);
	if (ret == 0 && options->suites[SUITE_UNMAP]) {
		report_unmap(report, series, memory->layout);
		ret = unmap_parts(options, report, memory);
	}
	for (way = 0; way < WAYS; way++)
		clear(&series[way]);
	return ret;
}

int
suite_map(const struct options *options, struct report *report)
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
