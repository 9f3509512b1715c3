/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef MIRROR_H
#define MIRROR_H

/*
 * Which space mirrors which: see mirror.c.
 */

#include <stdbool.h>

struct rte_iommufd_space;

/*
 * Notes that the space follows memory, and what ends that before the space is destroyed; false,
 * without doing so, when it mirrors.
 */
bool mirror_lets_follow(struct rte_iommufd_space *space,
	void (*unfollow)(struct rte_iommufd_space *space));
/* A space that mirrors another one is about to end. */
void mirror_end(struct rte_iommufd_space *space);

#endif /* MIRROR_H */
