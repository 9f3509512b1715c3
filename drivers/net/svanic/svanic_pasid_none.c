/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The mode sva=1 where the library has no SVA: refused. */

#include <errno.h>

#include <rte_common.h>

#include "svanic_log.h"
#include "svanic_pasid.h"

int
svanic_pasids_open(const char *path, const struct svanic_options *options,
	struct svanic_pasids **pasids)
{
	RTE_SET_USED(options);
	RTE_SET_USED(pasids);
	SVANIC_LOG(ERR, "%s: this build of the driver has no sva=1", path);
	return -ENOTSUP;
}

int
svanic_pasids_require(struct svanic_pasids *pasids, unsigned int pairs)
{
	RTE_SET_USED(pasids);
	RTE_SET_USED(pairs);
	return -ENOTSUP;
}

uint32_t
svanic_pasids_of(const struct svanic_pasids *pasids, unsigned int pair)
{
	RTE_SET_USED(pasids);
	RTE_SET_USED(pair);
	return 0;
}

void
svanic_pasids_close(struct svanic_pasids *pasids)
{
	RTE_SET_USED(pasids);
}
