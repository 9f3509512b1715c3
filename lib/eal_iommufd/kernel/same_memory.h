/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SAME_MEMORY_H
#define SAME_MEMORY_H

/*
 * Whether two addresses of this process are one and the same memory.
 */

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether all pages of the one and of the other are physically the same. False also when
 * that is not known: the kernel shows physical addresses to CAP_SYS_ADMIN only.
 */
bool same_memory(uint64_t one, uint64_t other, uint64_t length);

#endif /* SAME_MEMORY_H */
