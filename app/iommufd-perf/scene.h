/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SCENE_H
#define SCENE_H

/*
 * One way set up for one turn: its world with spaces and devices, ended as a
 * whole. And the clock of a turn.
 *
 * Must not know: any one way, or what is measured.
 */

#include "options.h"
#include "way.h"

struct scene {
	const struct way *way;
	struct way_world *world;
	struct way_space *spaces[OPTIONS_DEVICES_MAX];
	struct way_device *devices[OPTIONS_DEVICES_MAX];
	unsigned int space_count;
	unsigned int device_count;
	bool began;
};

/* All return 0 or -1, which is said. After any of them: scene_end(). */
int scene_begin(struct scene *scene, const struct way *way);
int scene_add_space(struct scene *scene);
int scene_add_device(struct scene *scene, const char *address);
void scene_end(struct scene *scene);

/* As many spaces as devices, each device in its own: the usual scene. */
int scene_begin_with_devices(struct scene *scene, const struct way *way,
	const struct options *options, unsigned int count);

double scene_clock(void); /* milliseconds, steady */

#endif /* SCENE_H */
