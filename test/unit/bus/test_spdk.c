/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * SPDK in the program: one warning, with the backend that it cannot work with. The
 * argument is a library with the name of SPDK's.
 *
 * Must not know: VFIO.
 */

#include <dlfcn.h>
#include <string.h>

#include <rte_log.h>

#include "logs.h"
#include "spdk.h"
#include "unit.h"

RTE_LOG_REGISTER(bus_iommufd_logtype, bus.pci.iommufd, INFO)

static const char *spdk_library;

static void
spdk_is_warned_once(void **state __rte_unused)
{
	logs_start();
	spdk_check_backend("iommufd");
	assert_string_equal(logs_text(), "");
	assert_non_null(dlopen(spdk_library, RTLD_NOW));
	spdk_check_backend("type1v2");
	assert_string_equal(logs_text(), "");
	spdk_check_backend("iommufd");
	assert_contains(logs_text(), "SPDK");
	assert_contains(logs_text(), "use RTE_IOMMUFD=backend=type1");
	logs_start();
	spdk_check_backend("iommufd");
	assert_string_equal(logs_text(), "");
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spdk_is_warned_once),
	};

	if (argc != 2)
		return 1;
	spdk_library = argv[1];
	return RUN_TESTS("spdk", tests);
}
