/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef MOCK_H
#define MOCK_H

/*
 * The kernel's mock devices, for programs that test the library on them: what they
 * reach and what is pinned for them, and memory for both.
 *
 * Must not know: what is tested, how a program comes by a device (mock_vfio.h).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iommufd_test.h"

struct mock_device {
	int iommu_fd;
	uint32_t handle;	/* 0: there is none */
	uint32_t device_id;	/* IOMMUFD's object */
	uint32_t page_table_id; /* the HWPT that it is attached to */
};

/* Runs one operation; 0, or -errno. Fills in the size. */
int mock_command(int iommu_fd, struct uapi_test_command *command);

/*
 * A new device, attached to the IOAS or HWPT. Flags are UAPI_TEST_DEVICE_*. 0, or
 * -errno.
 */
int mock_create(int iommu_fd, uint32_t page_table_id, uint32_t flags,
	struct mock_device *device);
/* To another IOAS or HWPT; 0, or -errno. */
int mock_move(struct mock_device *device, uint32_t page_table_id);
/* Detaches it and ends it; 0, or -errno. */
int mock_destroy(struct mock_device *device);

/* Whether the device reaches this memory at that address, to the byte. */
bool mock_reaches(const struct mock_device *device, uint64_t iova,
	const void *va, uint64_t length);
/* Whether it reaches not one page of this memory there. */
bool mock_reaches_none(const struct mock_device *device, uint64_t iova,
	const void *va, uint64_t length);
/* The first of these for a page table. */
bool mock_page_table_has(int iommu_fd, uint32_t page_table_id, uint64_t iova,
	const void *va, uint64_t length);
/* Whether each page is pinned exactly that often. Not to be asked of hugepages. */
bool mock_is_pinned(
	int iommu_fd, const void *va, uint64_t length, uint32_t times);

/* What is charged to this process as pinned, in pages of 4 KiB. */
unsigned long mock_pinned_pages(void);

/* A memfd of present small pages, which the caller unmaps and closes. */
char *mock_memory(size_t length, int *file);

#endif /* MOCK_H */
