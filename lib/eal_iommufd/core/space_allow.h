/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SPACE_ALLOW_H
#define SPACE_ALLOW_H

/*
 * Which IOVAs have to stay usable in a space: see space_allow.c.
 */

#include <stdint.h>

#include "backend/objects.h"

/*
 * In place of those that were named for the same before. 0, -EINVAL, -ENOMEM, -EADDRINUSE,
 * -EOPNOTSUPP, as rte_iommufd_space_allow(); not logged, and nothing has changed then.
 */
int space_allow(struct rte_iommufd_space *space, enum allowed_for whom,
	const struct rte_iommufd_range *ranges, uint32_t count);

/* The space is about to end. */
void space_allow_end(struct rte_iommufd_space *space);

#endif /* SPACE_ALLOW_H */
