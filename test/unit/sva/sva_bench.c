/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* An sva without its service thread; see sva_bench.h. */

#include <string.h>

#include "kernel/kernel.h"
#include "logs.h"
#include "mock_kernel.h"
#include "mock_userfault.h"
#include "sva_bench.h"
#include "unit.h"

struct rte_iommufd_sva bench;

int
sva_bench_setup(void **state)
{
	logs_start();
	mock_start_permissive(state);
	mock_memory_start();
	memset(&bench, 0, sizeof(bench));
	bench.page = PAGE;
	bench.pin_limit = UINT64_MAX;
	bench.fault_around = 16 * PAGE;
	bench.iommu_fd = kernel_open("/dev/iommu");
	kernel_ioas_alloc(bench.iommu_fd, &bench.ioas_id);
	fault_queue_open(&bench.queue, bench.iommu_fd);
	/* So that there is something to be looked up. */
	mock_memory_map(0, PAGE, R);
	vma_query_open(&bench.view);
	mock_memory_unmap(0, PAGE);
	bench.follow_fd = kernel_follow_open();
	bench.wake_fd = kernel_wake_open();
	pthread_mutex_init(&bench.lock, NULL);
	pthread_cond_init(&bench.settled, NULL);
	area_lru_init(&bench.residency, kernel_memory_take, kernel_memory_give);
	bench.bound = 1;
	return sva_report_start(&bench.report);
}

int
sva_bench_teardown(void **state)
{
	mock_memory_fail_all("read", 0);
	sva_unmap_all(&bench);
	assert_int_equal(mock_mappings(), 0);
	sva_unfollow(&bench);
	area_lru_end(&bench.residency);
	sva_report_stop(&bench.report);
	kernel_close(bench.wake_fd);
	vma_query_close(&bench.view);
	fault_queue_close(&bench.queue);
	kernel_object_destroy(bench.iommu_fd, bench.ioas_id);
	kernel_close(bench.iommu_fd);
	pthread_cond_destroy(&bench.settled);
	pthread_mutex_destroy(&bench.lock);
	mock_memory_finish();
	return mock_finish(state);
}

enum page_answer
ask_group(const struct page_request *pages, unsigned int count)
{
	const unsigned int answers = mock_calls("fault_answer");
	struct page_request requests[FAULT_GROUP_MAX];
	int read;

	mock_ask_pages(pages, count);
	read = fault_queue_read(&bench.queue, requests, FAULT_GROUP_MAX);
	assert_int_equal(read, count);
	sva_fault_serve(&bench, requests, read);
	assert_int_equal(mock_calls("fault_answer"), answers + 1);
	return strstr(mock_last_call("fault_answer"), "success") != NULL
		? PAGE_ANSWER_SUCCESS
		: PAGE_ANSWER_INVALID;
}

enum page_answer
ask(uint64_t address, uint32_t rights)
{
	const struct page_request page = { .address = address,
		.rights = rights };

	return ask_group(&page, 1);
}

void
assert_area(uint64_t address, uint64_t start, uint64_t end, uint32_t rights)
{
	const struct area *area = area_lru_find(&bench.residency, address);

	assert_non_null(area);
	assert_int_equal(area->start, start);
	assert_int_equal(area->end, end);
	assert_int_equal(area->rights, rights);
}

void
assert_no_area(uint64_t address)
{
	assert_null(area_lru_find(&bench.residency, address));
}
