/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * An object that refers to the target's functions in all ways there are: by a call,
 * by an address, and by initialised data. Built several times, linked with other options each
 * time; CALLER is the number of the build.
 */

#include "rebind_objects.h"

#define NAME_OF(name, number) caller_##name##_##number
#define NAME(name, number) NAME_OF(name, number)

/* What lies behind the tables, and must stay writable. */
int NAME(data, CALLER) = CALLER;

int
NAME(call, CALLER)(int number)
{
	return target_called(number);
}

target_t
NAME(take, CALLER)(void)
{
	return target_taken;
}

/* Constant, and so in the part that is read-only after start; and not. */
static const struct targets constant = { target_called, target_taken };
static struct targets table = { target_called, target_taken };

const volatile struct targets *
NAME(constant, CALLER)(void)
{
	return &constant;
}

struct targets *
NAME(table, CALLER)(void)
{
	return &table;
}
