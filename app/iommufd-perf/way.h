/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef WAY_H
#define WAY_H

/*
 * A way to give devices memory: what all ways have in common, so that a suite
 * is written once. A world is a connection to the kernel, in it are spaces, and
 * devices that are attached to them. IOVA is the virtual address.
 *
 * Functions return 0 or -1, which is said in one line. What is there is ended in
 * reverse order: devices, spaces, the world.
 *
 * Must not know: any one way, or what is measured.
 */

#include <stdint.h>

#include "memory.h"

/* Each way has its own behind these names. */
struct way_world;
struct way_space;
struct way_device;

struct way_ops {
	int (*world_begin)(const char *settings, struct way_world **world);
	void (*world_end)(struct way_world *world);

	int (*space_create)(struct way_world *world, struct way_space **space);
	void (*space_destroy)(struct way_space *space);

	/* device is a PCI address with its domain. */
	int (*device_open)(struct way_world *world, const char *address,
		struct way_device **device);
	int (*device_attach)(
		struct way_device *device, struct way_space *space);
	void (*device_close)(struct way_device *device);

	/* A part of the memory, in the pieces that are this way's. */
	int (*map)(struct way_space *space, const struct memory *memory,
		uint64_t offset, uint64_t length);
	/* What was mapped by one call of map(). */
	int (*unmap)(struct way_space *space, const struct memory *memory,
		uint64_t offset, uint64_t length);
	/*
	 * All that source has, pinned and charged once. NULL: this way has no
	 * such thing.
	 */
	int (*mirror)(struct way_space *space, struct way_space *source);

	/* Kernel calls so far. */
	unsigned int (*map_calls)(struct way_space *space);
	unsigned int (*unmap_calls)(struct way_space *space);
};

struct way {
	char name[32];
	char settings[48]; /* for world_begin() */
	const struct way_ops *ops;
};

extern const struct way_ops stock_ops; /* stock.c */
extern const struct way_ops ioas_ops;  /* ioas.c */
extern const struct way_ops ours_ops;  /* ours.c */

#endif /* WAY_H */
