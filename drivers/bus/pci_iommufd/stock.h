/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef STOCK_H
#define STOCK_H

/*
 * DPDK's own functions behind the seam, for the setting backend=stock and for
 * devices that the library does not serve.
 *
 * Must not know: when they are used.
 */

#include "seam.h"

/* A field for each function, of the same name; NULL where the release lacks it. */
struct stock {
#define SEAM_POINTER(name, parameters) int(*name) parameters;
	SEAM_FUNCTIONS(SEAM_POINTER)
#undef SEAM_POINTER
};

/* NULL when librte_eal has no seam (26.11 and later) or cannot be found. */
const struct stock *stock_functions(void);

#endif /* STOCK_H */
