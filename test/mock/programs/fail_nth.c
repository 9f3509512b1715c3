/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The n-th allocation fails; see fail_nth.h. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fail_nth.h"
#include "unit.h"

static int file = -1; /* /proc/thread-self/fail-nth */
static unsigned int wanted;
static unsigned int remaining; /* while paused */

static void
write_knob(const char *name, const char *value)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		fail_msg("no %s: a kernel without fault injection", path);
	assert_int_equal(write(fd, value, strlen(value)), strlen(value));
	close(fd);
}

void
fail_nth_set_up(void)
{
	/* Of their own accord these fail nothing: the probability stays 0. The
	 * kernel's log has the stack of each failure.
	 */
	write_knob("fail_iommufd/verbose", "2");
	write_knob("failslab/verbose", "2");
	write_knob("failslab/ignore-gfp-wait", "N");
	write_knob("fail_page_alloc/verbose", "2");
	write_knob("fail_page_alloc/ignore-gfp-wait", "N");
	write_knob("fail_page_alloc/min-order", "0");
	file = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	assert_true(file >= 0);
}

static void
write_count(unsigned int count)
{
	char text[16];
	const int length = snprintf(text, sizeof(text), "%u", count);

	assert_int_equal(pwrite(file, text, length, 0), length);
}

void
fail_nth_start(unsigned int n)
{
	wanted = remaining = n;
}

void
fail_nth_resume(void)
{
	if (remaining != 0)
		write_count(remaining);
}

void
fail_nth_pause(void)
{
	char text[16] = "";

	if (remaining == 0)
		return;
	assert_true(pread(file, text, sizeof(text) - 1, 0) > 0);
	remaining = strtoul(text, NULL, 10);
	write_count(0);
}

bool
fail_nth_has_hit(void)
{
	return wanted != 0 && remaining == 0;
}
