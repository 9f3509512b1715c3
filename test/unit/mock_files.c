/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Files and descriptors, and what the kernel ends with the last one of a file: a part of the stand-in, see mock_kernel.h. */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/vfio.h>
#include <sys/sysmacros.h>

#include "kernel/kernel.h"
#include "mock_kernel.h"
#include "mock_state.h"

void
mock_open_descriptor(int fd, const char *name)
{
	struct object *descriptor;

	if (mock_object_find(DESCRIPTOR, fd) != NULL)
		mock_complain("the script gives out descriptor %d twice", fd);
	descriptor = mock_object_enter(DESCRIPTOR, fd, 0, 0);
	snprintf(descriptor->name, sizeof(descriptor->name), "%s", name);
}

void
mock_pass(int fd, const char *path)
{
	pthread_mutex_lock(&mock_lock);
	mock_open_descriptor(fd, path);
	pthread_mutex_unlock(&mock_lock);
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
	return mock_begins(path, "/dev/vfio/") &&
		isdigit((unsigned char)path[strlen("/dev/vfio/")]);
}

int
kernel_open(const char *path)
{
	DESCRIBE(call, "open %s", path);
	struct answer answer = mock_take_answer(call, mock.next_fd);

	if (answer.result < 0)
		return answer.result;
	if (is_group_node(path) && find_file(path) != NULL)
		return -EBUSY;
	mock.next_fd++;
	mock_open_descriptor(answer.result, path);
	return answer.result;
}

int
kernel_check_access(const char *path)
{
	DESCRIBE(call, "check_access %s", path);

	return mock_take_answer(call, 0).result;
}

bool
mock_is_stuck(const struct object *object)
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
	mock_object_forget(mock_object_find(IOMMU_SET, container));
	mock_object_forget_children(MAPPING, container);
	mock_object_forget_children(DIRTY_RECORD, container);
	mock_object_forget_children(DIRTY_PAGE, container);
}

/*
 * When the last group has left, a container has no IOMMU and no mappings, unless it is
 * IOMMUFD's.
 */
void
mock_take_out_of_container(struct object *member)
{
	const uint64_t container = member->parent;

	mock_object_forget(member);
	if (mock_object_find_child(MEMBER, container) == NULL &&
		!mock_container_is_iommufd)
		empty_container(container);
}

void
mock_forget_page_table_state(uint64_t hwpt)
{
	mock_object_forget_children(HWPT_FLAGS, hwpt);
	mock_object_forget_children(DIRTY_RECORD, hwpt);
	mock_object_forget_children(DIRTY_PAGE, hwpt);
}

static void
end_page_tables(uint64_t ioas, const char *call)
{
	struct object *hwpt;

	while ((hwpt = mock_object_find_child(HWPT, ioas)) != NULL) {
		if (!mock_is_stuck(hwpt))
			mock_object_forbid(hwpt, call);
		mock_forget_page_table_state(hwpt->key);
		mock_object_forget(hwpt);
	}
}

static void
end_iommu(int fd, const char *call)
{
	struct object *ioas, *queue;

	mock_object_forbid(mock_object_find_child(BOUND, fd), call);
	while ((ioas = mock_object_find_child(IOAS, fd)) != NULL) {
		if (!mock_is_stuck(ioas))
			mock_object_forbid(ioas, call);
		end_page_tables(ioas->key, call);
		mock_object_forget_children(MAPPING, ioas->key);
		mock_object_forget(ioas);
	}
	while ((queue = mock_object_find_child(FAULT_QUEUE, fd)) != NULL) {
		if (!mock_is_stuck(queue))
			mock_object_forbid(queue, call);
		mock_object_forget_children(PAGE_GROUP, queue->value);
		mock_object_forget(queue);
	}
}

/* One of the device's PASIDs. */
struct object *
mock_find_pasid_of(int device_fd)
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

	if (!mock_is_stuck(mock_object_find(ATTACHED, fd)))
		mock_object_forbid(mock_object_find(ATTACHED, fd), call);
	mock_object_forget(mock_object_find(ATTACHED, fd));
	while ((pasid = mock_find_pasid_of(fd)) != NULL) {
		if (!mock_is_stuck(pasid))
			mock_object_forbid(pasid, call);
		mock_object_forget(pasid);
	}
	mock_object_forget(mock_object_find(BOUND, fd));
	mock_object_forget(mock_object_find(GROUP_DEVICE, fd));
}

/* The end of a group's file takes it out: vfio_group_fops_release(). */
static void
end_group(int fd)
{
	struct object *member = mock_object_find(MEMBER, fd);
	struct object *container;

	if (member == NULL)
		return;
	container = mock_object_find(DESCRIPTOR, member->parent);
	mock_take_out_of_container(member);
	if (container != NULL &&
		mock_object_find(IOMMU_SET, container->key) == NULL)
		container->lost_iommu = true;
}

/* Whether a device of the group, or of the container, is open here. */
const struct object *
mock_find_open_device(uint64_t fd)
{
	const struct object *each;

	for (each = mock.objects; each < mock.objects + MAX_OBJECTS; each++)
		if (each->kind == GROUP_DEVICE &&
			(each->parent == fd || each->value == fd) &&
			mock_object_find(DESCRIPTOR, each->key) != NULL)
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
	if (mock_object_find(IOMMU_SET, file->key) != NULL)
		empty_container(file->key);
	/* A fault queue's is a real one: kernel_fault_queue_alloc(). */
	if (file->value != 0)
		close(file->key);
	mock_object_forget(file);
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
	struct object *descriptor = mock_object_require(DESCRIPTOR, fd, call);
	struct answer answer = mock_take_answer(call, 0);
	struct object *member = mock_object_find_child(MEMBER, fd);

	mock_object_forbid(mock_find_open_device(fd), call);
	/* Unless the group cannot be taken out. */
	if (member != NULL && !has_stuck(fd) &&
		mock_object_find(DESCRIPTOR, member->key) != NULL &&
		mock_object_find_child(GROUP_DEVICE, member->key) == NULL)
		mock_object_forbid(member, call);
	if (descriptor->kind == DESCRIPTOR)
		descriptor->kind = KEPT_FILE;
	end_files(call);
	return answer.result;
}

void
mock_keep_elsewhere(int fd)
{
	mock_object_find(DESCRIPTOR, fd)->copies++;
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

	pthread_mutex_lock(&mock_lock);
	for (file = mock.objects; file < mock.objects + MAX_OBJECTS; file++)
		if (file->kind == DESCRIPTOR || file->kind == KEPT_FILE)
			file->copies = 0;
	end_files("the end of other processes");
	pthread_mutex_unlock(&mock_lock);
}

/* The descriptor that was opened, of which this one may be a copy. */
int
mock_file_of(int fd)
{
	const struct object *descriptor = mock_object_find(DESCRIPTOR, fd);

	return descriptor == NULL || descriptor->parent == 0
		? fd
		: (int)descriptor->parent;
}

int
kernel_duplicate_fd(int fd)
{
	DESCRIBE(call, "duplicate fd=%d", fd);
	struct object *descriptor = mock_object_require(DESCRIPTOR, fd, call);
	struct answer answer = mock_take_answer(call, mock.next_fd);

	if (answer.result < 0)
		return answer.result;
	mock.next_fd++;
	mock_open_descriptor(answer.result, descriptor->name);
	mock_object_find(DESCRIPTOR, answer.result)->parent = mock_file_of(fd);
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

	return strcmp(mock_object_require(DESCRIPTOR, fd, call)->name,
		       "pidfd") == 0
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
	struct answer answer = mock_take_answer(call, 0);

	if (answer.result == 0)
		*number = mock_value_or(&answer, number_of_group(name));
	return answer.result;
}

/* misc_register(): 10:125, say */
int
kernel_iommu_number(dev_t *number)
{
	DESCRIBE(call, "iommu_number");
	struct answer answer = mock_take_answer(call, 0);

	if (answer.result == 0)
		*number = mock_value_or(&answer, makedev(10, 125));
	return answer.result;
}

int
kernel_set_cloexec(int fd)
{
	DESCRIBE(call, "set_cloexec fd=%d", fd);

	mock_object_require(DESCRIPTOR, fd, call);
	return mock_take_answer(call, 0).result;
}

/*
 * Unless a test says otherwise, 511:0 for /dev/vfio/devices/vfio0 and so on, and that of
 * the group for /dev/vfio/N.
 */
int
kernel_device_number(int fd, dev_t *number)
{
	DESCRIBE(call, "device_number fd=%d", fd);
	const struct object *descriptor = mock_object_require(
		DESCRIPTOR, fd, call);
	struct answer answer = mock_take_answer(call, 0);
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
		*number = mock_value_or(&answer, usual);
	return answer.result;
}

/* Takes no time. */
void
kernel_sleep(unsigned int milliseconds)
{
	DESCRIBE(call, "sleep milliseconds=%u", milliseconds);
	mock_take_answer(call, 0);
}
