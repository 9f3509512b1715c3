/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef IOMMUFD_TEST_H
#define IOMMUFD_TEST_H

/*
 * The part of the kernel's test interface to its mock devices (CONFIG_IOMMUFD_TEST)
 * that the programs here speak, in our own declarations: the kernel does not install
 * its header, drivers/iommu/iommufd/iommufd_test.h. Numbers and layouts are those of
 * Linux 7.3; unlike the rest of IOMMUFD's they may change.
 *
 * Must not know: anything but layouts.
 */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/ioctl.h>

/* The one ioctl, on /dev/iommu. */
#define UAPI_TEST_COMMAND _IO(';', 0xa0)

enum uapi_test_operation {
	UAPI_TEST_ADD_RESERVED = 1,
	UAPI_TEST_MOCK_DOMAIN = 2,
	UAPI_TEST_CHECK_MAP = 3,
	UAPI_TEST_CHECK_REFS = 4,
	UAPI_TEST_MOCK_DOMAIN_REPLACE = 10,
	UAPI_TEST_MOCK_DOMAIN_FLAGS = 12,
	UAPI_TEST_DIRTY = 13,
	UAPI_TEST_TRIGGER_IOPF = 15,
	UAPI_TEST_PASID_ATTACH = 18,
	UAPI_TEST_PASID_REPLACE = 19,
	UAPI_TEST_PASID_DETACH = 20,
	UAPI_TEST_PASID_CHECK = 21,
	UAPI_TEST_DMABUF_GET = 22,
	UAPI_TEST_DMABUF_REVOKE = 23,
};

/* What the mock IOMMU reaches, and its page size: half of a processor's page. */
#define UAPI_TEST_APERTURE_FIRST UINT64_C(0x1000000)
#define UAPI_TEST_APERTURE_LAST UINT64_C(0x7fffffff)
#define UAPI_TEST_PAGE_SIZE UINT64_C(2048)
#define UAPI_TEST_PASID_BITS 20
/* Of this PASID every second change is refused, once it is attached. */
#define UAPI_TEST_PASID_UNWILLING 1024

/* What IOMMU_GET_HW_INFO says of it. */
#define UAPI_TEST_HW_INFO_TYPE 0xfeedbeef

/* Of a mock device; without them it has dirty tracking and no PASIDs. */
#define UAPI_TEST_DEVICE_NO_DIRTY (1u << 0)
#define UAPI_TEST_DEVICE_PASID (1u << 2)

struct uapi_test_command {
	uint32_t size;
	uint32_t operation;
	uint32_t id; /* of what the operation is about */
	uint32_t reserved;
	union {
		uint64_t room[6];
		struct {
			uint64_t start;
			uint64_t length;
		} add_reserved; /* id: IOAS */
		struct {
			uint32_t out_handle; /* to destroy it, and for PASIDs */
			uint32_t out_page_table_id;
			uint32_t out_device_id;
			uint32_t flags;
		} mock_domain; /* id: what it is attached to */
		struct {
			uint32_t page_table_id; /* out: the HWPT */
		} replace;			/* id: the device's handle */
		struct {
			uint64_t iova;
			uint64_t length;
			uint64_t va;
		} check_map; /* id: HWPT */
		struct {
			uint64_t length;
			uint64_t va;
			uint32_t references;
		} check_refs;
		struct {
			uint32_t flags;
			uint64_t iova;
			uint64_t length;
			uint64_t page_size;
			uint64_t bits;	    /* address: which pages */
			uint64_t out_count; /* how many were marked */
		} dirty;		    /* id: HWPT */
		struct {
			uint32_t device_id;
			uint32_t pasid;
			uint32_t group;
			uint32_t permissions;
			uint64_t address;
		} trigger_iopf;
		struct {
			uint32_t pasid;
			/* out of attach and replace: the HWPT; of check: 0
			 * asks whether there is none
			 */
			uint32_t page_table_id;
		} pasid; /* id: the device's handle */
		struct {
			uint32_t length;
			uint32_t open_flags;
		} dmabuf_get;
		struct {
			int32_t fd;
			uint32_t revoked;
		} dmabuf_revoke;
	};
	uint32_t last;
};

static_assert(offsetof(struct uapi_test_command, last) == 64,
	"the layout is the kernel's");
static_assert(
	sizeof(struct uapi_test_command) == 72, "the layout is the kernel's");

#endif /* IOMMUFD_TEST_H */
