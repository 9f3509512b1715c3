/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Page tables of programs: the stand-in for kernel_nested.c: a part of the stand-in, see mock_kernel.h. */

#include <errno.h>
#include <inttypes.h>
#include <linux/vfio.h>

#include "kernel/kernel.h"
#include "kernel/kernel_nested.h"
#include "mock_kernel.h"
#include "mock_state.h"

struct smmuv3_registers mock_smmu;

static struct {
	struct smmuv3_event event;
	uint32_t sequence;
} mock_event;

static bool mock_has_event;

void
mock_tell_event(const struct smmuv3_event *event, uint32_t sequence)
{
	mock_event.event = *event;
	mock_event.sequence = sequence;
	mock_has_event = true;
}

int
kernel_smmuv3_registers(
	int iommu_fd, uint32_t device_id, struct smmuv3_registers *registers)
{
	DESCRIBE(call, "smmuv3_registers device=%u", device_id);
	struct answer answer = mock_take_answer(call, 0);

	mock_object_require(DESCRIPTOR, iommu_fd, call);
	if (answer.result != 0)
		return answer.result;
	if (mock_iommu_type != MOCK_SMMUV3)
		return -EOPNOTSUPP;
	*registers = mock_smmu;
	return 0;
}

int
kernel_nest_parent_alloc(
	int iommu_fd, uint32_t device_id, uint32_t ioas_id, uint32_t *hwpt_id)
{
	DESCRIBE(call, "nest_parent_alloc device=%u ioas=%u", device_id,
		ioas_id);
	struct answer answer = mock_take_answer(call, 0);

	mock_require_ioas(iommu_fd, ioas_id, call);
	if (answer.result != 0)
		return answer.result;
	*hwpt_id = mock_value_or(&answer, mock.next_id++);
	mock_object_enter(HWPT, *hwpt_id, ioas_id, 0);
	mock_object_enter(HWPT_FLAGS, *hwpt_id, *hwpt_id, 0);
	return 0;
}

/* The object of that kind over another one, with the script's id or the mock's. */
static int
enter_over(const struct answer *answer, enum kind kind, uint32_t parent,
	uint32_t *id)
{
	if (answer->result != 0)
		return answer->result;
	*id = mock_value_or(answer, mock.next_id++);
	mock_object_enter(kind, *id, parent, 0);
	return 0;
}

int
kernel_viommu_alloc(
	int iommu_fd, uint32_t device_id, uint32_t hwpt_id, uint32_t *viommu_id)
{
	DESCRIBE(call, "viommu_alloc device=%u hwpt=%u", device_id, hwpt_id);
	struct answer answer = mock_take_answer(call, 0);

	mock_object_require(DESCRIPTOR, iommu_fd, call);
	mock_object_require(HWPT, hwpt_id, call);
	return enter_over(&answer, VIOMMU, hwpt_id, viommu_id);
}

/* A device is in one part at most: iommufd_vdevice_alloc_ioctl(). */
int
kernel_vdevice_alloc(int iommu_fd, uint32_t viommu_id, uint32_t device_id,
	uint32_t stream_id, uint32_t *vdevice_id)
{
	DESCRIBE(call, "vdevice_alloc viommu=%u device=%u stream=%u", viommu_id,
		device_id, stream_id);
	struct answer answer = mock_take_answer(call, 0);

	mock_object_require(DESCRIPTOR, iommu_fd, call);
	mock_object_require(VIOMMU, viommu_id, call);
	return enter_over(&answer, VDEVICE, viommu_id, vdevice_id);
}

int
kernel_nested_alloc(int iommu_fd, uint32_t device_id, uint32_t viommu_id,
	const uint64_t words[2], uint32_t *hwpt_id)
{
	DESCRIBE(call,
		"nested_alloc device=%u viommu=%u words=%#" PRIx64 ",%#" PRIx64,
		device_id, viommu_id, words[0], words[1]);
	struct answer answer = mock_take_answer(call, 0);

	mock_object_require(DESCRIPTOR, iommu_fd, call);
	mock_object_require(VIOMMU, viommu_id, call);
	return enter_over(&answer, NESTED, viommu_id, hwpt_id);
}

int
kernel_nested_invalidate(int iommu_fd, uint32_t viommu_id,
	const struct smmuv3_command *commands, uint32_t *count)
{
	DESCRIBE(call,
		"nested_invalidate viommu=%u count=%u first=%#" PRIx64
		",%#" PRIx64 " last=%#" PRIx64 ",%#" PRIx64,
		viommu_id, *count, commands[0].words[0], commands[0].words[1],
		commands[*count - 1].words[0], commands[*count - 1].words[1]);
	struct answer answer = mock_take_answer(call, 0);

	mock_object_require(DESCRIPTOR, iommu_fd, call);
	mock_object_require(VIOMMU, viommu_id, call);
	if (answer.result != 0)
		*count = 0;
	return answer.result;
}

int
kernel_veventq_alloc(
	int iommu_fd, uint32_t viommu_id, uint32_t depth, uint32_t *veventq_id)
{
	DESCRIBE(call, "veventq_alloc viommu=%u depth=%u", viommu_id, depth);
	struct answer answer = mock_take_answer(call, mock.next_fd);

	mock_object_require(DESCRIPTOR, iommu_fd, call);
	mock_object_require(VIOMMU, viommu_id, call);
	if (answer.result < 0)
		return answer.result;
	if (!mock.scripted)
		mock.next_fd++;
	mock_open_descriptor(answer.result, "queue of events");
	*veventq_id = mock_value_or(&answer, mock.next_id++);
	mock_object_enter(VEVENTQ, *veventq_id, viommu_id, answer.result);
	return answer.result;
}

int
kernel_veventq_read(
	int veventq_fd, struct smmuv3_event *event, uint32_t *sequence)
{
	DESCRIBE(call, "veventq_read fd=%d", veventq_fd);
	struct answer answer = mock_take_answer(call, 0);

	mock_object_require(DESCRIPTOR, veventq_fd, call);
	if (answer.result != 0 || !mock_has_event)
		return answer.result;
	*event = mock_event.event;
	*sequence = mock_event.sequence;
	mock_has_event = false;
	return 1;
}

int
kernel_type1_track_dirty(int container_fd, bool enable)
{
	DESCRIBE(call, "type1_track_dirty container=%d enable=%d", container_fd,
		enable);
	struct answer answer = mock_take_answer(call, 0);

	container_fd = mock_file_of(container_fd);
	if (mock_lacks_iommu(container_fd, call))
		return -EINVAL;
	if (answer.result != 0)
		return answer.result;
	/* To start what runs changes nothing (vfio_iommu_type1_dirty_pages()). */
	if (enable && mock_object_find(DIRTY_RECORD, container_fd) != NULL)
		return 0;
	mock_object_forget_children(DIRTY_RECORD, container_fd);
	mock_object_forget_children(DIRTY_PAGE, container_fd);
	if (enable)
		mock_object_enter(DIRTY_RECORD, container_fd, container_fd, 0);
	return 0;
}

/* As for an emulated device, whose pages are recorded one by one; of whole mappings. */
int
kernel_type1_read_dirty(int container_fd, uint64_t iova, uint64_t length,
	uint64_t page_size, uint64_t *bitmap)
{
	DESCRIBE(call,
		"type1_read_dirty container=%d iova=%#" PRIx64
		" length=%#" PRIx64,
		container_fd, iova, length);
	struct answer answer = mock_take_answer(call, 0);
	const struct object *first, *last;

	container_fd = mock_file_of(container_fd);
	if (mock_lacks_iommu(container_fd, call))
		return -EINVAL;
	if (answer.result != 0)
		return answer.result;
	first = mock_find_mapping(container_fd, iova);
	last = mock_find_mapping(container_fd, iova + (length - 1));
	if (mock_object_find(DIRTY_RECORD, container_fd) == NULL ||
		(first != NULL && first->key != iova) ||
		(last != NULL && last->key + last->value != iova + length))
		return -EINVAL;
	mock_read_written(container_fd, iova, length, page_size, true, bitmap);
	return 0;
}
