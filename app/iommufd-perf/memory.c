/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Touched hugepages in two layouts; see memory.h. */

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/param.h>
#include <sys/resource.h>
#include <unistd.h>

#include <hugetlbfs.h>

#include "memory.h"

/* Where EAL puts its memory, too: low enough for every IOMMU. */
#define BASE ((char *)UINT64_C(0x100000000))
#define GIB (UINT64_C(1) << 30)
#define FILES_BESIDE 256

const char *const memory_layout_names[MEMORY_LAYOUTS] = {
	[MEMORY_ONE_FILE] = "one file",
	[MEMORY_FILE_PER_PAGE] = "file per page",
};

static void
allow_files(unsigned int count)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = MAX(limit.rlim_cur, count + FILES_BESIDE);
	limit.rlim_max = MAX(limit.rlim_cur, limit.rlim_max);
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		warn("cannot have %u open files", count);
}

/* MAP_POPULATE fails in silence, and the first touch then by SIGBUS. */
static int
enough_pages(uint64_t size)
{
	long free_pages = -1;
	FILE *file = fopen(
		"/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages",
		"r");

	if (file != NULL) {
		if (fscanf(file, "%ld", &free_pages) != 1)
			free_pages = -1;
		fclose(file);
	}
	if (free_pages >= 0 && (uint64_t)free_pages >= size / MEMORY_PAGE)
		return 0;
	warnx("%ld hugepages of 2 MiB are free, %lu are wanted", free_pages,
		(unsigned long)(size / MEMORY_PAGE));
	return -1;
}

static int
map_file(struct memory *memory, uint64_t at, uint64_t length)
{
	int file = hugetlbfs_unlinked_fd_for_size(MEMORY_PAGE);

	if (file < 0) {
		warnx("no file in a hugetlbfs of 2 MiB pages; is one mounted?");
		return -1;
	}
	memory->files[memory->file_count++] = file;
	if (ftruncate(file, length) == 0 &&
		mmap(memory->va + at, length, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_FIXED | MAP_POPULATE, file,
			0) != MAP_FAILED)
		return 0;
	warn("cannot map %lu bytes of hugepages", (unsigned long)length);
	return -1;
}

static void
touch(const struct memory *memory)
{
	uint64_t at;

	for (at = 0; at < memory->size; at += MEMORY_PAGE)
		((volatile char *)memory->va)[at] = 1;
}

static int
fill(struct memory *memory, uint64_t step)
{
	uint64_t at;

	for (at = 0; at < memory->size; at += step)
		if (map_file(memory, at, step) != 0)
			return -1;
	touch(memory);
	return 0;
}

int
memory_create(struct memory *memory, enum memory_layout layout, uint64_t size)
{
	uint64_t step = layout == MEMORY_ONE_FILE ? size : MEMORY_PAGE;

	if (enough_pages(size) != 0)
		return -1;
	*memory = (struct memory){ .size = size, .layout = layout };
	allow_files(size / step);
	memory->files = calloc(size / step, sizeof(*memory->files));
	if (memory->files == NULL) {
		warn("%lu files", (unsigned long)(size / step));
		return -1;
	}
	memory->va = mmap(BASE, size, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			MAP_FIXED_NOREPLACE,
		-1, 0);
	if (memory->va == MAP_FAILED) {
		warn("no room for the memory at %p", BASE);
		memory->va = NULL;
	} else if (fill(memory, step) == 0) {
		return 0;
	}
	memory_destroy(memory);
	return -1;
}

void
memory_destroy(struct memory *memory)
{
	unsigned int i;

	if (memory->va != NULL)
		munmap(memory->va, memory->size);
	for (i = 0; i < memory->file_count; i++)
		close(memory->files[i]);
	free(memory->files);
	*memory = (struct memory){ .size = 0 };
}

/* The run that begins here, as long as it may be. */
static struct memory_run
run_at(const struct memory *memory, uint64_t at, uint64_t left)
{
	struct memory_run run = { .va = memory->va + at };
	uint64_t place = (uintptr_t)run.va;

	if (memory->layout == MEMORY_FILE_PER_PAGE) {
		run.file = memory->files[at / MEMORY_PAGE];
		run.length = MEMORY_PAGE;
		return run;
	}
	run.file = memory->files[0];
	run.offset = at;
	run.length = MIN(left, GIB - place % GIB);
	return run;
}

int
memory_runs(const struct memory *memory, uint64_t offset, uint64_t length,
	struct memory_run **runs)
{
	uint64_t end = offset + length;
	uint64_t at = offset;
	int count = 0;

	*runs = calloc(length / MEMORY_PAGE, sizeof(**runs));
	if (*runs == NULL) {
		warn("runs");
		return -1;
	}
	while (at < end) {
		(*runs)[count] = run_at(memory, at, end - at);
		at += (*runs)[count].length;
		count++;
	}
	return count;
}
