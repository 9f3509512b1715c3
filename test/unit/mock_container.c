/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The calls of legacy VFIO: containers, groups, type1: a part of the stand-in, see mock_kernel.h. */

#include <errno.h>
#include <inttypes.h>
#include <linux/vfio.h>

#include "kernel/kernel.h"
#include "mock_kernel.h"
#include "mock_state.h"

static const char *
iommu_type_text(int type)
{
	switch (type) {
	case VFIO_TYPE1_IOMMU:
		return "type1";
	case VFIO_TYPE1v2_IOMMU:
		return "type1v2";
	default:
		return "another";
	}
}

int
kernel_container_api_version(int container_fd)
{
	DESCRIBE(call, "container_api_version fd=%d", container_fd);
	struct answer answer = mock_take_answer(call, VFIO_API_VERSION);

	mock_object_require(DESCRIPTOR, container_fd, call);
	return answer.result;
}

int
kernel_container_has_extension(int container_fd, int extension)
{
	DESCRIBE(call, "container_has_extension %s fd=%d",
		iommu_type_text(extension), container_fd);
	struct answer answer = mock_take_answer(call, 1);

	mock_object_require(DESCRIPTOR, container_fd, call);
	return answer.result;
}

int
kernel_container_set_iommu(int container_fd, int type)
{
	DESCRIBE(call, "container_set_iommu %s fd=%d", iommu_type_text(type),
		container_fd);
	struct answer answer = mock_take_answer(call, 0);

	if (mock_object_find_child(MEMBER, container_fd) == NULL)
		mock_complain("%s: no group is in the container", call);
	if (mock_container_is_iommufd)
		return answer.result;
	/* vfio_ioctl_set_iommu() */
	if (mock_object_find(IOMMU_SET, container_fd) != NULL)
		return -EINVAL;
	if (answer.result == 0)
		mock_object_enter(IOMMU_SET, container_fd, 0, type);
	return answer.result;
}

bool
kernel_container_has_iommu(int container_fd)
{
	DESCRIBE(call, "container_has_iommu fd=%d", container_fd);
	const bool has = mock_object_find(IOMMU_SET, container_fd) != NULL;
	struct answer answer = mock_take_answer(call, has);
	struct object *container = mock_object_require(
		DESCRIPTOR, container_fd, call);
	const bool told = answer.result != 0 && answer.result != -EINVAL &&
		answer.result != -ENODEV;

	if (told && !has)
		container->lost_iommu = true;
	return told;
}

bool
kernel_container_is_iommufd(int container_fd)
{
	DESCRIBE(call, "container_is_iommufd fd=%d", container_fd);
	struct answer answer = mock_take_answer(
		call, mock_container_is_iommufd);

	mock_object_require(DESCRIPTOR, container_fd, call);
	return answer.result == 1;
}

/* Whoever could know that there is none does not ask. */
bool
mock_lacks_iommu(int container_fd, const char *call)
{
	const struct object *container = mock_object_require(
		DESCRIPTOR, container_fd, call);

	if (mock_object_find(IOMMU_SET, container_fd) != NULL)
		return false;
	if (!container->lost_iommu)
		mock_object_require(IOMMU_SET, container_fd, call);
	return true;
}

int
kernel_container_ranges(
	int container_fd, struct rte_iommufd_range *ranges, uint32_t *count)
{
	DESCRIBE(call, "container_ranges fd=%d capacity=%u", container_fd,
		*count);
	struct answer answer = mock_take_answer(call, 0);

	if (mock_lacks_iommu(container_fd, call))
		return -EINVAL;
	return mock_answer_ranges(&answer, ranges, count);
}

int
kernel_group_viable(int group_fd, bool *viable)
{
	DESCRIBE(call, "group_viable fd=%d", group_fd);
	struct answer answer = mock_take_answer(call, 0);

	mock_object_require(DESCRIPTOR, group_fd, call);
	if (answer.result == 0)
		*viable = mock_value_or(&answer, true);
	return answer.result;
}

int
kernel_group_set_container(int group_fd, int container_fd)
{
	DESCRIBE(call, "group_set_container fd=%d container=%d", group_fd,
		container_fd);
	struct answer answer = mock_take_answer(call, 0);

	mock_object_require(DESCRIPTOR, group_fd, call);
	mock_object_require(DESCRIPTOR, container_fd, call);
	/* vfio_group_ioctl_set_container() */
	if (mock_object_find(MEMBER, group_fd) != NULL)
		return -EINVAL;
	if (answer.result != 0)
		return answer.result;
	mock_object_enter(MEMBER, group_fd, container_fd, 0);
	if (mock_container_is_iommufd &&
		mock_object_find(IOMMU_SET, container_fd) == NULL)
		mock_object_enter(IOMMU_SET, container_fd, 0, 0);
	return 0;
}

int
kernel_group_unset_container(int group_fd)
{
	DESCRIBE(call, "group_unset_container fd=%d", group_fd);
	struct object *member = mock_object_require(MEMBER, group_fd, call);
	struct answer answer = mock_take_answer(call, 0);

	mock_object_forbid(mock_find_open_device(group_fd), call);
	if (answer.result != 0)
		member->stuck = true;
	else if (mock_object_find_child(GROUP_DEVICE, group_fd) != NULL &&
		!mock_container_is_iommufd)
		return -EBUSY; /* vfio_group_ioctl_unset_container() */
	else
		mock_take_out_of_container(member);
	return answer.result;
}

int
kernel_group_open_device_fd(int group_fd, const char *name)
{
	DESCRIBE(call, "group_open_device fd=%d name=%s", group_fd, name);
	const struct object *member = mock_object_require(
		MEMBER, group_fd, call);
	struct answer answer = mock_take_answer(call, mock.next_fd);

	if (mock_lacks_iommu(member->parent, call))
		return -EINVAL;
	if (answer.result < 0)
		return answer.result;
	mock.next_fd++;
	mock_open_descriptor(answer.result, name);
	mock_object_enter(
		GROUP_DEVICE, answer.result, group_fd, member->parent);
	return answer.result;
}

int
kernel_type1_map(int container_fd, uint64_t va, uint64_t iova, uint64_t length,
	uint32_t rights)
{
	DESCRIBE(call,
		"type1_map container=%d va=%#" PRIx64 " iova=%#" PRIx64
		" length=%#" PRIx64 " rights=%s",
		container_fd, va, iova, length, mock_rights_text(rights));
	struct answer answer = mock_take_answer(call, 0);

	container_fd = mock_file_of(container_fd);
	if (mock_lacks_iommu(container_fd, call))
		return -EINVAL;
	if (answer.result == 0)
		mock_map(container_fd, iova, length, call);
	return answer.result;
}

int
kernel_type1_unmap(
	int container_fd, uint64_t iova, uint64_t length, uint64_t *unmapped)
{
	DESCRIBE(call,
		"type1_unmap container=%d iova=%#" PRIx64 " length=%#" PRIx64,
		container_fd, iova, length);
	struct answer answer = mock_take_answer(call, 0);

	container_fd = mock_file_of(container_fd);
	*unmapped = 0;
	if (mock_lacks_iommu(container_fd, call))
		return -EINVAL;
	return mock_answer_unmap(
		&answer, container_fd, iova, length, unmapped, call);
}
