/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef MOCK_USERFAULT_H
#define MOCK_USERFAULT_H

/*
 * A stand-in for userfault.c: a process with mappings that a test makes, changes
 * and lets change at the worst moment. Changes of what is followed are reported as the
 * kernel reports them. Descriptors are real, so that userfault_wait() can wait; time stands
 * still until a test moves it.
 *
 * Calls come from any thread.
 *
 * Must not know: the code under test; why it calls. mock_kernel.h has the rest of the kernel.
 */

#include <stdbool.h>
#include <stdint.h>

#include "kernel/userfault.h"
#include "kernel/vma_query.h"

/* A process without memory, at time 0. */
void mock_memory_start(void);
/* Fails the test when a descriptor is open, memory was not given back, or something is followed. */
void mock_memory_finish(void);

/* What the test's process does. */
void mock_memory_map(uint64_t start, uint64_t end, uint32_t rights);
void mock_memory_map_as(const struct vma *mapping);
/* Is reported where it is followed; the mappings that it cuts shrink or split. */
void mock_memory_unmap(uint64_t start, uint64_t end);
/* Reported only: as madvise() before it does anything. */
void mock_memory_remove(uint64_t start, uint64_t end);
void mock_memory_move(uint64_t from, uint64_t to, uint64_t length);
/* As shmdt(): nothing is reported. */
void mock_memory_unmap_silently(uint64_t start, uint64_t end);
/* As mremap() in place, or a stack. */
void mock_memory_grow(uint64_t start, uint64_t end);
void mock_memory_protect(uint64_t start, uint64_t end, uint32_t rights);
/* There is a transparent hugepage. */
void mock_memory_make_huge(uint64_t start, uint64_t end);
/* Nobody can follow what is there, for this reason. */
void mock_memory_refuse_following(uint64_t start, int error);

/* Threads have changed their memory, and have not got to the report yet. */
void mock_memory_delay_reports(bool late);
/* Threads whose report was read do not run yet. */
void mock_memory_let_threads_wait(bool wait);
/* One of them loses its CPU. */
void mock_memory_preempt(void);
/* The thread whose change this userfaultfd reported has not continued yet; 0: all have. */
void mock_memory_hold_thread(int follower);
/* Somebody else's userfaultfd follows the mapping; 0: nobody. */
void mock_memory_follow_by_another(uint64_t start, int fd);
/* How many descriptors the process may have. */
void mock_memory_set_descriptor_limit(unsigned int limit);
/* Which userfaultfd follows the mapping; 0: none. */
int mock_memory_follower(uint64_t address);

/*
 * Lets something happen within the next call of that name ("register", "query", "scan",
 * "read", "pending", "before read", "populate", "pass", "wait"), after what it does itself; once.
 */
void mock_memory_during(const char *call, void (*happen)(void));
/* The same, in so many of them in a row. */
void mock_memory_during_each(
	const char *call, void (*happen)(void), unsigned int times);

/* What was made present last, with the right to do so. */
struct vma mock_memory_populated(void);

/* Whether all of the interval is followed now, and how many reports were not read. */
bool mock_memory_is_followed(uint64_t start, uint64_t end);
unsigned int mock_memory_unread(void);

/* How many calls so far have that name; "" for all. */
unsigned int mock_memory_calls(const char *call);
/* The number-th call from the start, the first is 1, fails once; those that cannot, do not. */
void mock_memory_fail_call(unsigned int number, int error);
bool mock_memory_call_has_failed(void);
/* All calls of that name fail from now on; 0: they do not. */
void mock_memory_fail_all(const char *call, int error);

void mock_memory_set_time(uint64_t milliseconds);

#endif /* MOCK_USERFAULT_H */
