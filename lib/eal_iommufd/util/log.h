/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef LOG_H
#define LOG_H

/*
 * The library's log type, "lib.iommufd". One line per event: what happened, the cause,
 * the remedy. And the memory of the last error, of this library and of those on top of it,
 * for telemetry.
 */

#include <stdint.h>
#include <time.h>

#include <rte_log.h>

#include "rte_iommufd_internal.h"

extern int iommufd_logtype;

#define IOMMUFD_LOG(level, format, ...)                   \
	rte_iommufd_log(RTE_LOG_##level, iommufd_logtype, \
		"IOMMUFD: " format "\n", ##__VA_ARGS__)

/* Longer lines are cut in the record, not in the log. */
#define LOG_LINE_SIZE 1024

/* The lines of level ERR or worse that were logged so far. */
struct log_errors {
	uint64_t count;
	time_t last_time;	  /* of the last one; 0: there was none */
	char last[LOG_LINE_SIZE]; /* the last one, without prefix and newline */
};

/* Copies the record. May be called from any thread. */
void log_read_errors(struct log_errors *errors);

#endif /* LOG_H */
