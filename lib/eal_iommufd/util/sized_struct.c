/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Structures that can grow; see sized_struct.h. */

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "util/log.h"
#include "util/sized_struct.h"

static size_t
sized_struct_size_of(const void *callers)
{
	size_t size;

	memcpy(&size, callers, sizeof(size));
	return size;
}

int
sized_struct_check(const void *callers, size_t first, const char *name)
{
	if (sized_struct_size_of(callers) >= first)
		return 0;
	IOMMUFD_LOG(ERR,
		"struct %s: its size is given as %zu, but it has at least %zu bytes: set its member size to sizeof(struct %s)",
		name, sized_struct_size_of(callers), first, name);
	return -EINVAL;
}

void
sized_struct_fill(void *callers, const void *filled, size_t bytes)
{
	const size_t size = sized_struct_size_of(callers);
	const size_t copied = size < bytes ? size : bytes;

	memcpy((uint8_t *)callers + sizeof(size),
		(const uint8_t *)filled + sizeof(size), copied - sizeof(size));
	memset((uint8_t *)callers + copied, 0, size - copied);
}
