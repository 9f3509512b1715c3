/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The calls of /dev/iommu: a part of the stand-in, see mock_kernel.h. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "kernel/kernel.h"
#include "kernel/kernel_nested.h"
#include "kernel/same_memory.h"
#include "mock_kernel.h"
#include "mock_state.h"
#include "unit.h"

/* Not a call of the script: it changes nothing. */
int
kernel_iommu_get_rlimit_mode(int iommu_fd __rte_unused, bool *by_process)
{
	*by_process = mock_charges_process;
	return 0;
}

int
kernel_iommu_set_rlimit_mode(int iommu_fd, bool by_process)
{
	DESCRIBE(call, "iommu_set_rlimit_mode iommu=%d mode=%s", iommu_fd,
		by_process ? "process" : "user");
	struct answer answer = mock_take_answer(call, 0);

	mock_object_require(DESCRIPTOR, iommu_fd, call);
	if (answer.result == 0 &&
		mock_object_find_child(IOAS, mock_file_of(iommu_fd)) != NULL)
		return -EBUSY;
	if (answer.result == 0)
		mock_charges_process = by_process;
	return answer.result;
}

int
kernel_ioas_alloc(int iommu_fd, uint32_t *ioas_id)
{
	DESCRIBE(call, "ioas_alloc iommu=%d", iommu_fd);
	struct answer answer = mock_take_answer(call, 0);

	mock_object_require(DESCRIPTOR, iommu_fd, call);
	if (answer.result != 0)
		return answer.result;
	*ioas_id = mock_value_or(&answer, mock.next_id++);
	mock_object_enter(IOAS, *ioas_id, mock_file_of(iommu_fd), 0);
	return 0;
}

struct object *
mock_require_ioas(int iommu_fd, uint32_t id, const char *call)
{
	struct object *ioas = mock_object_require(IOAS, id, call);

	if (ioas->parent != (uint64_t)mock_file_of(iommu_fd))
		mock_complain("%s: on iommu=%d, but it is of iommu=%" PRIu64,
			call, iommu_fd, ioas->parent);
	return ioas;
}

/* Whether something holds the object that a failure has left behind. */
static bool
is_held(const struct object *holder, const char *call)
{
	if (holder == NULL)
		return false;
	if (!mock_is_stuck(holder))
		mock_object_forbid(holder, call);
	return true;
}

static const struct object *
find_part_of_viommu(uint64_t viommu_id)
{
	static const enum kind kinds[] = { VDEVICE, NESTED, VEVENTQ };
	const struct object *part = NULL;
	unsigned int i;

	for (i = 0; i < RTE_DIM(kinds) && part == NULL; i++)
		part = mock_object_find_child(kinds[i], viommu_id);
	return part;
}

static const struct object *
find_holder(const struct object *object)
{
	const struct object *holder = NULL;
	unsigned int i;

	switch (object->kind) {
	case IOAS:
		holder = mock_object_find_child(HWPT, object->key);
		break;
	case HWPT:
		holder = mock_object_find_child(PASID, object->key);
		if (holder == NULL)
			holder = mock_object_find_child(VIOMMU, object->key);
		break;
	case VIOMMU:
		return find_part_of_viommu(object->key);
	case VEVENTQ:
		return mock_object_find(DESCRIPTOR, object->value);
	case FAULT_QUEUE:
		holder = mock_object_find(DESCRIPTOR, object->value);
		for (i = 0; i < MAX_OBJECTS; i++)
			if (mock.objects[i].kind == HWPT &&
				mock.objects[i].value == object->key)
				holder = &mock.objects[i];
		return holder;
	default:
		break;
	}
	return holder != NULL ? holder
			      : mock_object_find_child(ATTACHED, object->key);
}

static void
forget_object(struct object *object)
{
	if (object->kind == IOAS)
		mock_object_forget_children(MAPPING, object->key);
	if (object->kind == HWPT)
		mock_forget_page_table_state(object->key);
	if (object->kind == FAULT_QUEUE)
		mock_object_forget_children(PAGE_GROUP, object->value);
	mock_object_forget(object);
}

/* Those whose parents are no address spaces. */
static struct object *
find_other_object(uint32_t id)
{
	static const enum kind kinds[] = { FAULT_QUEUE, VIOMMU, VDEVICE, NESTED,
		VEVENTQ };
	struct object *object = NULL;
	unsigned int i;

	for (i = 0; i < RTE_DIM(kinds) && object == NULL; i++)
		object = mock_object_find(kinds[i], id);
	return object;
}

int
kernel_object_destroy(int iommu_fd, uint32_t id)
{
	DESCRIBE(call, "destroy id=%u", id);
	struct object *object = mock_object_find(HWPT, id);

	if (object != NULL)
		mock_require_ioas(iommu_fd, object->parent, call);
	else
		object = find_other_object(id);
	if (object == NULL)
		object = mock_require_ioas(iommu_fd, id, call);
	struct answer answer = mock_take_answer(call, 0);

	if (answer.result == 0 && is_held(find_holder(object), call))
		answer.result = -EBUSY;
	if (answer.result != 0)
		object->stuck = true;
	else
		forget_object(object);
	return answer.result;
}

int
kernel_ioas_map(int iommu_fd, uint32_t ioas_id, uint64_t va, uint64_t iova,
	uint64_t length, uint32_t rights)
{
	DESCRIBE(call,
		"ioas_map ioas=%u va=%#" PRIx64 " iova=%#" PRIx64
		" length=%#" PRIx64 " rights=%s",
		ioas_id, va, iova, length, mock_rights_text(rights));
	struct answer answer = mock_take_answer(call, 0);

	mock_require_ioas(iommu_fd, ioas_id, call);
	if (answer.result == 0)
		mock_map(ioas_id, iova, length, call);
	return answer.result;
}

int
kernel_ioas_map_file(int iommu_fd, uint32_t ioas_id, int file_fd,
	uint64_t offset, uint64_t iova, uint64_t length, uint32_t rights)
{
	DESCRIBE(call,
		"ioas_map_file ioas=%u file=%d offset=%#" PRIx64
		" iova=%#" PRIx64 " length=%#" PRIx64 " rights=%s",
		ioas_id, file_fd, offset, iova, length,
		mock_rights_text(rights));
	struct answer answer = mock_take_answer(call, 0);

	mock_require_ioas(iommu_fd, ioas_id, call);
	/* Tests have files of their own; those from here have to be open. */
	if (file_fd >= MOCK_FIRST_FD)
		mock_object_require(DESCRIPTOR, file_fd, call);
	if (answer.result == 0)
		mock_map(ioas_id, iova, length, call);
	return answer.result;
}

bool mock_has_map_file = true;

/* Not a call of the script: it changes nothing. */
bool
kernel_ioas_has_map_file(int iommu_fd __rte_unused)
{
	return mock_has_map_file;
}

bool mock_knows_calls = true;

/* As above. */
bool
kernel_knows_call(int iommu_fd __rte_unused, enum iommu_call call __rte_unused)
{
	return mock_knows_calls;
}

int
kernel_ioas_unmap(int iommu_fd, uint32_t ioas_id, uint64_t iova,
	uint64_t length, uint64_t *unmapped)
{
	DESCRIBE(call, "ioas_unmap ioas=%u iova=%#" PRIx64 " length=%#" PRIx64,
		ioas_id, iova, length);
	struct answer answer = mock_take_answer(call, 0);

	mock_require_ioas(iommu_fd, ioas_id, call);
	return mock_answer_unmap(
		&answer, ioas_id, iova, length, unmapped, call);
}

int
kernel_ioas_ranges(int iommu_fd, uint32_t ioas_id,
	struct rte_iommufd_range *ranges, uint32_t *count)
{
	DESCRIBE(call, "ioas_ranges ioas=%u capacity=%u", ioas_id, *count);
	struct answer answer = mock_take_answer(call, 0);

	mock_require_ioas(iommu_fd, ioas_id, call);
	return mock_answer_ranges(&answer, ranges, count);
}

static void
describe_ranges(const struct rte_iommufd_range *ranges, uint32_t count,
	char text[TEXT_SIZE / 2])
{
	int used = 0;
	uint32_t i;

	text[0] = '\0';
	for (i = 0; i < count && used < TEXT_SIZE / 2; i++)
		used += snprintf(text + used, TEXT_SIZE / 2 - used,
			"%s%#" PRIx64 "-%#" PRIx64, i == 0 ? "" : ",",
			ranges[i].first, ranges[i].last);
}

static bool
is_reserved(const struct rte_iommufd_range *range)
{
	uint32_t i;

	for (i = 0; i < mock.range_count; i++)
		if (range->first >= mock.ranges[i].first &&
			range->last <= mock.ranges[i].last)
			return false;
	return mock.range_count != 0;
}

/* iommufd_ioas_load_iovas(), iopt_set_allow_iova() */
static int
check_allowed(const struct rte_iommufd_range *ranges, uint32_t count)
{
	uint32_t i, j;

	for (i = 0; i < count; i++) {
		if (ranges[i].first >= ranges[i].last)
			return -EINVAL;
		for (j = 0; j < i; j++)
			if (ranges[i].first <= ranges[j].last &&
				ranges[j].first <= ranges[i].last)
				return -EINVAL;
	}
	for (i = 0; i < count; i++)
		if (is_reserved(&ranges[i]))
			return -EADDRINUSE;
	return 0;
}

int
kernel_ioas_allow(int iommu_fd, uint32_t ioas_id,
	const struct rte_iommufd_range *ranges, uint32_t count)
{
	char text[TEXT_SIZE / 2];

	describe_ranges(ranges, count, text);
	DESCRIBE(call, "ioas_allow ioas=%u ranges=%s", ioas_id, text);
	struct answer answer = mock_take_answer(call, 0);

	mock_require_ioas(iommu_fd, ioas_id, call);
	return answer.result != 0 ? answer.result
				  : check_allowed(ranges, count);
}

/* iopt_get_pages(): the source is mapped from end to end. */
static bool
is_all_mapped(uint64_t owner, uint64_t iova, uint64_t length)
{
	const struct object *area;
	uint64_t done = 0;

	while (done < length) {
		area = mock_find_mapping(owner, iova + done);
		if (area == NULL)
			return false;
		done += area->key + area->value - (iova + done);
	}
	return true;
}

/* One area for each one of the source, or for its part. */
static void
copy_areas(uint64_t owner, uint64_t iova, uint64_t source, uint64_t source_iova,
	uint64_t length, const char *call)
{
	const struct object *area;
	uint64_t done, part;

	for (done = 0; done < length; done += part) {
		area = mock_find_mapping(source, source_iova + done);
		part = area->key + area->value - (source_iova + done);
		part = RTE_MIN(part, length - done);
		mock_map(owner, iova + done, part, call);
	}
}

int
kernel_ioas_copy(int iommu_fd, uint32_t ioas_id, uint64_t iova,
	uint32_t source_ioas_id, uint64_t source_iova, uint64_t length,
	uint32_t rights)
{
	DESCRIBE(call,
		"ioas_copy ioas=%u iova=%#" PRIx64
		" source=%u source_iova=%#" PRIx64 " length=%#" PRIx64
		" rights=%s",
		ioas_id, iova, source_ioas_id, source_iova, length,
		mock_rights_text(rights));
	struct answer answer = mock_take_answer(call, 0);

	mock_require_ioas(iommu_fd, ioas_id, call);
	mock_require_ioas(iommu_fd, source_ioas_id, call);
	if (answer.result != 0)
		return answer.result;
	if (length == 0 || iova > UINT64_MAX - (length - 1))
		return -EOVERFLOW;
	if (!is_all_mapped(source_ioas_id, source_iova, length))
		return -ENOENT;
	copy_areas(ioas_id, iova, source_ioas_id, source_iova, length, call);
	return 0;
}

int
kernel_ioas_serve_type1(int iommu_fd, uint32_t ioas_id)
{
	DESCRIBE(call, "ioas_serve_type1 ioas=%u", ioas_id);
	struct answer answer = mock_take_answer(call, 0);

	mock_require_ioas(iommu_fd, ioas_id, call);
	return answer.result;
}

bool mock_same_memory;

bool
same_memory(uint64_t one __rte_unused, uint64_t other __rte_unused,
	uint64_t length __rte_unused)
{
	return mock_same_memory;
}

uint32_t mock_iommu_type = MOCK_INTEL;

/* The value is the width of PASIDs. */
int
kernel_hw_info(int iommu_fd, uint32_t device_id, uint32_t *type,
	uint64_t *capabilities, uint8_t *max_pasid_log2)
{
	DESCRIBE(call, "hw_info iommu=%d device=%u", iommu_fd, device_id);
	struct answer answer = mock_take_answer(call, 0);

	mock_object_require(DESCRIPTOR, iommu_fd, call);
	if (answer.result != 0)
		return answer.result;
	*type = mock_iommu_type;
	*capabilities = 1;
	*max_pasid_log2 = mock_value_or(&answer, 20);
	return 0;
}

static const char *
hwpt_flags_text(uint32_t flags)
{
	static const char *const texts[] = { "none", "pasid", "faults",
		"pasid+faults", "dirty", "pasid+dirty", "faults+dirty",
		"pasid+faults+dirty" };

	return flags < RTE_DIM(texts) ? texts[flags] : "wrong";
}

int
kernel_hwpt_alloc(int iommu_fd, uint32_t device_id, uint32_t page_table_id,
	uint32_t flags, uint32_t fault_id, uint32_t *hwpt_id)
{
	DESCRIBE(call, "hwpt_alloc device=%u ioas=%u flags=%s fault=%u",
		device_id, page_table_id, hwpt_flags_text(flags), fault_id);
	struct answer answer = mock_take_answer(call, 0);

	mock_require_ioas(iommu_fd, page_table_id, call);
	if (flags & KERNEL_HWPT_FAULTS)
		mock_object_require(FAULT_QUEUE, fault_id, call);
	if (answer.result != 0)
		return answer.result;
	*hwpt_id = mock_value_or(&answer, mock.next_id++);
	mock_object_enter(HWPT, *hwpt_id, page_table_id,
		flags & KERNEL_HWPT_FAULTS ? fault_id : 0);
	mock_object_enter(HWPT_FLAGS, *hwpt_id, *hwpt_id, flags);
	return 0;
}

void
mock_write_page(uint64_t iova)
{
	struct object *record;

	for (record = mock.objects; record < mock.objects + MAX_OBJECTS;
		record++)
		if (record->kind == DIRTY_RECORD)
			mock_object_enter(DIRTY_PAGE, iova, record->key, 0);
}

void
mock_write_page_by(uint32_t hwpt_id, uint64_t iova)
{
	mock_object_require(DIRTY_RECORD, hwpt_id, "mock_write_page_by");
	mock_object_enter(DIRTY_PAGE, iova, hwpt_id, 0);
}

int
kernel_hwpt_track_dirty(int iommu_fd, uint32_t hwpt_id, bool enable)
{
	DESCRIBE(call, "hwpt_track_dirty hwpt=%u enable=%d", hwpt_id, enable);
	struct answer answer = mock_take_answer(call, 0);

	mock_object_require(DESCRIPTOR, iommu_fd, call);
	if (!(mock_object_require(HWPT_FLAGS, hwpt_id, call)->value &
		    KERNEL_HWPT_DIRTY))
		return -EOPNOTSUPP;
	if (answer.result != 0)
		return answer.result;
	mock_object_forget_children(DIRTY_RECORD, hwpt_id);
	mock_object_forget_children(DIRTY_PAGE, hwpt_id);
	if (enable)
		mock_object_enter(DIRTY_RECORD, hwpt_id, hwpt_id, 0);
	return 0;
}

int
kernel_hwpt_read_dirty(int iommu_fd, uint32_t hwpt_id, uint64_t iova,
	uint64_t length, uint64_t page_size, bool clear, uint64_t *bitmap)
{
	DESCRIBE(call,
		"hwpt_read_dirty hwpt=%u iova=%#" PRIx64 " length=%#" PRIx64
		" clear=%d",
		hwpt_id, iova, length, clear);
	struct answer answer = mock_take_answer(call, 0);
	const struct object *hwpt = mock_object_require(HWPT, hwpt_id, call);

	mock_object_require(DESCRIPTOR, iommu_fd, call);
	if (answer.result != 0)
		return answer.result;
	if (mock_object_find(DIRTY_RECORD, hwpt_id) == NULL ||
		!is_all_mapped(hwpt->parent, iova, length))
		return -EINVAL;
	mock_read_written(hwpt_id, iova, length, page_size, clear, bitmap);
	return 0;
}

unsigned int
mock_page_tables(void)
{
	unsigned int i, count = 0;

	for (i = 0; i < MAX_OBJECTS; i++)
		count += mock.objects[i].kind == HWPT;
	return count;
}

unsigned int
mock_pasids(void)
{
	unsigned int i, count = 0;

	for (i = 0; i < MAX_OBJECTS; i++)
		count += mock.objects[i].kind == PASID;
	return count;
}
