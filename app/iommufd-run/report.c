/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The line of a failure; see report.h. */

#include <stdarg.h>
#include <stdio.h>

#include "report.h"

int
report_failure(const char *format, ...)
{
	va_list arguments;

	fputs("dpdk-iommufd-run: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return -1;
}
