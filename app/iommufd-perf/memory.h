/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef MEMORY_H
#define MEMORY_H

/*
 * Memory to map: 2 MiB hugepages that have been touched, at one contiguous
 * address, in the two layouts that EAL has.
 *
 * Must not know: how it is mapped.
 */

#include <stdint.h>

#define MEMORY_PAGE (UINT64_C(2) << 20)

enum memory_layout {
	MEMORY_ONE_FILE,      /* --single-file-segments, --in-memory */
	MEMORY_FILE_PER_PAGE, /* EAL's default */
	MEMORY_LAYOUTS,
};

extern const char *const memory_layout_names[MEMORY_LAYOUTS];

struct memory {
	char *va;
	uint64_t size;
	enum memory_layout layout;
	int *files; /* one, or one for each page */
	unsigned int file_count;
};

/* A part of the memory that is contiguous in one file. */
struct memory_run {
	char *va;
	uint64_t length;
	int file;
	uint64_t offset;
};

/* 0 or -1, which is said. The size is whole pages. */
int memory_create(
	struct memory *memory, enum memory_layout layout, uint64_t size);
void memory_destroy(struct memory *memory);

/*
 * The runs of a part of the memory, as EAL memory is mapped: a run ends with
 * its file and at each GiB. Returns how many, or -1; runs is to be freed.
 */
int memory_runs(const struct memory *memory, uint64_t offset, uint64_t length,
	struct memory_run **runs);

#endif /* MEMORY_H */
