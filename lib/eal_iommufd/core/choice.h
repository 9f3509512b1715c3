/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef CHOICE_H
#define CHOICE_H

/*
 * Which backend a context has: see choice.c. The context's lock is held during both
 * functions. Both return -EOPNOTSUPP when DPDK's own code shall serve the device, which
 * is not logged; every other error is.
 */

struct rte_iommufd_context;
struct rte_iommufd_device;
struct sysfs_device;

/* Opens the device. The first one of a context decides which backend it has. */
int choice_open_device(
	struct rte_iommufd_context *context, struct rte_iommufd_device *device);

/* For what needs a backend before there is a device. */
int choice_make_without_device(struct rte_iommufd_context *context);

/* What a start would do with a device. */
enum choice_verdict {
	CHOICE_WOULD_TRY,     /* nothing is seen that speaks against it */
	CHOICE_WOULD_FAIL,    /* with no backend that the settings allow */
	CHOICE_LEFT_TO_STOCK, /* DPDK's own code would serve it */
	CHOICE_NOT_OF_VFIO, /* no VFIO driver has it: VFIO does not serve it */
};

/*
 * The same choice without its effects, for a context that is used for nothing else: the
 * nodes that all programs may have open at a time are opened, and the device is not: what
 * would prevent that is looked for (obstacles.h). Nothing is logged; the backend and the
 * reason are the context's, and so is the cause of a failure. A VF token is not known here.
 */
int choice_foresee(struct rte_iommufd_context *context,
	const struct sysfs_device *place, enum choice_verdict *verdict);

#endif /* CHOICE_H */
