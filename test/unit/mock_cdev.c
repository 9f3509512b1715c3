/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The calls of a VFIO device's own file: a part of the stand-in, see mock_kernel.h. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <linux/vfio.h>

#include "kernel/kernel.h"
#include "mock_kernel.h"
#include "mock_state.h"
#include "unit.h"

static void
describe_token(const uint8_t *token, char text[33])
{
	unsigned int i;

	snprintf(text, 33, "none");
	for (i = 0; token != NULL && i < RTE_IOMMUFD_VF_TOKEN_LENGTH; i++)
		snprintf(text + 2 * i, 33 - 2 * i, "%02x", token[i]);
}

int
kernel_device_bind(int device_fd, int iommu_fd, const uint8_t *vf_token,
	uint32_t *device_id)
{
	char token[33];

	describe_token(vf_token, token);
	DESCRIBE(call, "device_bind fd=%d iommu=%d token=%s", device_fd,
		iommu_fd, token);
	struct answer answer = mock_take_answer(call, 0);

	mock_object_require(DESCRIPTOR, device_fd, call);
	mock_object_require(DESCRIPTOR, iommu_fd, call);
	mock_object_forbid(
		mock_object_find(BOUND, mock_file_of(device_fd)), call);
	if (answer.result != 0)
		return answer.result;
	*device_id = mock_value_or(&answer, mock.next_id++);
	mock_object_enter(BOUND, mock_file_of(device_fd),
		mock_file_of(iommu_fd), *device_id);
	return 0;
}

/* Where it is attached, or is to be; the HWPT's flags, 0 for an IOAS. */
static uint64_t
require_page_table(uint32_t id, const char *call)
{
	if (mock_object_find(HWPT, id) != NULL)
		return mock_object_require(HWPT_FLAGS, id, call)->value;
	if (mock_object_find(NESTED, id) == NULL)
		mock_object_require(IOAS, id, call);
	return 0;
}

/* iommufd_hwpt_pasid_compat() */
static bool
fits_with_pasids(int device_fd, uint64_t flags)
{
	return mock_find_pasid_of(mock_file_of(device_fd)) == NULL ||
		flags & KERNEL_HWPT_PASID;
}

int
kernel_device_attach(int device_fd, uint32_t page_table_id)
{
	DESCRIBE(call, "device_attach fd=%d page_table=%u", device_fd,
		page_table_id);
	struct answer answer = mock_take_answer(call, 0);
	uint64_t flags = require_page_table(page_table_id, call);

	mock_object_require(BOUND, mock_file_of(device_fd), call);
	if (answer.result != 0)
		return answer.result;
	if (!fits_with_pasids(device_fd, flags))
		return -EINVAL;
	/* One that is attached is moved: vfio_iommufd_physical_attach_ioas(). */
	if (mock_object_find(ATTACHED, mock_file_of(device_fd)) != NULL)
		mock_object_find(ATTACHED, mock_file_of(device_fd))
			->parent = page_table_id;
	else
		mock_object_enter(
			ATTACHED, mock_file_of(device_fd), page_table_id, 0);
	return 0;
}

int
kernel_device_detach(int device_fd)
{
	DESCRIBE(call, "device_detach fd=%d", device_fd);
	struct object *attached = mock_object_require(
		ATTACHED, mock_file_of(device_fd), call);
	struct answer answer = mock_take_answer(call, 0);

	if (answer.result != 0)
		attached->stuck = true;
	else
		mock_object_forget(attached);
	return answer.result;
}

static uint64_t
pasid_key(int device_fd, uint32_t pasid)
{
	return (uint64_t)mock_file_of(device_fd) << 32 | pasid;
}

int
kernel_device_attach_pasid(
	int device_fd, uint32_t pasid, uint32_t page_table_id)
{
	DESCRIBE(call, "device_attach_pasid fd=%d pasid=%u page_table=%u",
		device_fd, pasid, page_table_id);
	struct answer answer = mock_take_answer(call, 0);
	uint64_t flags = require_page_table(page_table_id, call);
	struct object *attached = mock_object_find(
		ATTACHED, mock_file_of(device_fd));

	mock_object_require(BOUND, mock_file_of(device_fd), call);
	if (answer.result != 0)
		return answer.result;
	if (pasid == 0 || !(flags & KERNEL_HWPT_PASID))
		return -EINVAL;
	if (attached != NULL &&
		!(require_page_table(attached->parent, call) &
			KERNEL_HWPT_PASID))
		return -EINVAL;
	/* vfio_iommufd_physical_pasid_attach_ioas() */
	if (mock_object_find(PASID, pasid_key(device_fd, pasid)) != NULL)
		mock_object_find(PASID, pasid_key(device_fd, pasid))
			->parent = page_table_id;
	else
		mock_object_enter(
			PASID, pasid_key(device_fd, pasid), page_table_id, 0);
	return 0;
}

/* iommufd_auto_response_faults() */
static void
drop_page_requests(uint32_t device_id, uint32_t pasid)
{
	const uint64_t whose = (uint64_t)device_id << 32 | pasid;
	unsigned int i, kept = 0;

	for (i = 0; i < MAX_OBJECTS; i++)
		if (mock.objects[i].kind == PAGE_GROUP &&
			mock.objects[i].value == whose)
			mock_object_forget(&mock.objects[i]);
	for (i = 0; i < mock.page_request_count; i++)
		if (mock.page_requests[i].device_id != device_id ||
			mock.page_requests[i].pasid != pasid)
			mock.page_requests[kept++] = mock.page_requests[i];
	mock.page_request_count = kept;
}

int
kernel_device_detach_pasid(int device_fd, uint32_t pasid)
{
	DESCRIBE(call, "device_detach_pasid fd=%d pasid=%u", device_fd, pasid);
	struct object *attached = mock_object_find(
		PASID, pasid_key(device_fd, pasid));
	struct object *bound = mock_object_require(
		BOUND, mock_file_of(device_fd), call);
	struct answer answer = mock_take_answer(call, 0);

	if (attached != NULL && answer.result != 0)
		attached->stuck = true;
	if (answer.result != 0)
		return answer.result;
	mock_object_forget(attached);
	drop_page_requests(bound->value, pasid);
	return 0;
}

int
kernel_device_stop(int device_fd)
{
	DESCRIBE(call, "device_stop fd=%d", device_fd);
	struct answer answer = mock_take_answer(call, 0);

	mock_object_require(DESCRIPTOR, device_fd, call);
	mock_object_forbid(
		mock_object_find(ATTACHED, mock_file_of(device_fd)), call);
	return answer.result;
}

int
kernel_device_info(int device_fd, struct vfio_device_info *info)
{
	DESCRIBE(call, "device_info fd=%d", device_fd);
	struct answer answer = mock_take_answer(call, 0);

	mock_object_require(DESCRIPTOR, device_fd, call);
	if (answer.result != 0)
		return answer.result;
	info->flags = VFIO_DEVICE_FLAGS_PCI;
	info->num_regions = VFIO_PCI_NUM_REGIONS;
	info->num_irqs = VFIO_PCI_NUM_IRQS;
	return 0;
}

int
kernel_device_open_dma_buf(
	int device_fd, uint32_t region, uint64_t offset, uint64_t length)
{
	DESCRIBE(call,
		"device_open_dma_buf fd=%d region=%u offset=%#" PRIx64
		" length=%#" PRIx64,
		device_fd, region, offset, length);
	struct answer answer = mock_take_answer(call, mock.next_fd);

	mock_object_require(DESCRIPTOR, device_fd, call);
	if (answer.result < 0)
		return answer.result;
	mock.next_fd++;
	mock_open_descriptor(answer.result, "dma-buf");
	return answer.result;
}
