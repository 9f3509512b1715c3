/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef USERFAULT_UAPI_H
#define USERFAULT_UAPI_H

/*
 * The part of linux/userfaultfd.h and linux/fs.h that the headers of older distributions
 * lack, declared again; see kernel_uapi.h.
 *
 * Must not know: anything but layouts. Only userfault.c includes this file.
 */

#include <assert.h>
#include <stdint.h>

#include <linux/ioctl.h>
#include <linux/userfaultfd.h>

#define UAPI_MADV_POPULATE_READ 22
#define UAPI_MADV_POPULATE_WRITE 23

#define UAPI_UFFD_USER_MODE_ONLY 1
#define UAPI_UFFD_FEATURE_WP_ASYNC (1u << 15)

/* 'f' is PROCFS_IOCTL_MAGIC in linux/fs.h. */
#define UAPI_PAGEMAP_SCAN _IOWR('f', 16, struct uapi_pm_scan_arg)
#define UAPI_PROCMAP_QUERY _IOWR('f', 17, struct uapi_procmap_query)

#define UAPI_VMA_READABLE 0x01
#define UAPI_VMA_WRITABLE 0x02
#define UAPI_VMA_SHARED 0x08
#define UAPI_COVERING_OR_NEXT_VMA 0x10

#define UAPI_SCAN_CHECK_WPASYNC (1u << 1)
#define UAPI_PAGE_IS_WPALLOWED (1u << 0)
#define UAPI_PAGE_IS_HUGE (1u << 6)

struct uapi_procmap_query {
	uint64_t size;
	uint64_t query_flags;
	uint64_t query_addr;
	uint64_t vma_start;
	uint64_t vma_end;
	uint64_t vma_flags;
	uint64_t vma_page_size;
	uint64_t vma_offset;
	uint64_t inode;
	uint32_t dev_major;
	uint32_t dev_minor;
	uint32_t vma_name_size;
	uint32_t build_id_size;
	uint64_t vma_name_addr;
	uint64_t build_id_addr;
};

struct uapi_page_region {
	uint64_t start;
	uint64_t end;
	uint64_t categories;
};

struct uapi_pm_scan_arg {
	uint64_t size;
	uint64_t flags;
	uint64_t start;
	uint64_t end;
	uint64_t walk_end;
	uint64_t vec;
	uint64_t vec_len;
	uint64_t max_pages;
	uint64_t category_inverted;
	uint64_t category_mask;
	uint64_t category_anyof_mask;
	uint64_t return_mask;
};

static_assert(sizeof(struct uapi_procmap_query) == 104, "struct procmap_query");
static_assert(sizeof(struct uapi_pm_scan_arg) == 96, "struct pm_scan_arg");

#endif /* USERFAULT_UAPI_H */
