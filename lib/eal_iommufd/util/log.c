/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The library's log type and the record of the last error; see log.h. */

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>

#include "util/log.h"

static const char log_prefix[] = "IOMMUFD: ";

/* The lock is the innermost of all: nothing is called while it is held. */
static struct {
	pthread_mutex_t lock;
	struct log_errors errors;
} log_record = { .lock = PTHREAD_MUTEX_INITIALIZER };

RTE_LOG_REGISTER(iommufd_logtype, lib.iommufd, INFO)

static void __rte_format_printf(1, 0)
	log_record_error(const char *format, va_list arguments)
{
	char line[LOG_LINE_SIZE];
	const char *text = line;

	vsnprintf(line, sizeof(line), format, arguments);
	line[strcspn(line, "\n")] = '\0';
	if (strncmp(text, log_prefix, strlen(log_prefix)) == 0)
		text += strlen(log_prefix);
	pthread_mutex_lock(&log_record.lock);
	log_record.errors.count++;
	log_record.errors.last_time = time(NULL);
	snprintf(log_record.errors.last, sizeof(log_record.errors.last), "%s",
		text);
	pthread_mutex_unlock(&log_record.lock);
}

void
rte_iommufd_log(uint32_t level, int type, const char *format, ...)
{
	va_list arguments;

	if (level <= RTE_LOG_ERR) {
		va_start(arguments, format);
		log_record_error(format, arguments);
		va_end(arguments);
	}
	va_start(arguments, format);
	rte_vlog(level, type, format, arguments);
	va_end(arguments);
}

void
log_read_errors(struct log_errors *errors)
{
	pthread_mutex_lock(&log_record.lock);
	*errors = log_record.errors;
	pthread_mutex_unlock(&log_record.lock);
}
