/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* What the tests of the record of written pages do alike; see dirty_steps.h. */

#include "core/dirty_steps.h"
#include "devices.h"
#include "logs.h"
#include "mock_kernel.h"
#include "unit.h"

struct rte_iommufd_device *device;
struct rte_iommufd_space *space;

const uint64_t none[PAGES / 64];
const uint64_t page_5[PAGES / 64] = { 1 << 5 };

int
teardown(void **state)
{
	rte_iommufd_device_close(device);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	return devices_end(state);
}

void
begin(void)
{
	assert_int_equal(rte_iommufd_space_dirty_want(space), 0);
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	assert_int_equal(rte_iommufd_space_dirty_start(space), 0);
}

void
map(uint64_t page, uint64_t pages)
{
	const uint64_t iova = IOVA + page * PAGE;

	assert_int_equal(
		rte_iommufd_space_map(space, VA(iova), iova, pages * PAGE, RW),
		0);
}

void
unmap(uint64_t page, uint64_t pages)
{
	assert_int_equal(rte_iommufd_space_unmap(
				 space, IOVA + page * PAGE, pages * PAGE),
		0);
}

void
assert_written(uint32_t flags, const uint64_t *expected)
{
	uint64_t bitmap[PAGES / 64] = { 0 };

	assert_int_equal(rte_iommufd_space_dirty_read(
				 space, IOVA, PAGES * PAGE, flags, bitmap),
		0);
	assert_memory_equal(bitmap, expected, sizeof(bitmap));
}

void
what_is_written_is_read_once(void **state __rte_unused)
{
	map(3, 8);
	begin();
	assert_written(0, none);
	mock_write_page(IOVA + 5 * PAGE);
	assert_written(RTE_IOMMUFD_DIRTY_KEEP, page_5);
	assert_written(0, page_5);
	assert_written(0, none);
	assert_int_equal(rte_iommufd_space_dirty_stop(space), 0);
	assert_no_error();
}
