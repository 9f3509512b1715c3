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
/*
 * EAL frees the piece of that mapping. True when the mapping is, or was, the program's own: then
 * there is nothing else to do. It is unmapped when neither of them has any of it.
 */
bool space_counted_eal_frees(struct rte_iommufd_space *space,
	const struct mapping *area, const struct mapping *piece);

#endif /* SPACE_COUNTED_H */
