/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * After the service of the sva has ended, each start of a queue that is refused has one line:
 * the library's at first, and then the driver's.
 *
 * Must not know: queues; how memory is followed.
 */

#include <stdlib.h>

#include "logs.h"
#include "unit.h"

/* The test's own instead of the library's. */
#define rte_iommufd_sva_settle(sva) settle(sva)

struct rte_iommufd_sva;
static int settle(struct rte_iommufd_sva *sva);

#include "../../../drivers/net/svanic/svanic_pasid.c"

int svanic_logtype = RTE_LOGTYPE_USER1;

static unsigned int settled;
static int settle_result;
static struct svanic_pasids pasids;

static int
settle(struct rte_iommufd_sva *sva __rte_unused)
{
	settled++;
	if (settle_result != 0)
		SVANIC_LOG(ERR, "the library's line");
	return settle_result;
}

static int
setup(void **state __rte_unused)
{
	pasids = (struct svanic_pasids){ .name = "svanic" };
	settled = 0;
	settle_result = 0;
	logs_start();
	return 0;
}

static void
a_check_follows_what_was_reported(void **state __rte_unused)
{
	assert_int_equal(svanic_pasids_check(&pasids), 0);
	assert_int_equal(svanic_pasids_check(&pasids), 0);
	assert_int_equal(settled, 2);
	assert_no_error();
}

static void
each_refused_start_has_one_line(void **state __rte_unused)
{
	settle_result = -EIO;
	assert_int_equal(svanic_pasids_check(&pasids), -EIO);
	assert_one_error("the library's line");
	logs_start();
	assert_int_equal(svanic_pasids_check(&pasids), -EIO);
	assert_one_error("not followed any more");
	/* The library is called once. */
	assert_int_equal(settled, 1);
}

/* Bursts see it first, and log nothing more. */
static void
a_start_after_a_burst_has_a_line_as_well(void **state __rte_unused)
{
	settle_result = -EIO;
	svanic_pasids_follow(&pasids);
	svanic_pasids_follow(&pasids);
	assert_one_error("the library's line");
	logs_start();
	assert_int_equal(svanic_pasids_check(&pasids), -EIO);
	assert_one_error("not followed any more");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			a_check_follows_what_was_reported, setup),
		cmocka_unit_test_setup(each_refused_start_has_one_line, setup),
		cmocka_unit_test_setup(
			a_start_after_a_burst_has_a_line_as_well, setup),
	};

	return cmocka_run_group_tests_name("svanic_pasids", tests, NULL, NULL);
}
