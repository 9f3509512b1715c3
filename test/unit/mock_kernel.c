/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* A stand-in for kernel.c and kernel_nested.c; see mock_kernel.h. */

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/vfio.h>
#include <sys/eventfd.h>
#include <sys/sysmacros.h>

#include "kernel/kernel.h"
#include "kernel/kernel_nested.h"
#include "kernel/same_memory.h"
#include "mock_kernel.h"
#include "rte_iommufd.h"
#include "unit.h"

#define TEXT_SIZE 256
#define MAX_EXPECTATIONS 64
#define MAX_ANSWERS 16
#define MAX_CALLS 8192
#define MAX_OBJECTS 4096
#define MAX_RANGES 40
#define MAX_PAGE_REQUESTS 2048

/* What a call gets, and what a script or a test says that it gets. */
struct answer {
	char text[TEXT_SIZE]; /* the call's, or how it begins */
	int result;
	bool has_value;
	uint64_t value;
};

enum kind {
	FREE,
	DESCRIPTOR,   /* key: fd, parent: of which it is a copy, name: path */
	KEPT_FILE,    /* the same, closed here and open elsewhere */
	IOAS,	      /* key: id, parent: iommu fd */
	HWPT,	      /* key: id, parent: IOAS id, value: fault queue's id */
	DIRTY_RECORD, /* key: HWPT id or container fd, parent: the same */
	DIRTY_PAGE,   /* key: iova, parent: HWPT id or container fd */
	HWPT_FLAGS,   /* key: HWPT id, parent: the same, value: flags */
	FAULT_QUEUE,  /* key: id, parent: iommu fd, value: fd */
	VIOMMU,	      /* key: id, parent: HWPT id */
	VDEVICE,      /* key: id, parent: VIOMMU id, value: device id */
	NESTED,	      /* key: id, parent: VIOMMU id */
	VEVENTQ,      /* key: id, parent: VIOMMU id, value: fd */
	PAGE_GROUP,   /* key: cookie, parent: fd, value: device id, PASID */
	BOUND,	      /* key: device fd, parent: iommu fd, value: id */
	ATTACHED,     /* key: device fd, parent: IOAS or HWPT id */
	PASID,	      /* key: device fd, PASID, parent: HWPT id */
	MEMBER,	      /* key: group fd, parent: container fd */
	GROUP_DEVICE, /* key: device fd, parent: group fd, value: container fd */
	IOMMU_SET,    /* key: container fd */
	MAPPING, /* key: iova, parent: IOAS id or container fd, value: length */
};

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

struct object {
	enum kind kind;
	uint64_t key;
	uint64_t parent;
	uint64_t value;
	char name[TEXT_SIZE];
	bool stuck;	     /* the call that ends it was made to fail */
	unsigned int copies; /* of a file, in other processes */
	/* A container that has lost its IOMMU when nobody here could know. */
	bool lost_iommu;
};

bool mock_container_is_iommufd;

bool mock_charges_process;

static struct {
	bool scripted;
	struct answer script[MAX_EXPECTATIONS];
	unsigned int script_length;
	unsigned int script_position;
	struct answer answers[MAX_ANSWERS];
	unsigned int answer_count;
	char calls[MAX_CALLS][TEXT_SIZE];
	unsigned int call_count;
	unsigned int failing_call;
	int failing_error;
	struct object objects[MAX_OBJECTS];
	struct rte_iommufd_range ranges[MAX_RANGES];
	uint32_t range_count;
	/* Those that no read() has fetched yet, oldest first. */
	struct page_request page_requests[MAX_PAGE_REQUESTS];
	unsigned int page_request_count;
	uint32_t next_cookie;
	int next_fd;
	uint32_t next_id;
	char complaint[3 * TEXT_SIZE]; /* what was wrong first, or "" */
} mock;

/*
 * Calls come from any thread. The lock guards mock: each call holds it from begin to end.
 */
static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;

/*
 * Remembers what is wrong, for mock_finish(). A test that ended here would leave
 * the code under test in the midst of something, with its locks held, or would
 * end in another thread than its own.
 */
static void complain(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

static void
complain(const char *format, ...)
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
	complain("the mock's registry is full");
	return &no_room;
}

static struct object *
enter(enum kind kind, uint64_t key, uint64_t parent, uint64_t value)
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

static struct object *
find(enum kind kind, uint64_t key)
{
	unsigned int i;

	for (i = 0; i < MAX_OBJECTS; i++)
		if (mock.objects[i].kind == kind && mock.objects[i].key == key)
			return &mock.objects[i];
	return NULL;
}

static struct object *
find_child(enum kind kind, uint64_t parent)
{
	unsigned int i;

	for (i = 0; i < MAX_OBJECTS; i++)
		if (mock.objects[i].kind == kind &&
			mock.objects[i].parent == parent)
			return &mock.objects[i];
	return NULL;
}

/* What is not there is complained of, and stands in for itself. */
static struct object *
require(enum kind kind, uint64_t key, const char *call)
{
	static struct object nothing;
	struct object *object = find(kind, key);

	if (object != NULL)
		return object;
	complain("%s: there is no %s %" PRIu64, call, kind_names[kind], key);
	nothing = (struct object){ .kind = FREE };
	return &nothing;
}

static void
forbid(const struct object *object, const char *call)
{
	if (object != NULL)
		complain("%s: not while there is the %s %" PRIu64, call,
			kind_names[object->kind], object->key);
}

static void
forget(struct object *object)
{
	if (object != NULL)
		object->kind = FREE;
}

static void
forget_children(enum kind kind, uint64_t parent)
{
	struct object *object;

	while ((object = find_child(kind, parent)) != NULL)
		forget(object);
}

/* --- Answers --- */

static bool
begins(const char *text, const char *beginning)
{
	return strncmp(text, beginning, strlen(beginning)) == 0;
}

static struct answer
next_of_script(const char *call)
{
	const struct answer wrong = { .result = -ENOSYS };
	const struct answer *expected;

	if (mock.script_position == mock.script_length) {
		complain("unexpected call: %s", call);
		return wrong;
	}
	expected = &mock.script[mock.script_position];
	if (strcmp(call, expected->text) != 0) {
		complain("\nexpected call: %s\nbut it was:    %s",
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
		if (begins(call, mock.answers[i].text))
			answer = mock.answers[i];
	return answer;
}

static pthread_mutex_t *
lock_registry(void)
{
	pthread_mutex_lock(&registry_lock);
	return &registry_lock;
}

static void
unlock_registry(pthread_mutex_t **opened)
{
	pthread_mutex_unlock(*opened);
}

/*
 * The call, as it is written in scripts; leaves out what the mock keeps to itself.
 * From here to its end the function holds the registry lock.
 */
#define DESCRIBE(call, ...)                                           \
	char call[TEXT_SIZE];                                         \
	pthread_mutex_t *opened __attribute__((                       \
		cleanup(unlock_registry), unused)) = lock_registry(); \
	snprintf(call, sizeof(call), __VA_ARGS__)

static struct answer
take(const char *call, int usual)
{
	const struct answer wrong = { .result = -ENOSYS };

	if (mock.call_count == MAX_CALLS) {
		complain("too many calls: %s", call);
		return wrong;
	}
	snprintf(mock.calls[mock.call_count++], TEXT_SIZE, "%s", call);
	if (mock.scripted)
		return next_of_script(call);
	return permissive_answer(call, usual);
}

static uint64_t
value_or(const struct answer *answer, uint64_t usual)
{
	return answer->has_value ? answer->value : usual;
}

static const char *
rights_text(uint32_t rights)
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
		count += begins(mock.calls[i], beginning);
	return count;
}

const char *
mock_last_call(const char *beginning)
{
	unsigned int i;

	for (i = mock.call_count; i > 0; i--)
		if (begins(mock.calls[i - 1], beginning))
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

/* --- kernel.h: descriptors --- */

static void
open_descriptor(int fd, const char *name)
{
	struct object *descriptor;

	if (find(DESCRIPTOR, fd) != NULL)
		complain("the script gives out descriptor %d twice", fd);
	descriptor = enter(DESCRIPTOR, fd, 0, 0);
	snprintf(descriptor->name, sizeof(descriptor->name), "%s", name);
}

void
mock_pass(int fd, const char *path)
{
	pthread_mutex_lock(&registry_lock);
	open_descriptor(fd, path);
	pthread_mutex_unlock(&registry_lock);
}

static struct object *
find_file(const char *name)
{
	unsigned int i;

	for (i = 0; i < MAX_OBJECTS; i++)
		if ((mock.objects[i].kind == DESCRIPTOR ||
			    mock.objects[i].kind == KEPT_FILE) &&
			strcmp(mock.objects[i].name, name) == 0)
			return &mock.objects[i];
	return NULL;
}

/* vfio_group_fops_open() */
static bool
is_group_node(const char *path)
{
	return begins(path, "/dev/vfio/") &&
		isdigit((unsigned char)path[strlen("/dev/vfio/")]);
}

int
kernel_open(const char *path)
{
	DESCRIBE(call, "open %s", path);
	struct answer answer = take(call, mock.next_fd);

	if (answer.result < 0)
		return answer.result;
	if (is_group_node(path) && find_file(path) != NULL)
		return -EBUSY;
	mock.next_fd++;
	open_descriptor(answer.result, path);
	return answer.result;
}

int
kernel_check_access(const char *path)
{
	DESCRIBE(call, "check_access %s", path);

	return take(call, 0).result;
}

static bool
is_stuck(const struct object *object)
{
	return object == NULL || object->stuck;
}

static bool
has_stuck(int container_fd)
{
	unsigned int i;

	for (i = 0; i < MAX_OBJECTS; i++)
		if (mock.objects[i].kind == MEMBER && mock.objects[i].stuck &&
			mock.objects[i].parent == (uint64_t)container_fd)
			return true;
	return false;
}

static void
empty_container(uint64_t container)
{
	forget(find(IOMMU_SET, container));
	forget_children(MAPPING, container);
	forget_children(DIRTY_RECORD, container);
	forget_children(DIRTY_PAGE, container);
}

/*
 * When the last group has left, a container has no IOMMU and no mappings, unless it is
 * IOMMUFD's.
 */
static void
take_out_of_container(struct object *member)
{
	const uint64_t container = member->parent;

	forget(member);
	if (find_child(MEMBER, container) == NULL && !mock_container_is_iommufd)
		empty_container(container);
}

static void
forget_page_table_state(uint64_t hwpt)
{
	forget_children(HWPT_FLAGS, hwpt);
	forget_children(DIRTY_RECORD, hwpt);
	forget_children(DIRTY_PAGE, hwpt);
}

static void
end_page_tables(uint64_t ioas, const char *call)
{
	struct object *hwpt;

	while ((hwpt = find_child(HWPT, ioas)) != NULL) {
		if (!is_stuck(hwpt))
			forbid(hwpt, call);
		forget_page_table_state(hwpt->key);
		forget(hwpt);
	}
}

static void
end_iommu(int fd, const char *call)
{
	struct object *ioas, *queue;

	forbid(find_child(BOUND, fd), call);
	while ((ioas = find_child(IOAS, fd)) != NULL) {
		if (!is_stuck(ioas))
			forbid(ioas, call);
		end_page_tables(ioas->key, call);
		forget_children(MAPPING, ioas->key);
		forget(ioas);
	}
	while ((queue = find_child(FAULT_QUEUE, fd)) != NULL) {
		if (!is_stuck(queue))
			forbid(queue, call);
		forget_children(PAGE_GROUP, queue->value);
		forget(queue);
	}
}

/* One of the device's PASIDs. */
static struct object *
find_pasid_of(int device_fd)
{
	unsigned int i;

	for (i = 0; i < MAX_OBJECTS; i++)
		if (mock.objects[i].kind == PASID &&
			mock.objects[i].key >> 32 == (uint64_t)device_fd)
			return &mock.objects[i];
	return NULL;
}

static void
end_device(int fd, const char *call)
{
	struct object *pasid;

	if (!is_stuck(find(ATTACHED, fd)))
		forbid(find(ATTACHED, fd), call);
	forget(find(ATTACHED, fd));
	while ((pasid = find_pasid_of(fd)) != NULL) {
		if (!is_stuck(pasid))
			forbid(pasid, call);
		forget(pasid);
	}
	forget(find(BOUND, fd));
	forget(find(GROUP_DEVICE, fd));
}

/* The end of a group's file takes it out: vfio_group_fops_release(). */
static void
end_group(int fd)
{
	struct object *member = find(MEMBER, fd);
	struct object *container;

	if (member == NULL)
		return;
	container = find(DESCRIPTOR, member->parent);
	take_out_of_container(member);
	if (container != NULL && find(IOMMU_SET, container->key) == NULL)
		container->lost_iommu = true;
}

/* Whether a device of the group, or of the container, is open here. */
static const struct object *
find_open_device(uint64_t fd)
{
	const struct object *each;

	for (each = mock.objects; each < mock.objects + MAX_OBJECTS; each++)
		if (each->kind == GROUP_DEVICE &&
			(each->parent == fd || each->value == fd) &&
			find(DESCRIPTOR, each->key) != NULL)
			return each;
	return NULL;
}

/*
 * Whether a file goes on without a descriptor here. The file of a device keeps that of its
 * group (vfio_group_use_container()), or, where the container is IOMMUFD's, the container.
 */
static bool
lives_on(const struct object *file)
{
	const struct object *each;

	if (file->copies > 0)
		return true;
	for (each = mock.objects; each < mock.objects + MAX_OBJECTS; each++) {
		if (each->kind == DESCRIPTOR && each->parent == file->key)
			return true;
		if (each->kind == GROUP_DEVICE &&
			file->key ==
				(mock_container_is_iommufd ? each->value
							   : each->parent))
			return true;
		/* vfio_container_get(); iommufd_ctx_from_file() */
		if (each->kind == MEMBER && each->parent == file->key)
			return true;
	}
	return false;
}

static void
end_file(struct object *file, const char *call)
{
	end_iommu(file->key, call);
	end_device(file->key, call);
	end_group(file->key);
	if (find(IOMMU_SET, file->key) != NULL)
		empty_container(file->key);
	/* A fault queue's is a real one: kernel_fault_queue_alloc(). */
	if (file->value != 0)
		close(file->key);
	forget(file);
}

/* The end of one file can be that of another. */
static void
end_files(const char *call)
{
	unsigned int i = 0;

	while (i < MAX_OBJECTS) {
		if (mock.objects[i].kind == KEPT_FILE &&
			!lives_on(&mock.objects[i])) {
			end_file(&mock.objects[i], call);
			i = 0;
		} else {
			i++;
		}
	}
}

/* As on Linux, the descriptor is gone even when close() reports an error. */
int
kernel_close(int fd)
{
	DESCRIBE(call, "close fd=%d", fd);
	struct object *descriptor = require(DESCRIPTOR, fd, call);
	struct answer answer = take(call, 0);
	struct object *member = find_child(MEMBER, fd);

	forbid(find_open_device(fd), call);
	/* Unless the group cannot be taken out. */
	if (member != NULL && !has_stuck(fd) &&
		find(DESCRIPTOR, member->key) != NULL &&
		find_child(GROUP_DEVICE, member->key) == NULL)
		forbid(member, call);
	if (descriptor->kind == DESCRIPTOR)
		descriptor->kind = KEPT_FILE;
	end_files(call);
	return answer.result;
}

void
mock_keep_elsewhere(int fd)
{
	find(DESCRIPTOR, fd)->copies++;
}

void
mock_fork(void)
{
	struct object *file;

	for (file = mock.objects; file < mock.objects + MAX_OBJECTS; file++)
		if (file->kind == DESCRIPTOR)
			file->copies++;
}

void
mock_end_elsewhere(void)
{
	struct object *file;

	pthread_mutex_lock(&registry_lock);
	for (file = mock.objects; file < mock.objects + MAX_OBJECTS; file++)
		if (file->kind == DESCRIPTOR || file->kind == KEPT_FILE)
			file->copies = 0;
	end_files("the end of other processes");
	pthread_mutex_unlock(&registry_lock);
}

/* The descriptor that was opened, of which this one may be a copy. */
static int
file_of(int fd)
{
	const struct object *descriptor = find(DESCRIPTOR, fd);

	return descriptor == NULL || descriptor->parent == 0
		? fd
		: (int)descriptor->parent;
}

int
kernel_duplicate_fd(int fd)
{
	DESCRIBE(call, "duplicate fd=%d", fd);
	struct object *descriptor = require(DESCRIPTOR, fd, call);
	struct answer answer = take(call, mock.next_fd);

	if (answer.result < 0)
		return answer.result;
	mock.next_fd++;
	open_descriptor(answer.result, descriptor->name);
	find(DESCRIPTOR, answer.result)->parent = file_of(fd);
	return answer.result;
}

int
kernel_open_own_process(void)
{
	return kernel_open("pidfd");
}

int
kernel_check_waitable(int fd)
{
	DESCRIBE(call, "check_waitable fd=%d", fd);

	return strcmp(require(DESCRIPTOR, fd, call)->name, "pidfd") == 0
		? 0
		: -EPERM;
}

/* Groups, by their names in /dev/vfio. */
static dev_t
number_of_group(const char *name)
{
	unsigned int minor_number = 0;

	if (sscanf(name, "%u", &minor_number) != 1)
		sscanf(name, "noiommu-%u", &minor_number);
	return makedev(240, minor_number);
}

int
kernel_group_number(const char *name, dev_t *number)
{
	DESCRIBE(call, "group_number name=%s", name);
	struct answer answer = take(call, 0);

	if (answer.result == 0)
		*number = value_or(&answer, number_of_group(name));
	return answer.result;
}

/* misc_register(): 10:125, say */
int
kernel_iommu_number(dev_t *number)
{
	DESCRIBE(call, "iommu_number");
	struct answer answer = take(call, 0);

	if (answer.result == 0)
		*number = value_or(&answer, makedev(10, 125));
	return answer.result;
}

int
kernel_set_cloexec(int fd)
{
	DESCRIBE(call, "set_cloexec fd=%d", fd);

	require(DESCRIPTOR, fd, call);
	return take(call, 0).result;
}

/*
 * Unless a test says otherwise, 511:0 for /dev/vfio/devices/vfio0 and so on, and that of
 * the group for /dev/vfio/N.
 */
int
kernel_device_number(int fd, dev_t *number)
{
	DESCRIBE(call, "device_number fd=%d", fd);
	const struct object *descriptor = require(DESCRIPTOR, fd, call);
	struct answer answer = take(call, 0);
	unsigned int minor_number = 0;
	dev_t usual;

	if (sscanf(descriptor->name, "/dev/vfio/devices/vfio%u",
		    &minor_number) == 1)
		usual = makedev(511, minor_number);
	else if (strcmp(descriptor->name, "/dev/iommu") == 0)
		usual = makedev(10, 125);
	else
		usual = number_of_group(strrchr(descriptor->name, '/') + 1);
	if (answer.result == 0)
		*number = value_or(&answer, usual);
	return answer.result;
}

/* --- kernel.h: mappings of either kind --- */

static bool
overlap(const struct object *mapping, uint64_t iova, uint64_t length)
{
	return mapping->key <= iova + (length - 1) &&
		iova <= mapping->key + (mapping->value - 1);
}

static void
map(uint64_t owner, uint64_t iova, uint64_t length, const char *call)
{
	unsigned int i;

	for (i = 0; i < MAX_OBJECTS; i++)
		if (mock.objects[i].kind == MAPPING &&
			mock.objects[i].parent == owner &&
			overlap(&mock.objects[i], iova, length))
			complain("%s: something is mapped there", call);
	enter(MAPPING, iova, owner, length);
}

/*
 * What was written there is lost with the mapping, in each page table of the IOAS, or in the
 * container.
 */
static void
forget_written(uint64_t owner, uint64_t iova, uint64_t length)
{
	struct object *page, *hwpt;

	for (page = mock.objects; page < mock.objects + MAX_OBJECTS; page++) {
		if (page->kind != DIRTY_PAGE || page->key - iova >= length)
			continue;
		hwpt = find(HWPT, page->parent);
		if (page->parent == owner ||
			(hwpt != NULL && hwpt->parent == owner))
			forget(page);
	}
}

static uint64_t
unmap(uint64_t owner, uint64_t iova, uint64_t length, const char *call)
{
	struct object *mapping;
	uint64_t unmapped = 0;

	for (mapping = mock.objects; mapping < mock.objects + MAX_OBJECTS;
		mapping++) {
		if (mapping->kind != MAPPING || mapping->parent != owner ||
			!overlap(mapping, iova, length))
			continue;
		if (mapping->key < iova ||
			mapping->key + (mapping->value - 1) >
				iova + (length - 1))
			complain("%s: part of a mapping", call);
		unmapped += mapping->value;
		forget_written(owner, mapping->key, mapping->value);
		forget(mapping);
	}
	return unmapped;
}

/* A script that says how much was unmapped means something else than all. */
static int
answer_unmap(const struct answer *answer, uint64_t owner, uint64_t iova,
	uint64_t length, uint64_t *unmapped, const char *call)
{
	*unmapped = 0;
	if (answer->result != 0)
		return answer->result;
	*unmapped = answer->has_value ? answer->value
				      : unmap(owner, iova, length, call);
	return 0;
}

static int
answer_ranges(const struct answer *answer, struct rte_iommufd_range *ranges,
	uint32_t *count)
{
	const uint32_t capacity = *count;
	uint32_t i;

	if (answer->result != 0)
		return answer->result;
	*count = mock.range_count;
	for (i = 0; i < mock.range_count && i < capacity; i++)
		ranges[i] = mock.ranges[i];
	return mock.range_count > capacity ? -EMSGSIZE : 0;
}

/* --- kernel.h: /dev/iommu --- */

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
	struct answer answer = take(call, 0);

	require(DESCRIPTOR, iommu_fd, call);
	if (answer.result == 0 && find_child(IOAS, file_of(iommu_fd)) != NULL)
		return -EBUSY;
	if (answer.result == 0)
		mock_charges_process = by_process;
	return answer.result;
}

int
kernel_ioas_alloc(int iommu_fd, uint32_t *ioas_id)
{
	DESCRIBE(call, "ioas_alloc iommu=%d", iommu_fd);
	struct answer answer = take(call, 0);

	require(DESCRIPTOR, iommu_fd, call);
	if (answer.result != 0)
		return answer.result;
	*ioas_id = value_or(&answer, mock.next_id++);
	enter(IOAS, *ioas_id, file_of(iommu_fd), 0);
	return 0;
}

static struct object *
require_ioas(int iommu_fd, uint32_t id, const char *call)
{
	struct object *ioas = require(IOAS, id, call);

	if (ioas->parent != (uint64_t)file_of(iommu_fd))
		complain("%s: on iommu=%d, but it is of iommu=%" PRIu64, call,
			iommu_fd, ioas->parent);
	return ioas;
}

/* Whether something holds the object that a failure has left behind. */
static bool
is_held(const struct object *holder, const char *call)
{
	if (holder == NULL)
		return false;
	if (!is_stuck(holder))
		forbid(holder, call);
	return true;
}

static const struct object *
find_part_of_viommu(uint64_t viommu_id)
{
	static const enum kind kinds[] = { VDEVICE, NESTED, VEVENTQ };
	const struct object *part = NULL;
	unsigned int i;

	for (i = 0; i < RTE_DIM(kinds) && part == NULL; i++)
		part = find_child(kinds[i], viommu_id);
	return part;
}

static const struct object *
find_holder(const struct object *object)
{
	const struct object *holder = NULL;
	unsigned int i;

	switch (object->kind) {
	case IOAS:
		holder = find_child(HWPT, object->key);
		break;
	case HWPT:
		holder = find_child(PASID, object->key);
		if (holder == NULL)
			holder = find_child(VIOMMU, object->key);
		break;
	case VIOMMU:
		return find_part_of_viommu(object->key);
	case VEVENTQ:
		return find(DESCRIPTOR, object->value);
	case FAULT_QUEUE:
		holder = find(DESCRIPTOR, object->value);
		for (i = 0; i < MAX_OBJECTS; i++)
			if (mock.objects[i].kind == HWPT &&
				mock.objects[i].value == object->key)
				holder = &mock.objects[i];
		return holder;
	default:
		break;
	}
	return holder != NULL ? holder : find_child(ATTACHED, object->key);
}

static void
forget_object(struct object *object)
{
	if (object->kind == IOAS)
		forget_children(MAPPING, object->key);
	if (object->kind == HWPT)
		forget_page_table_state(object->key);
	if (object->kind == FAULT_QUEUE)
		forget_children(PAGE_GROUP, object->value);
	forget(object);
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
		object = find(kinds[i], id);
	return object;
}

int
kernel_object_destroy(int iommu_fd, uint32_t id)
{
	DESCRIBE(call, "destroy id=%u", id);
	struct object *object = find(HWPT, id);

	if (object != NULL)
		require_ioas(iommu_fd, object->parent, call);
	else
		object = find_other_object(id);
	if (object == NULL)
		object = require_ioas(iommu_fd, id, call);
	struct answer answer = take(call, 0);

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
		ioas_id, va, iova, length, rights_text(rights));
	struct answer answer = take(call, 0);

	require_ioas(iommu_fd, ioas_id, call);
	if (answer.result == 0)
		map(ioas_id, iova, length, call);
	return answer.result;
}

int
kernel_ioas_map_file(int iommu_fd, uint32_t ioas_id, int file_fd,
	uint64_t offset, uint64_t iova, uint64_t length, uint32_t rights)
{
	DESCRIBE(call,
		"ioas_map_file ioas=%u file=%d offset=%#" PRIx64
		" iova=%#" PRIx64 " length=%#" PRIx64 " rights=%s",
		ioas_id, file_fd, offset, iova, length, rights_text(rights));
	struct answer answer = take(call, 0);

	require_ioas(iommu_fd, ioas_id, call);
	/* Tests have files of their own; those from here have to be open. */
	if (file_fd >= MOCK_FIRST_FD)
		require(DESCRIPTOR, file_fd, call);
	if (answer.result == 0)
		map(ioas_id, iova, length, call);
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
	struct answer answer = take(call, 0);

	require_ioas(iommu_fd, ioas_id, call);
	return answer_unmap(&answer, ioas_id, iova, length, unmapped, call);
}

int
kernel_ioas_ranges(int iommu_fd, uint32_t ioas_id,
	struct rte_iommufd_range *ranges, uint32_t *count)
{
	DESCRIBE(call, "ioas_ranges ioas=%u capacity=%u", ioas_id, *count);
	struct answer answer = take(call, 0);

	require_ioas(iommu_fd, ioas_id, call);
	return answer_ranges(&answer, ranges, count);
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
	struct answer answer = take(call, 0);

	require_ioas(iommu_fd, ioas_id, call);
	return answer.result != 0 ? answer.result
				  : check_allowed(ranges, count);
}

static struct object *
find_mapping(uint64_t owner, uint64_t iova)
{
	unsigned int i;

	for (i = 0; i < MAX_OBJECTS; i++)
		if (mock.objects[i].kind == MAPPING &&
			mock.objects[i].parent == owner &&
			overlap(&mock.objects[i], iova, 1))
			return &mock.objects[i];
	return NULL;
}

/* iopt_get_pages(): the source is mapped from end to end. */
static bool
is_all_mapped(uint64_t owner, uint64_t iova, uint64_t length)
{
	const struct object *area;
	uint64_t done = 0;

	while (done < length) {
		area = find_mapping(owner, iova + done);
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
		area = find_mapping(source, source_iova + done);
		part = area->key + area->value - (source_iova + done);
		part = RTE_MIN(part, length - done);
		map(owner, iova + done, part, call);
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
		rights_text(rights));
	struct answer answer = take(call, 0);

	require_ioas(iommu_fd, ioas_id, call);
	require_ioas(iommu_fd, source_ioas_id, call);
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
	struct answer answer = take(call, 0);

	require_ioas(iommu_fd, ioas_id, call);
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
	struct answer answer = take(call, 0);

	require(DESCRIPTOR, iommu_fd, call);
	if (answer.result != 0)
		return answer.result;
	*type = mock_iommu_type;
	*capabilities = 1;
	*max_pasid_log2 = value_or(&answer, 20);
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
	struct answer answer = take(call, 0);

	require_ioas(iommu_fd, page_table_id, call);
	if (flags & KERNEL_HWPT_FAULTS)
		require(FAULT_QUEUE, fault_id, call);
	if (answer.result != 0)
		return answer.result;
	*hwpt_id = value_or(&answer, mock.next_id++);
	enter(HWPT, *hwpt_id, page_table_id,
		flags & KERNEL_HWPT_FAULTS ? fault_id : 0);
	enter(HWPT_FLAGS, *hwpt_id, *hwpt_id, flags);
	return 0;
}

void
mock_write_page(uint64_t iova)
{
	struct object *record;

	for (record = mock.objects; record < mock.objects + MAX_OBJECTS;
		record++)
		if (record->kind == DIRTY_RECORD)
			enter(DIRTY_PAGE, iova, record->key, 0);
}

void
mock_write_page_by(uint32_t hwpt_id, uint64_t iova)
{
	require(DIRTY_RECORD, hwpt_id, "mock_write_page_by");
	enter(DIRTY_PAGE, iova, hwpt_id, 0);
}

int
kernel_hwpt_track_dirty(int iommu_fd, uint32_t hwpt_id, bool enable)
{
	DESCRIBE(call, "hwpt_track_dirty hwpt=%u enable=%d", hwpt_id, enable);
	struct answer answer = take(call, 0);

	require(DESCRIPTOR, iommu_fd, call);
	if (!(require(HWPT_FLAGS, hwpt_id, call)->value & KERNEL_HWPT_DIRTY))
		return -EOPNOTSUPP;
	if (answer.result != 0)
		return answer.result;
	forget_children(DIRTY_RECORD, hwpt_id);
	forget_children(DIRTY_PAGE, hwpt_id);
	if (enable)
		enter(DIRTY_RECORD, hwpt_id, hwpt_id, 0);
	return 0;
}

/* The owner is a page table or a container. */
static void
read_written(uint64_t owner, uint64_t iova, uint64_t length, uint64_t page_size,
	bool clear, uint64_t *bitmap)
{
	struct object *page;
	uint64_t bit;

	for (page = mock.objects; page < mock.objects + MAX_OBJECTS; page++) {
		if (page->kind != DIRTY_PAGE || page->parent != owner ||
			page->key - iova >= length)
			continue;
		bit = (page->key - iova) / page_size;
		bitmap[bit / 64] |= UINT64_C(1) << bit % 64;
		if (clear)
			forget(page);
	}
}

int
kernel_hwpt_read_dirty(int iommu_fd, uint32_t hwpt_id, uint64_t iova,
	uint64_t length, uint64_t page_size, bool clear, uint64_t *bitmap)
{
	DESCRIBE(call,
		"hwpt_read_dirty hwpt=%u iova=%#" PRIx64 " length=%#" PRIx64
		" clear=%d",
		hwpt_id, iova, length, clear);
	struct answer answer = take(call, 0);
	const struct object *hwpt = require(HWPT, hwpt_id, call);

	require(DESCRIPTOR, iommu_fd, call);
	if (answer.result != 0)
		return answer.result;
	if (find(DIRTY_RECORD, hwpt_id) == NULL ||
		!is_all_mapped(hwpt->parent, iova, length))
		return -EINVAL;
	read_written(hwpt_id, iova, length, page_size, clear, bitmap);
	return 0;
}

/* Of calls that mock_userfault.c makes up. */
int
mock_open_real(const char *name)
{
	DESCRIBE(call, "open %s", name);
	struct answer answer = take(call, 0);
	int fd;

	if (answer.result < 0)
		return answer.result;
	fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	open_descriptor(fd, name);
	find(DESCRIPTOR, fd)->value = true;
	return fd;
}

/* One that poll() can wait for, unless a script names another number. */
int
kernel_fault_queue_alloc(int iommu_fd, uint32_t *fault_id)
{
	DESCRIBE(call, "fault_queue_alloc iommu=%d", iommu_fd);
	struct answer answer = take(call, 0);
	int fd = answer.result;

	require(DESCRIPTOR, iommu_fd, call);
	if (answer.result < 0)
		return answer.result;
	if (fd == 0)
		fd = eventfd(
			mock.page_request_count, EFD_NONBLOCK | EFD_CLOEXEC);
	open_descriptor(fd, "fault queue");
	find(DESCRIPTOR, fd)->value = answer.result == 0;
	*fault_id = value_or(&answer, mock.next_id++);
	enter(FAULT_QUEUE, *fault_id, file_of(iommu_fd), fd);
	return fd;
}

static unsigned int
first_group_length(void)
{
	unsigned int i;

	for (i = 0; i < mock.page_request_count; i++)
		if (mock.page_requests[i].last)
			return i + 1;
	return 0;
}

static void
deliver_group(int fault_fd, struct page_request *requests, unsigned int length)
{
	const struct page_request *first = &mock.page_requests[0];
	unsigned int i;

	enter(PAGE_GROUP, mock.next_cookie, fault_fd,
		(uint64_t)first->device_id << 32 | first->pasid);
	for (i = 0; i < length; i++) {
		requests[i] = mock.page_requests[i];
		requests[i].cookie = mock.next_cookie;
	}
	mock.next_cookie++;
	mock.page_request_count -= length;
	memmove(mock.page_requests, &mock.page_requests[length],
		mock.page_request_count * sizeof(mock.page_requests[0]));
}

/* iommufd_fault_fops_read() */
int
kernel_fault_read(
	int fault_fd, struct page_request *requests, unsigned int capacity)
{
	DESCRIBE(call, "fault_read fd=%d capacity=%u", fault_fd, capacity);
	const struct object *descriptor = require(DESCRIPTOR, fault_fd, call);
	struct answer answer = take(call, 0);
	unsigned int length, done = 0;
	eventfd_t pending;

	if (answer.result != 0)
		return answer.result;
	while ((length = first_group_length()) > 0) {
		if (length > capacity - done)
			return done == 0 ? -EINVAL : (int)done;
		deliver_group(fault_fd, &requests[done], length);
		done += length;
	}
	if (descriptor->value != 0)
		eventfd_read(fault_fd, &pending);
	return done;
}

/* iommufd_fault_fops_write() */
int
kernel_fault_answer(int fault_fd, uint32_t cookie, enum page_answer page_answer)
{
	DESCRIBE(call, "fault_answer fd=%d cookie=%u answer=%s", fault_fd,
		cookie,
		page_answer == PAGE_ANSWER_SUCCESS ? "success" : "invalid");
	struct object *group = find(PAGE_GROUP, cookie);
	struct answer answer = take(call, 0);

	require(DESCRIPTOR, fault_fd, call);
	if (answer.result != 0)
		return answer.result;
	if (group == NULL || group->parent != (uint64_t)fault_fd)
		return -EINVAL;
	forget(group);
	return 0;
}

void
mock_ask_pages(const struct page_request *requests, unsigned int count)
{
	unsigned int i;

	pthread_mutex_lock(&registry_lock);
	assert_true(mock.page_request_count + count <= MAX_PAGE_REQUESTS);
	for (i = 0; i < count; i++) {
		mock.page_requests[mock.page_request_count] = requests[i];
		mock.page_requests[mock.page_request_count++].last = i + 1 ==
			count;
	}
	for (i = 0; i < MAX_OBJECTS; i++)
		if (mock.objects[i].kind == DESCRIPTOR &&
			mock.objects[i].value != 0)
			eventfd_write(mock.objects[i].key, 1);
	pthread_mutex_unlock(&registry_lock);
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

/* --- kernel.h: devices --- */

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
	struct answer answer = take(call, 0);

	require(DESCRIPTOR, device_fd, call);
	require(DESCRIPTOR, iommu_fd, call);
	forbid(find(BOUND, file_of(device_fd)), call);
	if (answer.result != 0)
		return answer.result;
	*device_id = value_or(&answer, mock.next_id++);
	enter(BOUND, file_of(device_fd), file_of(iommu_fd), *device_id);
	return 0;
}

/* Where it is attached, or is to be; the HWPT's flags, 0 for an IOAS. */
static uint64_t
require_page_table(uint32_t id, const char *call)
{
	if (find(HWPT, id) != NULL)
		return require(HWPT_FLAGS, id, call)->value;
	if (find(NESTED, id) == NULL)
		require(IOAS, id, call);
	return 0;
}

/* iommufd_hwpt_pasid_compat() */
static bool
fits_with_pasids(int device_fd, uint64_t flags)
{
	return find_pasid_of(file_of(device_fd)) == NULL ||
		flags & KERNEL_HWPT_PASID;
}

int
kernel_device_attach(int device_fd, uint32_t page_table_id)
{
	DESCRIBE(call, "device_attach fd=%d page_table=%u", device_fd,
		page_table_id);
	struct answer answer = take(call, 0);
	uint64_t flags = require_page_table(page_table_id, call);

	require(BOUND, file_of(device_fd), call);
	if (answer.result != 0)
		return answer.result;
	if (!fits_with_pasids(device_fd, flags))
		return -EINVAL;
	/* One that is attached is moved: vfio_iommufd_physical_attach_ioas(). */
	if (find(ATTACHED, file_of(device_fd)) != NULL)
		find(ATTACHED, file_of(device_fd))->parent = page_table_id;
	else
		enter(ATTACHED, file_of(device_fd), page_table_id, 0);
	return 0;
}

int
kernel_device_detach(int device_fd)
{
	DESCRIBE(call, "device_detach fd=%d", device_fd);
	struct object *attached = require(ATTACHED, file_of(device_fd), call);
	struct answer answer = take(call, 0);

	if (answer.result != 0)
		attached->stuck = true;
	else
		forget(attached);
	return answer.result;
}

static uint64_t
pasid_key(int device_fd, uint32_t pasid)
{
	return (uint64_t)file_of(device_fd) << 32 | pasid;
}

int
kernel_device_attach_pasid(
	int device_fd, uint32_t pasid, uint32_t page_table_id)
{
	DESCRIBE(call, "device_attach_pasid fd=%d pasid=%u page_table=%u",
		device_fd, pasid, page_table_id);
	struct answer answer = take(call, 0);
	uint64_t flags = require_page_table(page_table_id, call);
	struct object *attached = find(ATTACHED, file_of(device_fd));

	require(BOUND, file_of(device_fd), call);
	if (answer.result != 0)
		return answer.result;
	if (pasid == 0 || !(flags & KERNEL_HWPT_PASID))
		return -EINVAL;
	if (attached != NULL &&
		!(require_page_table(attached->parent, call) &
			KERNEL_HWPT_PASID))
		return -EINVAL;
	/* vfio_iommufd_physical_pasid_attach_ioas() */
	if (find(PASID, pasid_key(device_fd, pasid)) != NULL)
		find(PASID, pasid_key(device_fd, pasid))
			->parent = page_table_id;
	else
		enter(PASID, pasid_key(device_fd, pasid), page_table_id, 0);
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
			forget(&mock.objects[i]);
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
	struct object *attached = find(PASID, pasid_key(device_fd, pasid));
	struct object *bound = require(BOUND, file_of(device_fd), call);
	struct answer answer = take(call, 0);

	if (attached != NULL && answer.result != 0)
		attached->stuck = true;
	if (answer.result != 0)
		return answer.result;
	forget(attached);
	drop_page_requests(bound->value, pasid);
	return 0;
}

int
kernel_device_stop(int device_fd)
{
	DESCRIBE(call, "device_stop fd=%d", device_fd);
	struct answer answer = take(call, 0);

	require(DESCRIPTOR, device_fd, call);
	forbid(find(ATTACHED, file_of(device_fd)), call);
	return answer.result;
}

int
kernel_device_info(int device_fd, struct vfio_device_info *info)
{
	DESCRIBE(call, "device_info fd=%d", device_fd);
	struct answer answer = take(call, 0);

	require(DESCRIPTOR, device_fd, call);
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
	struct answer answer = take(call, mock.next_fd);

	require(DESCRIPTOR, device_fd, call);
	if (answer.result < 0)
		return answer.result;
	mock.next_fd++;
	open_descriptor(answer.result, "dma-buf");
	return answer.result;
}

/* Takes no time. */
void
kernel_sleep(unsigned int milliseconds)
{
	DESCRIBE(call, "sleep milliseconds=%u", milliseconds);
	take(call, 0);
}

/* --- kernel.h: containers and groups --- */

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
	struct answer answer = take(call, VFIO_API_VERSION);

	require(DESCRIPTOR, container_fd, call);
	return answer.result;
}

int
kernel_container_has_extension(int container_fd, int extension)
{
	DESCRIBE(call, "container_has_extension %s fd=%d",
		iommu_type_text(extension), container_fd);
	struct answer answer = take(call, 1);

	require(DESCRIPTOR, container_fd, call);
	return answer.result;
}

int
kernel_container_set_iommu(int container_fd, int type)
{
	DESCRIBE(call, "container_set_iommu %s fd=%d", iommu_type_text(type),
		container_fd);
	struct answer answer = take(call, 0);

	if (find_child(MEMBER, container_fd) == NULL)
		complain("%s: no group is in the container", call);
	if (mock_container_is_iommufd)
		return answer.result;
	/* vfio_ioctl_set_iommu() */
	if (find(IOMMU_SET, container_fd) != NULL)
		return -EINVAL;
	if (answer.result == 0)
		enter(IOMMU_SET, container_fd, 0, type);
	return answer.result;
}

bool
kernel_container_has_iommu(int container_fd)
{
	DESCRIBE(call, "container_has_iommu fd=%d", container_fd);
	const bool has = find(IOMMU_SET, container_fd) != NULL;
	struct answer answer = take(call, has);
	struct object *container = require(DESCRIPTOR, container_fd, call);
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
	struct answer answer = take(call, mock_container_is_iommufd);

	require(DESCRIPTOR, container_fd, call);
	return answer.result == 1;
}

/* Whoever could know that there is none does not ask. */
static bool
lacks_iommu(int container_fd, const char *call)
{
	const struct object *container = require(
		DESCRIPTOR, container_fd, call);

	if (find(IOMMU_SET, container_fd) != NULL)
		return false;
	if (!container->lost_iommu)
		require(IOMMU_SET, container_fd, call);
	return true;
}

int
kernel_container_ranges(
	int container_fd, struct rte_iommufd_range *ranges, uint32_t *count)
{
	DESCRIBE(call, "container_ranges fd=%d capacity=%u", container_fd,
		*count);
	struct answer answer = take(call, 0);

	if (lacks_iommu(container_fd, call))
		return -EINVAL;
	return answer_ranges(&answer, ranges, count);
}

int
kernel_group_viable(int group_fd, bool *viable)
{
	DESCRIBE(call, "group_viable fd=%d", group_fd);
	struct answer answer = take(call, 0);

	require(DESCRIPTOR, group_fd, call);
	if (answer.result == 0)
		*viable = value_or(&answer, true);
	return answer.result;
}

int
kernel_group_set_container(int group_fd, int container_fd)
{
	DESCRIBE(call, "group_set_container fd=%d container=%d", group_fd,
		container_fd);
	struct answer answer = take(call, 0);

	require(DESCRIPTOR, group_fd, call);
	require(DESCRIPTOR, container_fd, call);
	/* vfio_group_ioctl_set_container() */
	if (find(MEMBER, group_fd) != NULL)
		return -EINVAL;
	if (answer.result != 0)
		return answer.result;
	enter(MEMBER, group_fd, container_fd, 0);
	if (mock_container_is_iommufd && find(IOMMU_SET, container_fd) == NULL)
		enter(IOMMU_SET, container_fd, 0, 0);
	return 0;
}

int
kernel_group_unset_container(int group_fd)
{
	DESCRIBE(call, "group_unset_container fd=%d", group_fd);
	struct object *member = require(MEMBER, group_fd, call);
	struct answer answer = take(call, 0);

	forbid(find_open_device(group_fd), call);
	if (answer.result != 0)
		member->stuck = true;
	else if (find_child(GROUP_DEVICE, group_fd) != NULL &&
		!mock_container_is_iommufd)
		return -EBUSY; /* vfio_group_ioctl_unset_container() */
	else
		take_out_of_container(member);
	return answer.result;
}

int
kernel_group_open_device_fd(int group_fd, const char *name)
{
	DESCRIBE(call, "group_open_device fd=%d name=%s", group_fd, name);
	const struct object *member = require(MEMBER, group_fd, call);
	struct answer answer = take(call, mock.next_fd);

	if (lacks_iommu(member->parent, call))
		return -EINVAL;
	if (answer.result < 0)
		return answer.result;
	mock.next_fd++;
	open_descriptor(answer.result, name);
	enter(GROUP_DEVICE, answer.result, group_fd, member->parent);
	return answer.result;
}

int
kernel_type1_map(int container_fd, uint64_t va, uint64_t iova, uint64_t length,
	uint32_t rights)
{
	DESCRIBE(call,
		"type1_map container=%d va=%#" PRIx64 " iova=%#" PRIx64
		" length=%#" PRIx64 " rights=%s",
		container_fd, va, iova, length, rights_text(rights));
	struct answer answer = take(call, 0);

	container_fd = file_of(container_fd);
	if (lacks_iommu(container_fd, call))
		return -EINVAL;
	if (answer.result == 0)
		map(container_fd, iova, length, call);
	return answer.result;
}

int
kernel_type1_unmap(
	int container_fd, uint64_t iova, uint64_t length, uint64_t *unmapped)
{
	DESCRIBE(call,
		"type1_unmap container=%d iova=%#" PRIx64 " length=%#" PRIx64,
		container_fd, iova, length);
	struct answer answer = take(call, 0);

	container_fd = file_of(container_fd);
	*unmapped = 0;
	if (lacks_iommu(container_fd, call))
		return -EINVAL;
	return answer_unmap(
		&answer, container_fd, iova, length, unmapped, call);
}

/* --- Page tables of programs: a stand-in for kernel_nested.c --- */

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
	struct answer answer = take(call, 0);

	require(DESCRIPTOR, iommu_fd, call);
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
	struct answer answer = take(call, 0);

	require_ioas(iommu_fd, ioas_id, call);
	if (answer.result != 0)
		return answer.result;
	*hwpt_id = value_or(&answer, mock.next_id++);
	enter(HWPT, *hwpt_id, ioas_id, 0);
	enter(HWPT_FLAGS, *hwpt_id, *hwpt_id, 0);
	return 0;
}

/* The object of that kind over another one, with the script's id or the mock's. */
static int
enter_over(const struct answer *answer, enum kind kind, uint32_t parent,
	uint32_t *id)
{
	if (answer->result != 0)
		return answer->result;
	*id = value_or(answer, mock.next_id++);
	enter(kind, *id, parent, 0);
	return 0;
}

int
kernel_viommu_alloc(
	int iommu_fd, uint32_t device_id, uint32_t hwpt_id, uint32_t *viommu_id)
{
	DESCRIBE(call, "viommu_alloc device=%u hwpt=%u", device_id, hwpt_id);
	struct answer answer = take(call, 0);

	require(DESCRIPTOR, iommu_fd, call);
	require(HWPT, hwpt_id, call);
	return enter_over(&answer, VIOMMU, hwpt_id, viommu_id);
}

/* A device is in one part at most: iommufd_vdevice_alloc_ioctl(). */
int
kernel_vdevice_alloc(int iommu_fd, uint32_t viommu_id, uint32_t device_id,
	uint32_t stream_id, uint32_t *vdevice_id)
{
	DESCRIBE(call, "vdevice_alloc viommu=%u device=%u stream=%u", viommu_id,
		device_id, stream_id);
	struct answer answer = take(call, 0);

	require(DESCRIPTOR, iommu_fd, call);
	require(VIOMMU, viommu_id, call);
	return enter_over(&answer, VDEVICE, viommu_id, vdevice_id);
}

int
kernel_nested_alloc(int iommu_fd, uint32_t device_id, uint32_t viommu_id,
	const uint64_t words[2], uint32_t *hwpt_id)
{
	DESCRIBE(call,
		"nested_alloc device=%u viommu=%u words=%#" PRIx64 ",%#" PRIx64,
		device_id, viommu_id, words[0], words[1]);
	struct answer answer = take(call, 0);

	require(DESCRIPTOR, iommu_fd, call);
	require(VIOMMU, viommu_id, call);
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
	struct answer answer = take(call, 0);

	require(DESCRIPTOR, iommu_fd, call);
	require(VIOMMU, viommu_id, call);
	if (answer.result != 0)
		*count = 0;
	return answer.result;
}

int
kernel_veventq_alloc(
	int iommu_fd, uint32_t viommu_id, uint32_t depth, uint32_t *veventq_id)
{
	DESCRIBE(call, "veventq_alloc viommu=%u depth=%u", viommu_id, depth);
	struct answer answer = take(call, mock.next_fd);

	require(DESCRIPTOR, iommu_fd, call);
	require(VIOMMU, viommu_id, call);
	if (answer.result < 0)
		return answer.result;
	if (!mock.scripted)
		mock.next_fd++;
	open_descriptor(answer.result, "queue of events");
	*veventq_id = value_or(&answer, mock.next_id++);
	enter(VEVENTQ, *veventq_id, viommu_id, answer.result);
	return answer.result;
}

int
kernel_veventq_read(
	int veventq_fd, struct smmuv3_event *event, uint32_t *sequence)
{
	DESCRIBE(call, "veventq_read fd=%d", veventq_fd);
	struct answer answer = take(call, 0);

	require(DESCRIPTOR, veventq_fd, call);
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
	struct answer answer = take(call, 0);

	container_fd = file_of(container_fd);
	if (lacks_iommu(container_fd, call))
		return -EINVAL;
	if (answer.result != 0)
		return answer.result;
	/* To start what runs changes nothing (vfio_iommu_type1_dirty_pages()). */
	if (enable && find(DIRTY_RECORD, container_fd) != NULL)
		return 0;
	forget_children(DIRTY_RECORD, container_fd);
	forget_children(DIRTY_PAGE, container_fd);
	if (enable)
		enter(DIRTY_RECORD, container_fd, container_fd, 0);
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
	struct answer answer = take(call, 0);
	const struct object *first, *last;

	container_fd = file_of(container_fd);
	if (lacks_iommu(container_fd, call))
		return -EINVAL;
	if (answer.result != 0)
		return answer.result;
	first = find_mapping(container_fd, iova);
	last = find_mapping(container_fd, iova + (length - 1));
	if (find(DIRTY_RECORD, container_fd) == NULL ||
		(first != NULL && first->key != iova) ||
		(last != NULL && last->key + last->value != iova + length))
		return -EINVAL;
	read_written(container_fd, iova, length, page_size, true, bitmap);
	return 0;
}
