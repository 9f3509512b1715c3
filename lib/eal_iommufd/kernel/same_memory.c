/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Compares memory by its physical pages, read from /proc/self/pagemap.
 */

#include <fcntl.h>
#include <unistd.h>
#include <sys/mman.h>

#include <rte_common.h>

#include "kernel/same_memory.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22 /* Linux 5.14 */
#endif

/* Documentation/admin-guide/mm/pagemap.rst */
#define PAGEMAP_PRESENT (UINT64_C(1) << 63)
#define PAGEMAP_FRAME ((UINT64_C(1) << 55) - 1)
#define ENTRIES 512

static bool
read_entries(int file, uint64_t page, uint64_t *entries, size_t count)
{
	const ssize_t size = count * sizeof(*entries);

	return pread(file, entries, size, page * sizeof(*entries)) == size;
}

static bool
entries_agree(const uint64_t *one, const uint64_t *other, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if ((one[i] & PAGEMAP_PRESENT) == 0 ||
			(other[i] & PAGEMAP_PRESENT) == 0 ||
			(one[i] & PAGEMAP_FRAME) == 0 ||
			(one[i] & PAGEMAP_FRAME) != (other[i] & PAGEMAP_FRAME))
			return false;
	return true;
}

static bool
pages_agree(int file, uint64_t one, uint64_t other, uint64_t count)
{
	uint64_t of_one[ENTRIES], of_other[ENTRIES];
	uint64_t done, step;

	for (done = 0; done < count; done += step) {
		step = RTE_MIN(count - done, (uint64_t)ENTRIES);
		if (!read_entries(file, one + done, of_one, step) ||
			!read_entries(file, other + done, of_other, step) ||
			!entries_agree(of_one, of_other, step))
			return false;
	}
	return true;
}

bool
same_memory(uint64_t one, uint64_t other, uint64_t length)
{
	const uint64_t page = sysconf(_SC_PAGESIZE);
	bool same;
	int file;

	if (one % page != other % page)
		return false;
	length += one % page;
	one -= one % page;
	other -= other % page;
	file = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return false;
	/* Pages for which this fails are then found not present. */
	madvise((void *)(uintptr_t)one, length, MADV_POPULATE_READ);
	madvise((void *)(uintptr_t)other, length, MADV_POPULATE_READ);
	same = pages_agree(
		file, one / page, other / page, (length + page - 1) / page);
	close(file);
	return same;
}
