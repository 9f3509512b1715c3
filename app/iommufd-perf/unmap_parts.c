/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * What an unmap in IOMMUFD is made of, told apart by unmapping the same areas in
 * spaces that lack one of the parts (iopt_unmap_iova_range(), pages.c):
 *  - no device: no page table and nothing pinned; the kernel's books only;
 *  - a copy, with a device, of what another space with a device keeps: the page
 *    table as well, but the pages stay pinned and are not looked up;
 *  - the last one, with a device: all; what is more than before is finding each
 *    4 KiB's address in the page table and unpinning it.
 * The library does the same unmap by the same calls: what it takes more is its
 * own.
 *
 * Must not know: how a report looks.
 */

#include "scene.h"
#include "statistics.h"
#include "suites.h"

enum { BOOKS, COPY, ALL, LIBRARY, PARTS };

static const struct way raw = { "ioas", "file", &ioas_ops };
static const struct way ours = { "ours", "backend=iommufd,threads=1",
	&ours_ops };

static int
timed_unmap(struct scene *scene, unsigned int space,
	const struct memory *memory, double *taken)
{
	double begun = scene_clock();
	int ret = scene->way->ops->unmap(
		scene->spaces[space], memory, 0, memory->size);

	*taken = scene_clock() - begun;
	return ret;
}

static int
unmap_without_device(const struct options *options, struct scene *scene,
	const struct memory *memory, double *taken)
{
	(void)options;
	if (scene_begin(scene, &raw) != 0 || scene_add_space(scene) != 0 ||
		scene->way->ops->map(
			scene->spaces[0], memory, 0, memory->size) != 0)
		return -1;
	return timed_unmap(scene, 0, memory, taken);
}

/* Wants two devices. */
static int
unmap_copy(const struct options *options, struct scene *scene,
	const struct memory *memory, double *taken)
{
	if (scene_begin_with_devices(scene, &raw, options, 2) != 0 ||
		scene->way->ops->map(
			scene->spaces[0], memory, 0, memory->size) != 0 ||
		scene->way->ops->mirror(scene->spaces[1], scene->spaces[0]) !=
			0)
		return -1;
	return timed_unmap(scene, 1, memory, taken);
}

static int
unmap_way(const struct options *options, struct scene *scene,
	const struct way *way, const struct memory *memory, double *taken)
{
	if (scene_begin_with_devices(scene, way, options, 1) != 0 ||
		way->ops->map(scene->spaces[0], memory, 0, memory->size) != 0)
		return -1;
	return timed_unmap(scene, 0, memory, taken);
}

static int
unmap_once(const struct options *options, unsigned int part,
	const struct memory *memory, double *taken)
{
	struct scene scene = { .way = &raw };
	int ret;

	switch (part) {
	case BOOKS:
		ret = unmap_without_device(options, &scene, memory, taken);
		break;
	case COPY:
		ret = unmap_copy(options, &scene, memory, taken);
		break;
	case ALL:
		ret = unmap_way(options, &scene, &raw, memory, taken);
		break;
	default:
		ret = unmap_way(options, &scene, &ours, memory, taken);
		break;
	}
	scene_end(&scene);
	return ret;
}

static int
one_turn(const struct options *options, struct samples *samples,
	const struct memory *memory, bool warmup)
{
	unsigned int part;
	double taken;

	for (part = 0; part < PARTS; part++) {
		if (part == COPY && options->device_count < 2)
			continue;
		if (unmap_once(options, part, memory, &taken) != 0)
			return -1;
		if (!warmup && samples_add(&samples[part], taken) != 0)
			return -1;
	}
	return 0;
}

static void
report_parts(struct report *report, const struct samples *samples,
	enum memory_layout layout)
{
	static const char *const names[PARTS] = {
		[BOOKS] = "no device: the kernel's books",
		[COPY] = "a copy: books and page table",
		[ALL] = "the last one: also finding and unpinning pages",
		[LIBRARY] = "through the library",
	};
	unsigned int part;

	for (part = 0; part < PARTS; part++)
		if (samples[part].count > 0)
			report_add(report, &report_milliseconds, &samples[part],
				"unmap, %s: parts: %s",
				memory_layout_names[layout], names[part]);
	report_add_ratio(report, &report_cost, &samples[LIBRARY], &samples[ALL],
		"unmap, %s: parts: library / its ioctls",
		memory_layout_names[layout]);
}

int
unmap_parts(const struct options *options, struct report *report,
	const struct memory *memory)
{
	struct samples samples[PARTS] = { 0 };
	unsigned int turn, part;
	int ret = 0;

	for (turn = 0; turn < options->warmup + options->repeat; turn++)
		if (ret == 0)
			ret = one_turn(options, samples, memory,
				turn < options->warmup);
	if (ret == 0)
		report_parts(report, samples, memory->layout);
	for (part = 0; part < PARTS; part++)
		samples_clear(&samples[part]);
	return ret;
}
