/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef EXPECT_H
#define EXPECT_H

/*
 * For programs that call functions and compare what they return with what is
 * documented: prints each, and counts what is wrong.
 */

extern unsigned int wrong;

void expect(const char *what, int result, int expected);

#endif /* EXPECT_H */
