/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SIZED_STRUCT_H
#define SIZED_STRUCT_H

/*
 * Structures of the public header that the library fills: they begin with `size_t size`,
 * set by the caller, which may have been built with an older or a newer header.
 *
 * Must not know: what is in them.
 */

#include <stddef.h>

/* Where a member ends: the size of a structure when that was its last one. */
#define SIZED_STRUCT_UP_TO(type, member) \
	(offsetof(type, member) + sizeof(((type *)0)->member))

/*
 * 0, or -EINVAL when the caller's structure is smaller than first, which is logged with
 * the name.
 */
int sized_struct_check(const void *callers, size_t first, const char *name);

/*
 * Copies the library's structure of that many bytes to the caller's, as far as it fits;
 * the rest of the caller's structure becomes 0. Its size stays as it is.
 */
void sized_struct_fill(void *callers, const void *filled, size_t bytes);

#endif /* SIZED_STRUCT_H */
