/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef REBIND_H
#define REBIND_H

/*
 * Points the loaded objects' references to some functions at other functions of
 * the same name. No other file deals with ELF.
 *
 * Must not know: which functions these are.
 */

#include <stddef.h>

struct rebind_function {
	const char *name;
	void *replacement; /* NULL: leave it as it is */
	/* The present address of the name, for references in data (tables of functions).
	 * The program may have changed these, so only those with this address are
	 * replaced. NULL: leave data as it is.
	 */
	void *original;
};

/*
 * Goes through all objects that are loaded now and stores the replacements where
 * they refer to the names. May be called again after more objects were loaded.
 * Returns how many references were changed, or -1 when one could not be written
 * to (it keeps what it had).
 */
int rebind(const struct rebind_function *functions, size_t count);

#endif /* REBIND_H */
