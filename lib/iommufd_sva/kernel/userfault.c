/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The calls about this process's own memory; see userfault.h. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <linux/membarrier.h>

#include "kernel/userfault.h"
#include "kernel/userfault_uapi.h"
#include "kernel/vma_query.h"
#include "rte_iommufd.h"

#define MESSAGES 32
#define DESCRIPTORS 8

static int
userfault_call(int fd, unsigned long request, void *argument)
{
	int result = ioctl(fd, request, argument);

	return result < 0 ? -errno : result;
}

int
userfault_open(void)
{
	struct uffdio_api api = {
		.api = UFFD_API,
		.features = UFFD_FEATURE_EVENT_UNMAP |
			UFFD_FEATURE_EVENT_REMAP | UFFD_FEATURE_EVENT_REMOVE |
			UAPI_UFFD_FEATURE_WP_ASYNC,
	};
	int fd = syscall(SYS_userfaultfd,
		O_CLOEXEC | O_NONBLOCK | UAPI_UFFD_USER_MODE_ONLY);
	int ret;

	if (fd < 0)
		return -errno;
	ret = userfault_call(fd, UFFDIO_API, &api);
	if (ret == 0)
		return fd;
	close(fd);
	return ret;
}

void
userfault_close(int fd)
{
	close(fd);
}

int
userfault_register(int fd, uint64_t start, uint64_t end)
{
	struct uffdio_register interval = {
		.range = { .start = start, .len = end - start },
		.mode = UFFDIO_REGISTER_MODE_WP,
	};

	return userfault_call(fd, UFFDIO_REGISTER, &interval);
}

int
userfault_unregister(int fd, uint64_t start, uint64_t end)
{
	struct uffdio_range range = { .start = start, .len = end - start };

	return userfault_call(fd, UFFDIO_UNREGISTER, &range);
}

/*
 * Every ioctl that fills or protects pages first checks whether the memory is changing
 * (userfaultfd_writeprotect()); this one protects nothing.
 */
int
userfault_pending(int fd)
{
	struct uffdio_writeprotect nothing = { .mode = 0 };
	int ret = userfault_call(fd, UFFDIO_WRITEPROTECT, &nothing);

	return ret == -EAGAIN ? ret : 0;
}

/* false: a kind of event that was not requested. */
static bool
userfault_translate(
	const struct uffd_msg *message, struct memory_change *change)
{
	switch (message->event) {
	case UFFD_EVENT_UNMAP:
	case UFFD_EVENT_REMOVE:
		change->kind = message->event == UFFD_EVENT_UNMAP
			? MEMORY_UNMAPPED
			: MEMORY_REMOVED;
		change->start = message->arg.remove.start;
		change->end = message->arg.remove.end;
		return true;
	case UFFD_EVENT_REMAP:
		change->kind = MEMORY_MOVED;
		change->start = message->arg.remap.from;
		change->end = message->arg.remap.from + message->arg.remap.len;
		change->destination = message->arg.remap.to;
		return true;
	default:
		return false;
	}
}

int
userfault_read(int fd, struct memory_change *changes, unsigned int capacity)
{
	struct uffd_msg messages[MESSAGES];
	unsigned int count = 0;
	ssize_t length, i;

	if (capacity > MESSAGES)
		capacity = MESSAGES;
	length = read(fd, messages, capacity * sizeof(messages[0]));
	if (length < 0)
		return errno == EAGAIN ? 0 : -errno;
	for (i = 0; i < length / (ssize_t)sizeof(messages[0]); i++)
		if (userfault_translate(&messages[i], &changes[count]))
			count++;
	return count;
}

unsigned int
userfault_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 0;
	return limit.rlim_cur > UINT_MAX ? UINT_MAX : limit.rlim_cur;
}

int
userfault_set_open(void)
{
	int set = epoll_create1(EPOLL_CLOEXEC);

	return set < 0 ? -errno : set;
}

int
userfault_set_add(int set, int fd, unsigned int number)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = number };

	return epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

int
userfault_set_ready(int set, unsigned int *numbers, unsigned int capacity)
{
	struct epoll_event events[MESSAGES];
	int count, i;

	if (capacity > MESSAGES)
		capacity = MESSAGES;
	count = epoll_wait(set, events, capacity, 0);
	if (count < 0)
		return errno == EINTR ? 0 : -errno;
	for (i = 0; i < count; i++)
		numbers[i] = events[i].data.u32;
	return count;
}

int
userfault_open_proc(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static uint32_t
userfault_rights_of(uint64_t vma_flags)
{
	uint32_t rights = 0;

	if (vma_flags & UAPI_VMA_READABLE)
		rights |= RTE_IOMMUFD_MAP_READ;
	if (vma_flags & UAPI_VMA_WRITABLE)
		rights |= RTE_IOMMUFD_MAP_WRITE;
	return rights;
}

int
userfault_query_vma(int fd, uint64_t address, bool or_next, struct vma *mapping)
{
	struct uapi_procmap_query query = {
		.size = sizeof(query),
		.query_flags = or_next ? UAPI_COVERING_OR_NEXT_VMA : 0,
		.query_addr = address,
	};
	int ret = userfault_call(fd, UAPI_PROCMAP_QUERY, &query);

	if (ret != 0)
		return ret;
	*mapping = (struct vma){
		.start = query.vma_start,
		.end = query.vma_end,
		.page_size = query.vma_page_size,
		.rights = userfault_rights_of(query.vma_flags),
		.shared = query.vma_flags & UAPI_VMA_SHARED,
	};
	return 0;
}

int
userfault_is_huge(int fd, uint64_t start, uint64_t end, bool *huge)
{
	struct uapi_page_region region = { .start = 0 };
	struct uapi_pm_scan_arg scan = {
		.size = sizeof(scan),
		.start = start,
		.end = end,
		.vec = (uintptr_t)&region,
		.vec_len = 1,
		.category_mask = UAPI_PAGE_IS_HUGE,
		.return_mask = UAPI_PAGE_IS_HUGE,
	};
	int ret = userfault_call(fd, UAPI_PAGEMAP_SCAN, &scan);

	if (ret < 0)
		return ret;
	*huge = ret == 1 && region.start == start && region.end == end;
	return 0;
}

/*
 * The scan ends with EPERM at a mapping without that mode (pagemap_scan_test_walk());
 * in the others it looks for pages without it, so that it need not look at any.
 */
int
userfault_is_registered(int fd, uint64_t start, uint64_t end)
{
	struct uapi_pm_scan_arg scan = {
		.size = sizeof(scan),
		.flags = UAPI_SCAN_CHECK_WPASYNC,
		.start = start,
		.end = end,
		.category_inverted = UAPI_PAGE_IS_WPALLOWED,
		.category_mask = UAPI_PAGE_IS_WPALLOWED,
	};
	int ret = userfault_call(fd, UAPI_PAGEMAP_SCAN, &scan);

	return ret < 0 ? ret : 0;
}

/* What it does not do, IOMMU_IOAS_MAP does or refuses. */
void
userfault_populate(uint64_t start, uint64_t end, bool write)
{
	(void)madvise((void *)(uintptr_t)start, end - start,
		write ? UAPI_MADV_POPULATE_WRITE : UAPI_MADV_POPULATE_READ);
}

void *
userfault_memory_alloc(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void
userfault_memory_free(void *memory, size_t size)
{
	munmap(memory, size);
}

uint64_t
userfault_preemptions(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage) != 0)
		return UINT64_MAX;
	return usage.ru_nivcsw;
}

void
userfault_pass_prepare(void)
{
	(void)syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED,
		0, 0);
}

/*
 * mprotect() takes the lock for writing also where it changes nothing. A writer can overtake
 * one that waits already, once: hence twice.
 */
void
userfault_pass_threads(void *page, size_t size)
{
	(void)syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
	(void)mprotect(page, size, PROT_READ | PROT_WRITE);
	(void)mprotect(page, size, PROT_READ | PROT_WRITE);
}

int
userfault_wake_open(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

void
userfault_wake(int fd)
{
	const uint64_t one = 1;

	/* EAGAIN: the counter is full, so the thread is being woken already. */
	if (write(fd, &one, sizeof(one)) < 0)
		return;
}

void
userfault_wake_clear(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0)
		return;
}

int
userfault_wait(const int *fds, unsigned int count, int milliseconds)
{
	struct pollfd polled[DESCRIPTORS];
	int ready = 0;
	unsigned int i;

	for (i = 0; i < count && i < DESCRIPTORS; i++)
		polled[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
	if (poll(polled, i, milliseconds) < 0)
		return errno == EINTR ? 0 : -errno;
	while (i-- > 0)
		if (polled[i].fd >= 0 && polled[i].revents != 0)
			ready |= 1 << i;
	return ready;
}

uint64_t
userfault_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000) + now.tv_nsec / 1000000;
}
