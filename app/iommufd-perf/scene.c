/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* A way set up for a turn; see scene.h. */

#include <time.h>

#include "scene.h"

int
scene_begin(struct scene *scene, const struct way *way)
{
	*scene = (struct scene){ .way = way };
	if (way->ops->world_begin(way->settings, &scene->world) != 0)
		return -1;
	scene->began = true;
	return 0;
}

int
scene_add_space(struct scene *scene)
{
	struct way_space **space = &scene->spaces[scene->space_count];

	if (scene->way->ops->space_create(scene->world, space) != 0)
		return -1;
	scene->space_count++;
	return 0;
}

int
scene_add_device(struct scene *scene, const char *address)
{
	struct way_device **device = &scene->devices[scene->device_count];

	if (scene->way->ops->device_open(scene->world, address, device) != 0)
		return -1;
	scene->device_count++;
	return 0;
}

void
scene_end(struct scene *scene)
{
	while (scene->device_count > 0)
		scene->way->ops->device_close(
			scene->devices[--scene->device_count]);
	while (scene->space_count > 0)
		scene->way->ops->space_destroy(
			scene->spaces[--scene->space_count]);
	if (scene->began)
		scene->way->ops->world_end(scene->world);
	scene->began = false;
}

static int
add_pair(struct scene *scene, const char *address)
{
	if (scene_add_space(scene) != 0 ||
		scene_add_device(scene, address) != 0)
		return -1;
	return scene->way->ops->device_attach(
		scene->devices[scene->device_count - 1],
		scene->spaces[scene->space_count - 1]);
}

int
scene_begin_with_devices(struct scene *scene, const struct way *way,
	const struct options *options, unsigned int count)
{
	int ret = scene_begin(scene, way);
	unsigned int i;

	for (i = 0; i < count && ret == 0; i++)
		ret = add_pair(scene, options->devices[i]);
	return ret;
}

double
scene_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e3 + now.tv_nsec * 1e-6;
}
