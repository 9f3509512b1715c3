/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The stand-in for the kernel: its registry of objects, scripts and answers; see mock_kernel.h. The calls
 * are in the other files mock_*.c.
 */

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "kernel/kernel.h"
#include "kernel/kernel_nested.h"
#include "mock_kernel.h"
#include "mock_state.h"
#include "rte_iommufd.h"
#include "unit.h"

static const char *const kind_names[] = {
	[DESCRIPTOR] = "file descriptor",
	[KEPT_FILE] = "file kept elsewhere",
	[IOAS] = "address space",
	[HWPT] = "page table",
	[DIRTY_RECORD] = "record of written pages",
	[DIRTY_PAGE] = "written page",
	[HWPT_FLAGS] = "page table's flags",
	[FAULT_QUEUE] = "fault queue",
	[VIOMMU] = "part of an IOMMU",
	[VDEVICE] = "device in a part of an IOMMU",
	[NESTED] = "page table of a program",
	[VEVENTQ] = "queue of events",
	[PAGE_GROUP] = "group of page requests",
	[BOUND] = "bound device",
	[ATTACHED] = "attached device",
	[PASID] = "attached PASID",
	[MEMBER] = "group in a container",
	[GROUP_DEVICE] = "device of a group",
	[IOMMU_SET] = "IOMMU of a container",
	[MAPPING] = "mapping",
};

bool mock_container_is_iommufd;

bool mock_charges_process;

struct mock_state mock;

/*
 * Calls come from any thread. The lock guards mock: each call holds it from begin to end.
 */
pthread_mutex_t mock_lock = PTHREAD_MUTEX_INITIALIZER;

/*
 * Remembers what is wrong, for mock_finish(). A test that ended here would leave
 * the code under test in the midst of something, with its locks held, or would
 * end in another thread than its own.
 */
void
mock_complain(const char *format, ...)
{
	va_list arguments;

	if (mock.complaint[0] != '\0')
		return;
	va_start(arguments, format);
	vsnprintf(mock.complaint, sizeof(mock.complaint), format, arguments);
	va_end(arguments);
}

/* --- The registry: the kernel's objects --- */

static struct object *
find_free(void)
{
	static struct object no_room;
	unsigned int i;

	for (i = 0; i < MAX_OBJECTS; i++)
		if (mock.objects[i].kind == FREE)
			return &mock.objects[i];
	mock_complain("the mock's registry is full");
	return &no_room;
}

struct object *
mock_object_enter(enum kind kind, uint64_t key, uint64_t parent, uint64_t value)
{
	struct object *object = find_free();

	*object = (struct object){
		.kind = kind,
		.key = key,
		.parent = parent,
		.value = value,
	};
	return object;
}

struct object *
mock_object_find(enum kind kind, uint64_t key)
{
	unsigned int i;

	for (i = 0; i < MAX_OBJECTS; i++)
		if (mock.objects[i].kind == kind && mock.objects[i].key == key)
			return &mock.objects[i];
	return NULL;
}

struct object *
mock_object_find_child(enum kind kind, uint64_t parent)
{
	unsigned int i;

	for (i = 0; i < MAX_OBJECTS; i++)
		if (mock.objects[i].kind == kind &&
			mock.objects[i].parent == parent)
			return &mock.objects[i];
	return NULL;
}

/* What is not there is complained of, and stands in for itself. */
struct object *
mock_object_require(enum kind kind, uint64_t key, const char *call)
{
	static struct object nothing;
	struct object *object = mock_object_find(kind, key);

	if (object != NULL)
		return object;
	mock_complain(
		"%s: there is no %s %" PRIu64, call, kind_names[kind], key);
	nothing = (struct object){ .kind = FREE };
	return &nothing;
}

void
mock_object_forbid(const struct object *object, const char *call)
{
	if (object != NULL)
		mock_complain("%s: not while there is the %s %" PRIu64, call,
			kind_names[object->kind], object->key);
}

void
mock_object_forget(struct object *object)
{
	if (object != NULL)
		object->kind = FREE;
}

void
mock_object_forget_children(enum kind kind, uint64_t parent)
{
	struct object *object;

	while ((object = mock_object_find_child(kind, parent)) != NULL)
		mock_object_forget(object);
}

/* --- Answers --- */

bool
mock_begins(const char *text, const char *beginning)
{
	return strncmp(text, beginning, strlen(beginning)) == 0;
}

static struct answer
next_of_script(const char *call)
{
	const struct answer wrong = { .result = -ENOSYS };
	const struct answer *expected;

	if (mock.script_position == mock.script_length) {
		mock_complain("unexpected call: %s", call);
		return wrong;
	}
	expected = &mock.script[mock.script_position];
	if (strcmp(call, expected->text) != 0) {
		mock_complain("\nexpected call: %s\nbut it was:    %s",
			expected->text, call);
		return wrong;
	}
	mock.script_position++;
	return *expected;
}

static struct answer
permissive_answer(const char *call, int usual)
{
	struct answer answer = { .result = usual };
	unsigned int i;

	if (mock.call_count == mock.failing_call) {
		answer.result = mock.failing_error;
		return answer;
	}
	for (i = 0; i < mock.answer_count; i++)
		if (mock_begins(call, mock.answers[i].text))
			answer = mock.answers[i];
	return answer;
}

pthread_mutex_t *
mock_lock_registry(void)
{
	pthread_mutex_lock(&mock_lock);
	return &mock_lock;
}

void
mock_unlock_registry(pthread_mutex_t **opened)
{
	pthread_mutex_unlock(*opened);
}

struct answer
mock_take_answer(const char *call, int usual)
{
	const struct answer wrong = { .result = -ENOSYS };

	if (mock.call_count == MAX_CALLS) {
		mock_complain("too many calls: %s", call);
		return wrong;
	}
	snprintf(mock.calls[mock.call_count++], TEXT_SIZE, "%s", call);
	if (mock.scripted)
		return next_of_script(call);
	return permissive_answer(call, usual);
}

uint64_t
mock_value_or(const struct answer *answer, uint64_t usual)
{
	return answer->has_value ? answer->value : usual;
}

const char *
mock_rights_text(uint32_t rights)
{
	static const char *const texts[] = { "none", "r", "w", "rw" };

	return rights < RTE_DIM(texts) ? texts[rights] : "wrong";
}

/* --- For tests --- */

static void
start(bool scripted)
{
	memset(&mock, 0, sizeof(mock));
	mock.scripted = scripted;
	mock_container_is_iommufd = false;
	mock_charges_process = false;
	mock.next_fd = MOCK_FIRST_FD;
	mock.next_id = MOCK_FIRST_ID;
	mock.next_cookie = 1;
}

int
mock_start_script(void **state __rte_unused)
{
	start(true);
	return 0;
}

int
mock_start_permissive(void **state __rte_unused)
{
	start(false);
	return 0;
}

void
mock_assert_script_done(void)
{
	if (mock.script_position < mock.script_length)
		fail_msg("this call did not come: %s",
			mock.script[mock.script_position].text);
}

int
mock_finish(void **state __rte_unused)
{
	const struct object *object;

	if (mock.complaint[0] != '\0')
		fail_msg("%s", mock.complaint);
	mock_assert_script_done();
	for (object = mock.objects; object < mock.objects + MAX_OBJECTS;
		object++)
		if (object->kind != FREE)
			fail_msg("left behind: %s %" PRIu64 " %s",
				kind_names[object->kind], object->key,
				object->name);
	return 0;
}

void
mock_expect(int result, const char *format, ...)
{
	struct answer *expected = &mock.script[mock.script_length];
	va_list arguments;

	assert_true(mock.scripted && mock.script_length < MAX_EXPECTATIONS);
	*expected = (struct answer){ .result = result };
	va_start(arguments, format);
	vsnprintf(expected->text, sizeof(expected->text), format, arguments);
	va_end(arguments);
	mock.script_length++;
}

void
mock_expect_value(uint64_t value)
{
	struct answer *expected = &mock.script[mock.script_length - 1];

	expected->has_value = true;
	expected->value = value;
}

static struct answer *
add_answer(const char *beginning, int result)
{
	struct answer *answer = &mock.answers[mock.answer_count];

	assert_true(!mock.scripted && mock.answer_count < MAX_ANSWERS);
	*answer = (struct answer){ .result = result };
	snprintf(answer->text, sizeof(answer->text), "%s", beginning);
	mock.answer_count++;
	return answer;
}

void
mock_answer(const char *beginning, int result)
{
	add_answer(beginning, result);
}

void
mock_answer_value(const char *beginning, int result, uint64_t value)
{
	struct answer *answer = add_answer(beginning, result);

	answer->has_value = true;
	answer->value = value;
}

void
mock_fail_call(unsigned int number, int error)
{
	mock.failing_call = number;
	mock.failing_error = error;
}

bool
mock_call_has_failed(void)
{
	return mock.failing_call != 0 && mock.call_count >= mock.failing_call;
}

const char *
mock_failed_call(void)
{
	return mock_call_has_failed() ? mock.calls[mock.failing_call - 1] : "";
}

void
mock_set_ranges(const struct rte_iommufd_range *ranges, uint32_t count)
{
	assert_true(count <= MAX_RANGES);
	memcpy(mock.ranges, ranges, count * sizeof(*ranges));
	mock.range_count = count;
}

unsigned int
mock_calls(const char *beginning)
{
	unsigned int i, count = 0;

	for (i = 0; i < mock.call_count; i++)
		count += mock_begins(mock.calls[i], beginning);
	return count;
}

const char *
mock_last_call(const char *beginning)
{
	unsigned int i;

	for (i = mock.call_count; i > 0; i--)
		if (mock_begins(mock.calls[i - 1], beginning))
			return mock.calls[i - 1];
	return "";
}

unsigned int
mock_mappings(void)
{
	unsigned int i, count = 0;

	for (i = 0; i < MAX_OBJECTS; i++)
		count += mock.objects[i].kind == MAPPING;
	return count;
}

uint64_t
mock_mapped_bytes(void)
{
	uint64_t bytes = 0;
	unsigned int i;

	for (i = 0; i < MAX_OBJECTS; i++)
		if (mock.objects[i].kind == MAPPING)
			bytes += mock.objects[i].value;
	return bytes;
}

unsigned int
mock_open(const char *path)
{
	unsigned int i, count = 0;

	for (i = 0; i < MAX_OBJECTS; i++)
		count += mock.objects[i].kind == DESCRIPTOR &&
			strcmp(mock.objects[i].name, path) == 0;
	return count;
}
