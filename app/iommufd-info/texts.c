/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* A list of texts; see texts.h. */

#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "texts.h"

void
texts_add(struct texts *texts, const char *format, ...)
{
	char **items = realloc(
		texts->items, (texts->count + 1) * sizeof(*texts->items));
	va_list arguments;
	int length;

	if (items == NULL)
		err(EXIT_FAILURE, "texts");
	texts->items = items;
	va_start(arguments, format);
	length = vasprintf(&items[texts->count], format, arguments);
	va_end(arguments);
	if (length < 0)
		err(EXIT_FAILURE, "texts");
	texts->count++;
}

void
texts_clear(struct texts *texts)
{
	while (texts->count > 0)
		free(texts->items[--texts->count]);
	free(texts->items);
	texts->items = NULL;
}
