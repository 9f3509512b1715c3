/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef KERNEL_UAPI_H
#define KERNEL_UAPI_H

/*
 * The part of the kernel's IOMMUFD and VFIO cdev interface that the library uses,
 * declared again, so that the same source builds on every distribution: Debian 12's
 * headers (6.1) have none of it. Layouts and numbers are those of
 * include/uapi/linux/iommufd.h and include/uapi/linux/vfio.h; they never change, and the
 * assertions below check them.
 *
 * Must not know: anything but layouts. In the library only kernel_*.c
 * include this file; dpdk-iommufd-perf does for its raw calls.
 */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/ioctl.h>
#include <linux/vfio.h>

/* ';' is IOMMUFD_TYPE in linux/iommufd.h. */
#define UAPI_IOMMUFD(number) _IO(';', number)

#define UAPI_DESTROY UAPI_IOMMUFD(0x80)
#define UAPI_IOAS_ALLOC UAPI_IOMMUFD(0x81)
#define UAPI_IOAS_ALLOW_IOVAS UAPI_IOMMUFD(0x82)
#define UAPI_IOAS_COPY UAPI_IOMMUFD(0x83)
#define UAPI_IOAS_IOVA_RANGES UAPI_IOMMUFD(0x84)
#define UAPI_IOAS_MAP UAPI_IOMMUFD(0x85)
#define UAPI_IOAS_UNMAP UAPI_IOMMUFD(0x86)
#define UAPI_OPTION UAPI_IOMMUFD(0x87)
#define UAPI_VFIO_IOAS UAPI_IOMMUFD(0x88)
#define UAPI_HWPT_ALLOC UAPI_IOMMUFD(0x89)
#define UAPI_GET_HW_INFO UAPI_IOMMUFD(0x8a)
#define UAPI_SET_DIRTY_TRACKING UAPI_IOMMUFD(0x8b)
#define UAPI_GET_DIRTY_BITMAP UAPI_IOMMUFD(0x8c)
#define UAPI_HWPT_INVALIDATE UAPI_IOMMUFD(0x8d)
#define UAPI_FAULT_QUEUE_ALLOC UAPI_IOMMUFD(0x8e)
#define UAPI_IOAS_MAP_FILE UAPI_IOMMUFD(0x8f)
#define UAPI_VIOMMU_ALLOC UAPI_IOMMUFD(0x90)
#define UAPI_VDEVICE_ALLOC UAPI_IOMMUFD(0x91)
#define UAPI_IOAS_CHANGE_PROCESS UAPI_IOMMUFD(0x92)
#define UAPI_VEVENTQ_ALLOC UAPI_IOMMUFD(0x93)
#define UAPI_HW_QUEUE_ALLOC UAPI_IOMMUFD(0x94)
#define UAPI_IOAS_NOIOMMU_GET_PA UAPI_IOMMUFD(0x95)

#define UAPI_DEVICE_FEATURE _IO(VFIO_TYPE, VFIO_BASE + 17)
#define UAPI_DEVICE_BIND_IOMMUFD _IO(VFIO_TYPE, VFIO_BASE + 18)
#define UAPI_DEVICE_ATTACH_IOMMUFD_PT _IO(VFIO_TYPE, VFIO_BASE + 19)
#define UAPI_DEVICE_DETACH_IOMMUFD_PT _IO(VFIO_TYPE, VFIO_BASE + 20)

#define UAPI_MAP_FIXED_IOVA (1u << 0)
#define UAPI_MAP_WRITEABLE (1u << 1)
#define UAPI_MAP_READABLE (1u << 2)

#define UAPI_OPTION_RLIMIT_MODE 0
#define UAPI_OPTION_SET 0
#define UAPI_OPTION_GET 1
#define UAPI_RLIMIT_BY_USER 0
#define UAPI_RLIMIT_BY_PROCESS 1

#define UAPI_VFIO_IOAS_GET 0
#define UAPI_VFIO_IOAS_SET 1
#define UAPI_BIND_FLAG_TOKEN (1u << 0)
/* The same for VFIO_DEVICE_ATTACH_PASID and VFIO_DEVICE_DETACH_PASID. */
#define UAPI_ATTACH_PASID (1u << 0)

#define UAPI_HWPT_ALLOC_NEST_PARENT (1u << 0)
#define UAPI_HWPT_ALLOC_DIRTY_TRACKING (1u << 1)
#define UAPI_HWPT_FAULT_ID_VALID (1u << 2)
#define UAPI_HWPT_ALLOC_PASID (1u << 3)

/* Enums that each count in their own way. */
#define UAPI_HW_INFO_ARM_SMMUV3 2
#define UAPI_HWPT_DATA_ARM_SMMUV3 2
#define UAPI_VIOMMU_ARM_SMMUV3 1
#define UAPI_INVALIDATE_ARM_SMMUV3 1
#define UAPI_VEVENTQ_ARM_SMMUV3 1
#define UAPI_VEVENTQ_LOST_EVENTS (1u << 0)

#define UAPI_DIRTY_TRACKING_ENABLE (1u << 0)
#define UAPI_GET_DIRTY_BITMAP_NO_CLEAR (1u << 0)

#define UAPI_PGFAULT_PASID_VALID (1u << 0)
#define UAPI_PGFAULT_LAST_PAGE (1u << 1)
#define UAPI_PGFAULT_READ (1u << 0)
#define UAPI_PGFAULT_WRITE (1u << 1)

#define UAPI_PAGE_RESPONSE_SUCCESS 0
#define UAPI_PAGE_RESPONSE_INVALID 1

#define UAPI_FEATURE_GET (1u << 16)
#define UAPI_FEATURE_DMA_BUF 11

struct uapi_destroy {
	uint32_t size;
	uint32_t id;
};

struct uapi_ioas_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t out_ioas_id;
};

struct uapi_iova_range {
	uint64_t start;
	uint64_t last;
};

struct uapi_ioas_iova_ranges {
	uint32_t size;
	uint32_t ioas_id;
	uint32_t num_iovas;
	uint32_t reserved;
	uint64_t allowed_iovas;
	uint64_t out_iova_alignment;
};

struct uapi_ioas_allow_iovas {
	uint32_t size;
	uint32_t ioas_id;
	uint32_t num_iovas;
	uint32_t reserved;
	uint64_t allowed_iovas;
};

struct uapi_ioas_copy {
	uint32_t size;
	uint32_t flags;
	uint32_t dst_ioas_id;
	uint32_t src_ioas_id;
	uint64_t length;
	uint64_t dst_iova;
	uint64_t src_iova;
};

struct uapi_ioas_map {
	uint32_t size;
	uint32_t flags;
	uint32_t ioas_id;
	uint32_t reserved;
	uint64_t user_va;
	uint64_t length;
	uint64_t iova;
};

struct uapi_ioas_map_file {
	uint32_t size;
	uint32_t flags;
	uint32_t ioas_id;
	int32_t fd;
	uint64_t start;
	uint64_t length;
	uint64_t iova;
};

struct uapi_ioas_unmap {
	uint32_t size;
	uint32_t ioas_id;
	uint64_t iova;
	uint64_t length;
};

struct uapi_option {
	uint32_t size;
	uint32_t option_id;
	uint16_t op;
	uint16_t reserved;
	uint32_t object_id;
	uint64_t val64;
};

struct uapi_vfio_ioas {
	uint32_t size;
	uint32_t ioas_id;
	uint16_t op;
	uint16_t reserved;
};

struct uapi_hw_info {
	uint32_t size;
	uint32_t flags;
	uint32_t dev_id;
	uint32_t data_len;
	uint64_t data_uptr;
	uint32_t out_data_type;
	uint8_t out_max_pasid_log2;
	uint8_t reserved[3];
	uint64_t out_capabilities;
};

struct uapi_hwpt_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t dev_id;
	uint32_t pt_id;
	uint32_t out_hwpt_id;
	uint32_t reserved;
	uint32_t data_type;
	uint32_t data_len;
	uint64_t data_uptr;
	uint32_t fault_id;
	uint32_t reserved2;
};

/* As it was before Linux 6.11, which has added fault_id. */
#define UAPI_HWPT_ALLOC_OLD_SIZE offsetof(struct uapi_hwpt_alloc, fault_id)

struct uapi_set_dirty_tracking {
	uint32_t size;
	uint32_t flags;
	uint32_t hwpt_id;
	uint32_t reserved;
};

struct uapi_get_dirty_bitmap {
	uint32_t size;
	uint32_t hwpt_id;
	uint32_t flags;
	uint32_t reserved;
	uint64_t iova;
	uint64_t length;
	uint64_t page_size;
	uint64_t data;
};

struct uapi_fault_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t out_fault_id;
	uint32_t out_fault_fd;
};

struct uapi_pgfault {
	uint32_t flags;
	uint32_t dev_id;
	uint32_t pasid;
	uint32_t grpid;
	uint32_t perm;
	uint32_t reserved;
	uint64_t addr;
	uint32_t length;
	uint32_t cookie;
};

struct uapi_page_response {
	uint32_t cookie;
	uint32_t code;
};

struct uapi_hw_info_arm_smmuv3 {
	uint32_t flags;
	uint32_t reserved;
	uint32_t idr[6];
	uint32_t iidr;
	uint32_t aidr;
};

struct uapi_hwpt_invalidate {
	uint32_t size;
	uint32_t hwpt_id;
	uint64_t data_uptr;
	uint32_t data_type;
	uint32_t entry_len;
	uint32_t entry_num;
	uint32_t reserved;
};

struct uapi_viommu_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t type;
	uint32_t dev_id;
	uint32_t hwpt_id;
	uint32_t out_viommu_id;
	uint32_t data_len;
	uint32_t reserved;
	uint64_t data_uptr;
};

/* As it was at first: what came behind is not for SMMUv3. */
#define UAPI_VIOMMU_ALLOC_OLD_SIZE offsetof(struct uapi_viommu_alloc, data_len)

struct uapi_vdevice_alloc {
	uint32_t size;
	uint32_t viommu_id;
	uint32_t dev_id;
	uint32_t out_vdevice_id;
	uint64_t virt_id;
};

struct uapi_veventq_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t viommu_id;
	uint32_t type;
	uint32_t veventq_depth;
	uint32_t out_veventq_id;
	uint32_t out_veventq_fd;
	uint32_t reserved;
};

/* What a read of the queue begins with; an event record follows, unless events are lost. */
struct uapi_vevent_header {
	uint32_t flags;
	uint32_t sequence;
};

struct uapi_bind_iommufd {
	uint32_t argsz;
	uint32_t flags;
	int32_t iommufd;
	uint32_t out_devid;
	uint64_t token_uuid_ptr;
};

struct uapi_attach_iommufd_pt {
	uint32_t argsz;
	uint32_t flags;
	uint32_t pt_id;
};

/* Both without pasid for a device itself, as before Linux 6.15. */
struct uapi_attach_iommufd_pasid_pt {
	uint32_t argsz;
	uint32_t flags;
	uint32_t pt_id;
	uint32_t pasid;
};

struct uapi_detach_iommufd_pt {
	uint32_t argsz;
	uint32_t flags;
};

struct uapi_detach_iommufd_pasid_pt {
	uint32_t argsz;
	uint32_t flags;
	uint32_t pasid;
};

/* vfio_device_feature with vfio_device_feature_dma_buf and one range behind it. */
struct uapi_feature_dma_buf {
	uint32_t argsz;
	uint32_t flags;
	uint32_t region_index;
	uint32_t open_flags;
	uint32_t dma_buf_flags;
	uint32_t nr_ranges;
	uint64_t offset;
	uint64_t length;
};

static_assert(sizeof(struct uapi_destroy) == 8, "struct iommu_destroy");
static_assert(sizeof(struct uapi_ioas_alloc) == 12, "struct iommu_ioas_alloc");
static_assert(sizeof(struct uapi_ioas_iova_ranges) == 32,
	"struct iommu_ioas_iova_ranges");
static_assert(sizeof(struct uapi_ioas_allow_iovas) == 24,
	"struct iommu_ioas_allow_iovas");
static_assert(sizeof(struct uapi_ioas_copy) == 40, "struct iommu_ioas_copy");
static_assert(sizeof(struct uapi_feature_dma_buf) == 40,
	"struct vfio_device_feature, struct vfio_device_feature_dma_buf");
static_assert(sizeof(struct uapi_ioas_map) == 40, "struct iommu_ioas_map");
static_assert(
	sizeof(struct uapi_ioas_map_file) == 40, "struct iommu_ioas_map_file");
static_assert(sizeof(struct uapi_ioas_unmap) == 24, "struct iommu_ioas_unmap");
static_assert(sizeof(struct uapi_option) == 24, "struct iommu_option");
static_assert(sizeof(struct uapi_vfio_ioas) == 12, "struct iommu_vfio_ioas");
static_assert(sizeof(struct uapi_hw_info) == 40, "struct iommu_hw_info");
static_assert(sizeof(struct uapi_hwpt_alloc) == 48, "struct iommu_hwpt_alloc");
static_assert(sizeof(struct uapi_set_dirty_tracking) == 16,
	"struct iommu_hwpt_set_dirty_tracking");
static_assert(sizeof(struct uapi_get_dirty_bitmap) == 48,
	"struct iommu_hwpt_get_dirty_bitmap");
static_assert(
	sizeof(struct uapi_fault_alloc) == 16, "struct iommu_fault_alloc");
static_assert(sizeof(struct uapi_pgfault) == 40, "struct iommu_hwpt_pgfault");
static_assert(sizeof(struct uapi_page_response) == 8,
	"struct iommu_hwpt_page_response");
static_assert(sizeof(struct uapi_attach_iommufd_pasid_pt) == 16,
	"struct vfio_device_attach_iommufd_pt");
static_assert(sizeof(struct uapi_detach_iommufd_pasid_pt) == 12,
	"struct vfio_device_detach_iommufd_pt");
static_assert(sizeof(struct uapi_hw_info_arm_smmuv3) == 40,
	"struct iommu_hw_info_arm_smmuv3");
static_assert(sizeof(struct uapi_hwpt_invalidate) == 32,
	"struct iommu_hwpt_invalidate");
static_assert(
	sizeof(struct uapi_viommu_alloc) == 40, "struct iommu_viommu_alloc");
static_assert(
	sizeof(struct uapi_vdevice_alloc) == 24, "struct iommu_vdevice_alloc");
static_assert(
	sizeof(struct uapi_veventq_alloc) == 32, "struct iommu_veventq_alloc");
static_assert(sizeof(struct uapi_bind_iommufd) == 24,
	"struct vfio_device_bind_iommufd");

#endif /* KERNEL_UAPI_H */
