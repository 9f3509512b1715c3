/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef REST_H
#define REST_H

/*
 * What the programs do that poll: where nothing has come, the processor is free for a
 * millisecond. An emulator may run the guest's processors in turns, and a turn that only polls
 * is time that the rest of the test has not.
 *
 * Must not know: what is polled.
 */

#include <stdint.h>
#include <unistd.h>

static inline void
rest_if_none(uint16_t count)
{
	if (count == 0)
		usleep(1000);
}

#endif /* REST_H */
