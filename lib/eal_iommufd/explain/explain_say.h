/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef EXPLAIN_SAY_H
#define EXPLAIN_SAY_H

/* How explain.c, explain_map.c and explain_pasid.c write their sentences. */

#include <stdarg.h>
#include <stdio.h>

#include "explain/explain.h"

/* printf() into the explanation; returns its text. */
static inline const char *say(struct explanation *explanation,
	const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline const char *
say(struct explanation *explanation, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(explanation->text, sizeof(explanation->text), format,
		arguments);
	va_end(arguments);
	return explanation->text;
}

#endif /* EXPLAIN_SAY_H */
