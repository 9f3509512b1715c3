/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Starts EAL and ends: with WITH_API and WITH_SVA, a program that uses the libraries. */

#include <stdio.h>

#include <rte_eal.h>

#ifdef WITH_API
#include <rte_iommufd.h>
#endif
#ifdef WITH_SVA
#include <rte_iommufd_sva.h>
#endif

int
main(int argc, char **argv)
{
#ifdef WITH_API
	if (rte_iommufd_configure("backend=auto") != 0)
		return 2;
#endif
#ifdef WITH_SVA
	/* Linked is enough: it needs a device. */
	printf("start: %p\n", (void *)rte_iommufd_sva_bind);
#endif
	if (rte_eal_init(argc, argv) < 0)
		return 1;
	printf("start: EAL has started\n");
	rte_eal_cleanup();
	return 0;
}
