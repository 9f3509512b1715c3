/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Fault queues, and the page requests in them: a part of the stand-in, see mock_kernel.h. */

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>

#include "kernel/kernel.h"
#include "mock_kernel.h"
#include "mock_state.h"
#include "unit.h"

/* Of calls that mock_userfault.c makes up. */
int
mock_open_real(const char *name)
{
	DESCRIBE(call, "open %s", name);
	struct answer answer = mock_take_answer(call, 0);
	int fd;

	if (answer.result < 0)
		return answer.result;
	fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	mock_open_descriptor(fd, name);
	mock_object_find(DESCRIPTOR, fd)->value = true;
	return fd;
}

/* One that poll() can wait for, unless a script names another number. */
int
kernel_fault_queue_alloc(int iommu_fd, uint32_t *fault_id)
{
	DESCRIBE(call, "fault_queue_alloc iommu=%d", iommu_fd);
	struct answer answer = mock_take_answer(call, 0);
	int fd = answer.result;

	mock_object_require(DESCRIPTOR, iommu_fd, call);
	if (answer.result < 0)
		return answer.result;
	if (fd == 0)
		fd = eventfd(
			mock.page_request_count, EFD_NONBLOCK | EFD_CLOEXEC);
	mock_open_descriptor(fd, "fault queue");
	mock_object_find(DESCRIPTOR, fd)->value = answer.result == 0;
	*fault_id = mock_value_or(&answer, mock.next_id++);
	mock_object_enter(FAULT_QUEUE, *fault_id, mock_file_of(iommu_fd), fd);
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

	mock_object_enter(PAGE_GROUP, mock.next_cookie, fault_fd,
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
	const struct object *descriptor = mock_object_require(
		DESCRIPTOR, fault_fd, call);
	struct answer answer = mock_take_answer(call, 0);
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
	struct object *group = mock_object_find(PAGE_GROUP, cookie);
	struct answer answer = mock_take_answer(call, 0);

	mock_object_require(DESCRIPTOR, fault_fd, call);
	if (answer.result != 0)
		return answer.result;
	if (group == NULL || group->parent != (uint64_t)fault_fd)
		return -EINVAL;
	mock_object_forget(group);
	return 0;
}

void
mock_ask_pages(const struct page_request *requests, unsigned int count)
{
	unsigned int i;

	pthread_mutex_lock(&mock_lock);
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
	pthread_mutex_unlock(&mock_lock);
}
