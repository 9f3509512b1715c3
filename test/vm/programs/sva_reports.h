/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVA_REPORTS_H
#define SVA_REPORTS_H

/*
 * What the library is kept from reading, or from reading in time: reports of memory that changes, and page
 * requests. This program's read(), ioctl(), epoll_ctl() and epoll_wait() come before the C library's.
 *
 * Must not know: what is tested, or what a report says.
 */

#include <stdatomic.h>
#include <stdbool.h>

enum order {
	AS_IT_IS,
	BLIND, /* reports are read and not told */
	EARLY, /* reports are read, and told later */
	RASH,  /* no change is under way when its report was read */
};

extern _Atomic enum order order;

/*
 * Whether the thread that changes memory loses its CPU, the last one, when its report is about to be read. It has
 * called use_cpu(true) then, and started a thread with take_cpu_for_a_while().
 */
extern atomic_bool is_starving;
void *take_cpu_for_a_while(void *argument);
void stop_starving(void);

/* This thread has the last CPU, or all others. */
void use_cpu(bool last);

/* After the library's service has begun. */
void watch_reports(void);
/* No page request is read until they are resumed. */
void pause_requests(void);
void resume_requests(void);

#endif /* SVA_REPORTS_H */
