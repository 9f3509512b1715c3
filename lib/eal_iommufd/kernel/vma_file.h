/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef VMA_FILE_H
#define VMA_FILE_H

/*
 * Which file this process has mapped at an address.
 */

#include <limits.h>
#include <stdint.h>

struct vma_file {
	uint64_t start;
	uint64_t end;	     /* the first address behind it */
	uint64_t offset;     /* of the start, as the kernel keeps it */
	char path[PATH_MAX]; /* "" for memory without a file */
};

/* 0, or -ENOENT when nothing is mapped there, as far as can be told. Reads /proc/self/maps. */
int vma_file_at(uint64_t address, struct vma_file *found);

#endif /* VMA_FILE_H */
