/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Reading what strace wrote: which calls count as what, by name and by number.
 *
 * Must not know: who was traced.
 */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "strace.h"
#include "unit.h"

static char prefix[] = "/tmp/test_perf_strace.XXXXXX";
static struct strace_sums sums;

static int
make_prefix(void **state __rte_unused)
{
	int file = mkstemp(prefix);

	if (file < 0)
		return -1;
	close(file);
	return 0;
}

static int
remove_prefix(void **state __rte_unused)
{
	return unlink(prefix);
}

static void
write_part(const char *process, const char *text)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s.%s", prefix, process);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

#define POPULATE                                                       \
	"mmap(0x100200000, 2097152, PROT_READ|PROT_WRITE, MAP_SHARED|" \
	"MAP_FIXED|MAP_POPULATE, 21, 0) = 0x100200000 <0.250000>\n"
#define MAP_DMA \
	"ioctl(9, VFIO_IOMMU_MAP_DMA, {argsz=32, flags=0x3}) = 0 <0.125>\n"

static void
times_are_added_over_all_threads(void **state __rte_unused)
{
	write_part("10", POPULATE POPULATE MAP_DMA);
	write_part("11", POPULATE MAP_DMA);
	assert_int_equal(strace_sum(prefix, &sums), 0);
	assert_float_equal(sums.populate, 0.75, 1e-9);
	assert_float_equal(sums.map, 0.25, 1e-9);
	assert_int_equal(sums.populate_calls, 3);
	assert_int_equal(sums.map_calls, 2);
}

static void
calls_of_iommufd_count_by_name_and_by_number(void **state __rte_unused)
{
	write_part("10",
		POPULATE
		"ioctl(7, IOMMU_IOAS_MAP_FILE, {size=40}) = 0 <0.5>\n"
		"ioctl(7, _IOC(_IOC_NONE, 0x3b, 0x85, 0), 0x1) = 0 <0.5>\n"
		"ioctl(7, _IOC(_IOC_NONE, 0x3b, 0x8f, 0), 0x1) = 0 <0.5>\n");
	assert_int_equal(strace_sum(prefix, &sums), 0);
	assert_float_equal(sums.map, 1.5, 1e-9);
}

static void
other_calls_do_not_count(void **state __rte_unused)
{
	write_part("10",
		POPULATE MAP_DMA
		"mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0) = 0x1 <1.0>\n"
		"ioctl(9, VFIO_IOMMU_UNMAP_DMA, {argsz=24}) = 0 <1.0>\n"
		"ioctl(7, _IOC(_IOC_NONE, 0x3b, 0x86, 0), 0x1) = 0 <1.0>\n"
		"+++ exited with 0 +++\n");
	assert_int_equal(strace_sum(prefix, &sums), 0);
	assert_float_equal(sums.populate, 0.25, 1e-9);
	assert_float_equal(sums.map, 0.125, 1e-9);
}

/* strace may name calls otherwise one day: then nothing is told. */
static void
nothing_of_a_kind_is_a_failure(void **state __rte_unused)
{
	write_part("10", POPULATE);
	assert_int_equal(strace_sum(prefix, &sums), -1);
	write_part("10", MAP_DMA);
	assert_int_equal(strace_sum(prefix, &sums), -1);
	assert_int_equal(strace_sum(prefix, &sums), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_added_over_all_threads),
		cmocka_unit_test(calls_of_iommufd_count_by_name_and_by_number),
		cmocka_unit_test(other_calls_do_not_count),
		cmocka_unit_test(nothing_of_a_kind_is_a_failure),
	};

	return _cmocka_run_group_tests("perf_strace", tests, RTE_DIM(tests),
		make_prefix, remove_prefix);
}
