/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The calls for page tables that user space owns; see kernel_nested.h. */

#include <string.h>
#include <unistd.h>

#include "kernel/kernel_call.h"
#include "kernel/kernel_nested.h"
#include "kernel/kernel_uapi.h"
#include "util/smmuv3.h"

static_assert(sizeof(struct smmuv3_command) == 16,
	"struct iommu_viommu_arm_smmuv3_invalidate");
static_assert(
	sizeof(struct smmuv3_event) == 32, "struct iommu_vevent_arm_smmuv3");

/* The kernel clears what it does not write of the caller's memory. */
int
kernel_smmuv3_registers(
	int iommu_fd, uint32_t device_id, struct smmuv3_registers *registers)
{
	struct uapi_hw_info_arm_smmuv3 of_smmu = { .flags = 0 };
	struct uapi_hw_info info = {
		.size = sizeof(info),
		.dev_id = device_id,
		.data_len = sizeof(of_smmu),
		.data_uptr = (uintptr_t)&of_smmu,
	};
	int ret = kernel_call(iommu_fd, UAPI_GET_HW_INFO, &info);

	if (ret != 0)
		return ret;
	if (info.out_data_type != UAPI_HW_INFO_ARM_SMMUV3)
		return -EOPNOTSUPP;
	static_assert(sizeof(registers->idr) == sizeof(of_smmu.idr),
		"SMMU_IDR0 to SMMU_IDR5");
	memcpy(registers->idr, of_smmu.idr, sizeof(of_smmu.idr));
	return 0;
}

static int
alloc_page_table(int iommu_fd, struct uapi_hwpt_alloc *alloc, uint32_t *hwpt_id)
{
	int ret;

	alloc->size = UAPI_HWPT_ALLOC_OLD_SIZE;
	ret = kernel_call(iommu_fd, UAPI_HWPT_ALLOC, alloc);
	if (ret == 0)
		*hwpt_id = alloc->out_hwpt_id;
	return ret;
}

int
kernel_nest_parent_alloc(
	int iommu_fd, uint32_t device_id, uint32_t ioas_id, uint32_t *hwpt_id)
{
	struct uapi_hwpt_alloc alloc = {
		.flags = UAPI_HWPT_ALLOC_NEST_PARENT,
		.dev_id = device_id,
		.pt_id = ioas_id,
	};

	return alloc_page_table(iommu_fd, &alloc, hwpt_id);
}

int
kernel_viommu_alloc(
	int iommu_fd, uint32_t device_id, uint32_t hwpt_id, uint32_t *viommu_id)
{
	struct uapi_viommu_alloc alloc = {
		.size = UAPI_VIOMMU_ALLOC_OLD_SIZE,
		.type = UAPI_VIOMMU_ARM_SMMUV3,
		.dev_id = device_id,
		.hwpt_id = hwpt_id,
	};
	int ret = kernel_call(iommu_fd, UAPI_VIOMMU_ALLOC, &alloc);

	if (ret == 0)
		*viommu_id = alloc.out_viommu_id;
	return ret;
}

int
kernel_vdevice_alloc(int iommu_fd, uint32_t viommu_id, uint32_t device_id,
	uint32_t stream_id, uint32_t *vdevice_id)
{
	struct uapi_vdevice_alloc alloc = {
		.size = sizeof(alloc),
		.viommu_id = viommu_id,
		.dev_id = device_id,
		.virt_id = stream_id,
	};
	int ret = kernel_call(iommu_fd, UAPI_VDEVICE_ALLOC, &alloc);

	if (ret == 0)
		*vdevice_id = alloc.out_vdevice_id;
	return ret;
}

int
kernel_nested_alloc(int iommu_fd, uint32_t device_id, uint32_t viommu_id,
	const uint64_t words[2], uint32_t *hwpt_id)
{
	struct uapi_hwpt_alloc alloc = {
		.dev_id = device_id,
		.pt_id = viommu_id,
		.data_type = UAPI_HWPT_DATA_ARM_SMMUV3,
		.data_len = 2 * sizeof(words[0]),
		.data_uptr = (uintptr_t)words,
	};

	return alloc_page_table(iommu_fd, &alloc, hwpt_id);
}

int
kernel_nested_invalidate(int iommu_fd, uint32_t viommu_id,
	const struct smmuv3_command *commands, uint32_t *count)
{
	struct uapi_hwpt_invalidate invalidate = {
		.size = sizeof(invalidate),
		.hwpt_id = viommu_id,
		.data_uptr = (uintptr_t)commands,
		.data_type = UAPI_INVALIDATE_ARM_SMMUV3,
		.entry_len = sizeof(*commands),
		.entry_num = *count,
	};
	int ret = kernel_call(iommu_fd, UAPI_HWPT_INVALIDATE, &invalidate);

	*count = invalidate.entry_num;
	return ret;
}

int
kernel_veventq_alloc(
	int iommu_fd, uint32_t viommu_id, uint32_t depth, uint32_t *veventq_id)
{
	struct uapi_veventq_alloc alloc = {
		.size = sizeof(alloc),
		.viommu_id = viommu_id,
		.type = UAPI_VEVENTQ_ARM_SMMUV3,
		.veventq_depth = depth,
	};
	int ret = kernel_call(iommu_fd, UAPI_VEVENTQ_ALLOC, &alloc);

	if (ret != 0)
		return ret;
	*veventq_id = alloc.out_veventq_id;
	return alloc.out_veventq_fd;
}

/* iommufd_veventq_fops_read(): as many as fit, so room for one is given. */
int
kernel_veventq_read(
	int veventq_fd, struct smmuv3_event *event, uint32_t *sequence)
{
	struct {
		struct uapi_vevent_header header;
		struct smmuv3_event event;
	} read_in;
	ssize_t length = read(veventq_fd, &read_in, sizeof(read_in));

	if (length < 0)
		return -errno;
	if (length == 0)
		return 0;
	*sequence = read_in.header.sequence;
	if (read_in.header.flags & UAPI_VEVENTQ_LOST_EVENTS)
		memset(event, 0, sizeof(*event));
	else
		*event = read_in.event;
	return 1;
}
