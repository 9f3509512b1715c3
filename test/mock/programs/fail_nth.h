/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef FAIL_NTH_H
#define FAIL_NTH_H

/*
 * The kernel's fault injection for the calling thread: the n-th allocation of its
 * system calls fails, whether it is one of IOMMUFD's own, a slab object or a page
 * (/proc/thread-self/fail-nth; fail_iommufd, failslab and fail_page_alloc in debugfs).
 * The kernel's log shows where that was. Only allocations between fail_nth_resume() and fail_nth_pause() are counted.
 *
 * Must not know: what is tested.
 */

#include <stdbool.h>

/* Makes all that can fail eligible; to be called once, as root. */
void fail_nth_set_up(void);

/* From the next resume on, the n-th allocation fails; 0: none does. */
void fail_nth_start(unsigned int n);
void fail_nth_resume(void);
void fail_nth_pause(void);

/* Whether the n-th allocation has come, and so failed. */
bool fail_nth_has_hit(void);

#endif /* FAIL_NTH_H */
