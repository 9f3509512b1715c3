/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef USERFAULT_H
#define USERFAULT_H

/*
 * Every system call of this library: userfaultfd, /proc/self, and what the service thread
 * needs besides. All return 0 (or a descriptor, where the name says open) or -errno; none
 * logs, retries or remembers anything; the unit tests put a stand-in (mock_userfault.c) in
 * its place.
 *
 * None of these calls allocates from malloc(), and none of them takes part in what
 * userfaultfd reports, except userfault_memory_free().
 *
 * Must not know: why it is called.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vma;

/* A change of followed memory. */
enum memory_change_kind {
	MEMORY_UNMAPPED, /* is gone: munmap(), a mapping put over it, brk() */
	MEMORY_MOVED,	 /* was at start and is at destination: mremap() */
	MEMORY_REMOVED,	 /* its pages are about to be dropped: madvise() */
};

struct memory_change {
	enum memory_change_kind kind;
	uint64_t start;
	uint64_t end;	      /* exclusive */
	uint64_t destination; /* MEMORY_MOVED */
};

/*
 * A userfaultfd that reports UNMAP, REMAP and REMOVE and has the asynchronous
 * write-protect mode (Linux 6.7); non-blocking, close-on-exec, for faults of user mode
 * only, which needs no privilege. -EINVAL: the kernel lacks a feature; -ENOSYS: or all
 * of it; -EPERM: not allowed here.
 */
int userfault_open(void);
/* Any descriptor of these. */
void userfault_close(int fd);
/*
 * Follows everything in the interval from now on. -EBUSY: another userfaultfd has
 * some of it; -EPERM: a shared mapping of a file that is open for reading only;
 * -EINVAL: device memory, or nothing is mapped there.
 */
int userfault_register(int fd, uint64_t start, uint64_t end);
int userfault_unregister(int fd, uint64_t start, uint64_t end);
/* -EAGAIN: changes are under way that have not been read; else 0. */
int userfault_pending(int fd);
/*
 * Stores at most capacity changes and returns their number, 0 when there are none. The
 * thread that makes a change waits until the change is read.
 */
int userfault_read(
	int fd, struct memory_change *changes, unsigned int capacity);

/* How many descriptors the process may have (RLIMIT_NOFILE). */
unsigned int userfault_descriptor_limit(void);
/*
 * A set of descriptors, with a number for each (epoll). It can be read itself when one of
 * them can. A descriptor leaves it when it is closed everywhere.
 */
int userfault_set_open(void);
int userfault_set_add(int set, int fd, unsigned int number);
/* Which of them can be read now: stores at most capacity numbers; how many, or -errno. */
int userfault_set_ready(int set, unsigned int *numbers, unsigned int capacity);

/* For reading only, close-on-exec. */
int userfault_open_proc(const char *path);
/*
 * PROCMAP_QUERY on /proc/self/maps: the mapping at the address, or, with or_next, the
 * one above. -ENOENT: there is none; -ENOTTY: Linux before 6.11.
 */
int userfault_query_vma(
	int fd, uint64_t address, bool or_next, struct vma *mapping);
/* PAGEMAP_SCAN on /proc/self/pagemap: see vma_query.h. */
int userfault_is_huge(int fd, uint64_t start, uint64_t end, bool *huge);
int userfault_is_registered(int fd, uint64_t start, uint64_t end);

/*
 * Makes the pages of the interval present, for writing or for reading, as far as that is
 * possible (MADV_POPULATE_WRITE, MADV_POPULATE_READ; Linux 5.14).
 */
void userfault_populate(uint64_t start, uint64_t end, bool write);

/* Memory from the kernel, without malloc(); NULL: out of memory. */
void *userfault_memory_alloc(size_t size);
void userfault_memory_free(void *memory, size_t size);

/*
 * How often threads of this process have lost their CPU without waiting for anything, all
 * together (getrusage(), ru_nivcsw). UINT64_MAX: it is not known.
 */
uint64_t userfault_preemptions(void);
/* To be called once, before userfault_pass_threads(). */
void userfault_pass_prepare(void);
/*
 * Returns when every thread that has a CPU was interrupted on it once (membarrier()), and then
 * every thread that had the lock of the process's memory for reading, or was the first one to
 * wait for it, has given it back. The page: memory of the caller's own.
 */
void userfault_pass_threads(void *page, size_t size);

/* An eventfd, to wake the thread. */
int userfault_wake_open(void);
void userfault_wake(int fd);
void userfault_wake_clear(int fd);
/*
 * Waits until one of the descriptors can be read (negative ones are left out), or for
 * so many milliseconds; -1: without limit. A bit for each that can; 0; or -errno.
 */
int userfault_wait(const int *fds, unsigned int count, int milliseconds);
/* A monotonic clock, in milliseconds. */
uint64_t userfault_now(void);

#endif /* USERFAULT_H */
