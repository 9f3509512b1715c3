/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The calls of a VFIO device's own file, /dev/vfio/devices/vfioN; see kernel.h.
 *
 * Must not know: what an address space has mapped; groups.
 */

#include <errno.h>
#include <fcntl.h>

#include "kernel/kernel.h"
#include "kernel/kernel_call.h"
#include "kernel/kernel_uapi.h"

int
kernel_device_bind(int device_fd, int iommu_fd, const uint8_t *vf_token,
	uint32_t *device_id)
{
	struct uapi_bind_iommufd bind = {
		.argsz = sizeof(bind),
		.flags = vf_token != NULL ? UAPI_BIND_FLAG_TOKEN : 0,
		.iommufd = iommu_fd,
		.token_uuid_ptr = (uintptr_t)vf_token,
	};
	int ret = kernel_call(device_fd, UAPI_DEVICE_BIND_IOMMUFD, &bind);

	if (ret == 0)
		*device_id = bind.out_devid;
	return ret;
}

int
kernel_device_attach(int device_fd, uint32_t page_table_id)
{
	struct uapi_attach_iommufd_pt attach = {
		.argsz = sizeof(attach),
		.pt_id = page_table_id,
	};

	return kernel_call(device_fd, UAPI_DEVICE_ATTACH_IOMMUFD_PT, &attach);
}

int
kernel_device_detach(int device_fd)
{
	struct uapi_detach_iommufd_pt detach = { .argsz = sizeof(detach) };

	return kernel_call(device_fd, UAPI_DEVICE_DETACH_IOMMUFD_PT, &detach);
}

int
kernel_device_attach_pasid(
	int device_fd, uint32_t pasid, uint32_t page_table_id)
{
	struct uapi_attach_iommufd_pasid_pt attach = {
		.argsz = sizeof(attach),
		.flags = UAPI_ATTACH_PASID,
		.pt_id = page_table_id,
		.pasid = pasid,
	};

	return kernel_call(device_fd, UAPI_DEVICE_ATTACH_IOMMUFD_PT, &attach);
}

int
kernel_device_detach_pasid(int device_fd, uint32_t pasid)
{
	struct uapi_detach_iommufd_pasid_pt detach = {
		.argsz = sizeof(detach),
		.flags = UAPI_ATTACH_PASID,
		.pasid = pasid,
	};

	return kernel_call(device_fd, UAPI_DEVICE_DETACH_IOMMUFD_PT, &detach);
}

int
kernel_device_info(int device_fd, struct vfio_device_info *info)
{
	return kernel_call(device_fd, VFIO_DEVICE_GET_INFO, info);
}

/* vfio_pci_core_disable() begins in this order as well. EINVAL: the device has none of these. */
int
kernel_device_stop(int device_fd)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct vfio_irq_set none = {
		.argsz = sizeof(none),
		.flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
	};
	int ret = kernel_device_info(device_fd, &info);

	while (ret == 0 && none.index < info.num_irqs) {
		ret = kernel_call(device_fd, VFIO_DEVICE_SET_IRQS, &none);
		if (ret == -EINVAL)
			ret = 0;
		none.index++;
	}
	if (ret == 0)
		ret = kernel_call(device_fd, VFIO_DEVICE_RESET, NULL);
	return ret == -EINVAL ? 0 : ret;
}

int
kernel_device_open_dma_buf(
	int device_fd, uint32_t region, uint64_t offset, uint64_t length)
{
	struct uapi_feature_dma_buf feature = {
		.argsz = sizeof(feature),
		.flags = UAPI_FEATURE_GET | UAPI_FEATURE_DMA_BUF,
		.region_index = region,
		.open_flags = O_RDWR | O_CLOEXEC,
		.nr_ranges = 1,
		.offset = offset,
		.length = length,
	};

	return kernel_call(device_fd, UAPI_DEVICE_FEATURE, &feature);
}
