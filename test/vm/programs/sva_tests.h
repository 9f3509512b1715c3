/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVA_TESTS_H
#define SVA_TESTS_H

/* Tests of sva.c that have files of their own. Each prints what is wrong, which expect.h counts. */

/* sva_memory.c: all kinds of memory. */
void test_memory(void);
/* sva_change.c: memory that changes; modes and kinds are as on the command line. */
void test_change(const char *mode, const char *kind, unsigned int turns);

#endif /* SVA_TESTS_H */
