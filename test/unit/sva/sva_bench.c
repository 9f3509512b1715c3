/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* An sva without its service thread; see sva_bench.h. */

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "devices.h"
#include "mock_kernel.h"
#include "mock_userfault.h"
#include "sva_bench.h"
#include "unit.h"

struct rte_iommufd_sva bench;

int
sva_bench_setup(void **state)
{
	return sva_bench_setup_with(state, 1024);
}

int
sva_bench_setup_with(void **state, unsigned int descriptors)
{
	int ret = devices_start(state, false, "backend=iommufd");

	if (ret != 0)
		return ret;
	mock_memory_start();
	mock_memory_set_descriptor_limit(descriptors);
	memset(&bench, 0, sizeof(bench));
	bench.owner = getpid();
	bench.page = PAGE;
	bench.pin_limit = UINT64_MAX;
	bench.fault_around = 16 * PAGE;
	bench.stream_around = 16 * PAGE;
	assert_int_equal(
		rte_iommufd_fault_space_create(context, &bench.faults), 0);
	/* So that there is something to be looked up. */
	mock_memory_map(0, PAGE, R);
	vma_query_open(&bench.view);
	mock_memory_unmap(0, PAGE);
	assert_int_equal(watches_open(&bench.watches), 0);
	bench.own_page = userfault_memory_alloc(PAGE);
	bench.wake_fd = userfault_wake_open();
	fair_lock_init(&bench.lock);
	area_lru_init(&bench.residency, userfault_memory_alloc,
		userfault_memory_free);
	area_lru_init(
		&bench.kept, userfault_memory_alloc, userfault_memory_free);
	TAILQ_INIT(&bench.keeping);
	bench.bound = 1;
	return sva_report_start(&bench.report);
}

int
sva_bench_teardown(void **state)
{
	mock_memory_fail_all("ready", 0);
	sva_invalidate_all(&bench);
	assert_int_equal(mock_mappings(), 0);
	watches_close(&bench.watches, &bench.view);
	area_lru_end(&bench.watches.places);
	area_lru_end(&bench.kept);
	area_lru_end(&bench.residency);
	sva_report_stop(&bench.report);
	userfault_close(bench.wake_fd);
	userfault_memory_free(bench.own_page, PAGE);
	vma_query_close(&bench.view);
	rte_iommufd_fault_space_destroy(bench.faults);
	fair_lock_end(&bench.lock);
	mock_memory_finish();
	return devices_end(state);
}

int
follow_once(void)
{
	struct sva_sleep sleep;

	assert_true(sva_service_follow(&bench, &sleep));
	return sleep.milliseconds;
}

enum page_answer
ask_group(const struct page_request *pages, unsigned int count)
{
	const unsigned int answers = mock_calls("fault_answer");
	struct page_request requests[FAULT_GROUP_MAX];
	int read;

	mock_ask_pages(pages, count);
	read = rte_iommufd_fault_space_read(
		bench.faults, requests, FAULT_GROUP_MAX);
	assert_int_equal(read, count);
	sva_group_serve(&bench, requests, read);
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
wait_for_threads(uint64_t count)
{
	while (fair_lock_threads(&bench.lock) < count)
		usleep(1000);
}

void
wait_for_lock_in_order(
	void *(*first)(void *argument), void *(*second)(void *argument))
{
	pthread_t threads[2];

	fair_lock_take(&bench.lock);
	pthread_create(&threads[0], NULL, first, NULL);
	wait_for_threads(2);
	pthread_create(&threads[1], NULL, second, NULL);
	wait_for_threads(3);
	fair_lock_give(&bench.lock);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
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
