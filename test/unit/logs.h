/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef LOGS_H
#define LOGS_H

/*
 * What the code under test logs: caught instead of shown, so that a test can
 * insist on the rule that a failure is one line, with cause and remedy.
 *
 * Must not know: what is tested.
 */

#include <stdbool.h>

/* From now on, or again: catches messages, starting with none. */
void logs_start(void);

/* How many lines of level ERR, or worse, there were of the code under test. */
unsigned int logs_errors(void);

/* The last one of these; "" when there was none. */
const char *logs_last_error(void);

/* All lines since the start, of all levels; when no other thread logs any more. */
const char *logs_text(void);

/* Whether they have this part, also while others log. */
bool logs_contain(const char *part);

/*
 * There was exactly one error line since the start, and it contains the parts;
 * then starts anew. The list of parts ends with NULL.
 */
#define assert_one_error(...) \
	logs_assert_one_error(__FILE__, __LINE__, __VA_ARGS__, NULL)
#define assert_no_error() logs_assert_no_error(__FILE__, __LINE__)

void logs_assert_one_error(const char *file, int line, ...)
	__attribute__((sentinel));
void logs_assert_no_error(const char *file, int line);

#endif /* LOGS_H */
