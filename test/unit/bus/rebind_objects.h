/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef REBIND_OBJECTS_H
#define REBIND_OBJECTS_H

/* What the little objects of test_rebind.c share. */

typedef int (*target_t)(int number);

int target_called(int number);
int target_taken(int number);

/* As a driver's table of functions. */
struct targets {
	target_t called;
	target_t taken;
};

#define DECLARE_CALLER(number)                                         \
	const volatile struct targets *caller_constant_##number(void); \
	struct targets *caller_table_##number(void);                   \
	extern int caller_data_##number;                               \
	int caller_call_##number(int);                                 \
	target_t caller_take_##number(void)

DECLARE_CALLER(0); /* all tables read-only after start: -z now */
DECLARE_CALLER(1); /* bound at the first call: -z lazy */
DECLARE_CALLER(2); /* as 0, loaded later */

#endif /* REBIND_OBJECTS_H */
