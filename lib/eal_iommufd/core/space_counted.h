/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SPACE_COUNTED_H
#define SPACE_COUNTED_H

/*
 * Memory that both EAL and the program have mapped: see space_counted.c.
 */

#include <stdbool.h>

struct mapping;
struct rte_iommufd_space;

/*
 * Whether the run, which EAL has got, is mapped already, by the program: then it stays mapped
 * until EAL gives it up, even if the program unmaps it.
 */
bool space_counted_keeps_for_eal(
	struct rte_iommufd_space *space, const struct mapping *run);
/* EAL frees memory in that mapping: from now on it belongs to the program alone. */
void space_counted_leaves_eal(
	struct rte_iommufd_space *space, const struct mapping *area);

#endif /* SPACE_COUNTED_H */
