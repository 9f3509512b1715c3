/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef ADDRESS_SPACE_H
#define ADDRESS_SPACE_H

/*
 * Address spaces, as the rest of the library uses them: see address_space.c.
 */

#include <stdint.h>

struct claim;
struct mapping;
struct rte_iommufd_range;
struct rte_iommufd_space;

/*
 * Waits until nobody else maps, unmaps or looks up anything of [iova, iova + length), and
 * keeps them waiting until space_release(): all of the space where the backend's calls do
 * not run side by side. A length of 0, or too large a one, is to the end of the space.
 */
void space_claim(struct rte_iommufd_space *space, struct claim *claim,
	uint64_t iova, uint64_t length);
void space_claim_all(struct rte_iommufd_space *space, struct claim *claim);
void space_release(struct rte_iommufd_space *space, struct claim *claim);

/* What the devices that are attached now can reach: to be told after each change. */
void address_space_read_ranges(struct rte_iommufd_space *space);

/* rte_iommufd_space_allow(), which logs nothing. */
int address_space_allow(struct rte_iommufd_space *space,
	const struct rte_iommufd_range *ranges, uint32_t count);

/*
 * A device has brought a page table: enters what was mapped before, where the
 * backend needs that, and from now on maps at once. The context's lock is held.
 */
int address_space_go_live(struct rte_iommufd_space *space);

/* The last device is about to leave. The context's lock is held. */
void address_space_go_idle(struct rte_iommufd_space *space);

/* It did not, or the page table stays: takes address_space_go_idle() back. */
void address_space_stay_live(struct rte_iommufd_space *space);

/* Finds the mapping that contains the address. 0, or -ENOENT, which is not logged. */
int address_space_find(struct rte_iommufd_space *space, uint64_t iova,
	struct mapping *mapping);

/* Stops following EAL's memory, before a space ends; does not unmap it. */
void memory_unfollow(struct rte_iommufd_space *space);

#endif /* ADDRESS_SPACE_H */
