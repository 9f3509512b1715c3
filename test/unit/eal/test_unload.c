/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The libraries as they are installed: after dlclose() their code stays mapped, because EAL
 * keeps pointers to their functions (telemetry commands, memory events) and has no call to
 * take all of them back.
 *
 * Must not know: what the libraries do.
 */

#include <dlfcn.h>
#include <stdio.h>

#include "unit.h"

static const char *paths[2];

static void
stays_mapped(const char *path)
{
	void *library = dlopen(path, RTLD_NOW);
	void *again;

	if (library == NULL)
		fail_msg("%s", dlerror());
	assert_int_equal(dlclose(library), 0);
	again = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
	assert_non_null(again);
	dlclose(again);
}

static void
the_library_stays_after_dlclose(void **state __rte_unused)
{
	stays_mapped(paths[0]);
}

static void
the_sva_library_stays_after_dlclose(void **state __rte_unused)
{
	stays_mapped(paths[1]);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_library_stays_after_dlclose),
		cmocka_unit_test(the_sva_library_stays_after_dlclose),
	};

	if (argc != 3) {
		fprintf(stderr, "usage: test_unload LIBRARY SVA-LIBRARY\n");
		return 2;
	}
	paths[0] = argv[1];
	paths[1] = argv[2];
	return RUN_TESTS("unload", tests);
}
