/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The suite `share`: all memory is mapped for a first device; what does each
 * further device cost that shall see the same? Beside it type1, where it joins
 * the container, or has a container of its own.
 *
 * Must not know: how any way does it.
 */

#include "scene.h"
#include "statistics.h"
#include "suites.h"

struct series {
	struct way way;
	bool own_space;	       /* each device in a space of its own */
	struct samples attach; /* all further devices together */
	struct samples map_calls;
};

enum { OURS, SAME, OWN, SERIES };

static void
name_series(struct series *series)
{
	series[OURS].way = (struct way){ "ours, the same space",
		"backend=iommufd,threads=1", &ours_ops };
	series[SAME].way = (struct way){ "type1, the same container", "",
		&stock_ops };
	series[OWN].way = (struct way){ "type1, a container each", "",
		&stock_ops };
	series[OWN].own_space = true;
}

/* Opening is not part of it: it is the same whatever is shared. */
static int
add_device(struct scene *scene, const struct series *series,
	const char *address, const struct memory *memory, double *taken)
{
	const struct way_ops *ops = scene->way->ops;
	double begun;

	if (scene_add_device(scene, address) != 0)
		return -1;
	begun = scene_clock();
	if (series->own_space && scene_add_space(scene) != 0)
		return -1;
	if (ops->device_attach(scene->devices[scene->device_count - 1],
		    scene->spaces[scene->space_count - 1]) != 0)
		return -1;
	if (series->own_space &&
		ops->map(scene->spaces[scene->space_count - 1], memory, 0,
			memory->size) != 0)
		return -1;
	*taken += scene_clock() - begun;
	return 0;
}

static unsigned int
all_map_calls(const struct scene *scene)
{
	unsigned int calls = 0;
	unsigned int i;

	for (i = 0; i < scene->space_count; i++)
		calls += scene->way->ops->map_calls(scene->spaces[i]);
	return calls;
}

static int
fill_and_share(struct scene *scene, const struct options *options,
	struct series *series, const struct memory *memory, bool warmup)
{
	unsigned int calls, i;
	double taken = 0;

	if (scene->way->ops->map(scene->spaces[0], memory, 0, memory->size) !=
		0)
		return -1;
	calls = all_map_calls(scene);
	for (i = 1; i < options->device_count; i++)
		if (add_device(scene, series, options->devices[i], memory,
			    &taken) != 0)
			return -1;
	if (warmup)
		return 0;
	if (samples_add(&series->attach, taken) != 0)
		return -1;
	return samples_add(&series->map_calls, all_map_calls(scene) - calls);
}

static int
one_turn(const struct options *options, struct series *series,
	const struct memory *memory, bool warmup)
{
	struct scene scene;
	int ret = scene_begin_with_devices(&scene, &series->way, options, 1);

	if (ret == 0)
		ret = fill_and_share(&scene, options, series, memory, warmup);
	scene_end(&scene);
	return ret;
}

static void
report_series(
	struct report *report, struct series *series, unsigned int devices)
{
	struct report_figure *figure;
	unsigned int i;

	for (i = 0; i < SERIES; i++) {
		report_add(report, &report_milliseconds, &series[i].attach,
			"share, %u more devices: %s", devices,
			series[i].way.name);
		figure = report_add(report, &report_calls, &series[i].map_calls,
			"share, %u more devices: %s: map calls", devices,
			series[i].way.name);
		if (i == OURS)
			report_want_at_most(figure, 0);
	}
	for (i = SAME; i < SERIES; i++)
		report_add_ratio(report, &report_ratio, &series[i].attach,
			&series[OURS].attach,
			"share, %u more devices: %s / ours", devices,
			series[i].way.name);
}

static int
all_turns(const struct options *options, struct series *series,
	const struct memory *memory)
{
	unsigned int turn, i;

	for (turn = 0; turn < options->warmup + options->repeat; turn++)
		for (i = 0; i < SERIES; i++)
			if (one_turn(options, &series[i], memory,
				    turn < options->warmup) != 0)
				return -1;
	return 0;
}

int
suite_share(const struct options *options, struct report *report)
{
	struct series series[SERIES] = { 0 };
	struct memory memory;
	unsigned int i;
	int ret;

	name_series(series);
	if (memory_create(&memory, MEMORY_ONE_FILE, options->size) != 0)
		return -1;
	ret = all_turns(options, series, &memory);
	if (ret == 0)
		report_series(report, series, options->device_count - 1);
	for (i = 0; i < SERIES; i++) {
		samples_clear(&series[i].attach);
		samples_clear(&series[i].map_calls);
	}
	memory_destroy(&memory);
	return ret;
}
