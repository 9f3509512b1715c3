/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVANIC_TRANSLATIONS_H
#define SVANIC_TRANSLATIONS_H

/*
 * The entries of the device's address translation cache: pages of 4 KiB by PASID and
 * address. A page has one place; another page with the same place displaces it.
 *
 * Must not know: QEMU, where translations and invalidations come from.
 */

#include <stdbool.h>
#include <stdint.h>

#define TRANSLATIONS_LOG2 14
#define TRANSLATIONS_PAGE 4096u

/* Permissions are bits; those of an entry are what the device may do without asking. */
struct translation {
	uint64_t page;
	uint64_t translated;
	uint32_t pasid;
	uint32_t permissions; /* 0: the entry is empty */
};

struct translations {
	struct translation entries[1u << TRANSLATIONS_LOG2];
};

/* The translation of this page, if it gives all of these permissions. */
const struct translation *translations_find(const struct translations *cache,
	uint32_t pasid, uint64_t page, uint32_t permissions);

void translations_add(
	struct translations *cache, const struct translation *translation);

/* Removes the pages of a PASID from first to last byte. Returns how many there were. */
uint64_t translations_remove(struct translations *cache, uint32_t pasid,
	uint64_t first, uint64_t last);

void translations_clear(struct translations *cache);

#endif /* SVANIC_TRANSLATIONS_H */
