/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef REBIND_H
#define REBIND_H

/*
 * Points the loaded objects' references to some functions at other functions of
 * the same name. Nothing else in the tree knows ELF.
 *
 * Must not know: which functions these are.
 */

#include <stddef.h>

struct rebind_function {
	const char *name;
	void *replacement; /* NULL: leave it as it is */
	/* What the name meant so far, for references in data (tables of functions),
	 * which the program may have changed since: only where this stands there. NULL:
	 * leave data as it is.
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
