/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* What the code under test logs; see logs.h. */

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <rte_log.h>

#include "logs.h"
#include "unit.h"

/* Every message of ours begins with one of these; EAL's own do not count. */
static const char *const prefixes[] = { "IOMMUFD: ", "SVANIC: " };

/* Of all below but the stream: threads of the code under test log as well. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct {
	FILE *stream;
	char text[65536];
	size_t used;
	char last_error[2048];
	unsigned int errors;
	bool broken_line; /* a message that was not one line */
} logs;

static void
keep_text(const char *data, size_t size)
{
	const size_t room = sizeof(logs.text) - 1 - logs.used;
	const size_t kept = size < room ? size : room;

	memcpy(logs.text + logs.used, data, kept);
	logs.used += kept;
	logs.text[logs.used] = '\0';
}

static bool
is_ours(const char *data, size_t size)
{
	size_t i;

	for (i = 0; i < RTE_DIM(prefixes); i++)
		if (size > strlen(prefixes[i]) &&
			memcmp(data, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

/* Its level is that of the message that the calling thread has logged last. */
static void
note_line(const char *line, size_t size)
{
	if (line[size - 1] != '\n')
		logs.broken_line = true;
	if (rte_log_cur_msg_loglevel() > (int)RTE_LOG_ERR)
		return;
	logs.errors++;
	snprintf(logs.last_error, sizeof(logs.last_error), "%.*s", (int)size,
		line);
}

/*
 * rte_log() flushes after each message, so one call is one message; or more, when another
 * thread has logged one between the two. Each of them begins with a prefix.
 */
static ssize_t
write_message(void *cookie __rte_unused, const char *data, size_t size)
{
	const char *line = data, *newline;
	size_t rest = size, length;
	bool is_after_ours = false;

	pthread_mutex_lock(&lock);
	keep_text(data, size);
	while (rest > 0) {
		newline = memchr(line, '\n', rest);
		length = newline == NULL ? rest : (size_t)(newline + 1 - line);
		if (is_ours(line, length)) {
			note_line(line, length);
			is_after_ours = true;
		} else if (is_after_ours) {
			logs.broken_line = true;
		}
		line += length;
		rest -= length;
	}
	pthread_mutex_unlock(&lock);
	return size;
}

void
logs_start(void)
{
	const cookie_io_functions_t functions = { .write = write_message };

	if (logs.stream == NULL) {
		logs.stream = fopencookie(NULL, "w", functions);
		assert_non_null(logs.stream);
		setvbuf(logs.stream, NULL, _IOFBF, 8192);
		rte_openlog_stream(logs.stream);
	}
	pthread_mutex_lock(&lock);
	logs.used = 0;
	logs.text[0] = '\0';
	logs.last_error[0] = '\0';
	logs.errors = 0;
	logs.broken_line = false;
	pthread_mutex_unlock(&lock);
}

unsigned int
logs_errors(void)
{
	unsigned int errors;

	pthread_mutex_lock(&lock);
	errors = logs.errors;
	pthread_mutex_unlock(&lock);
	return errors;
}

const char *
logs_last_error(void)
{
	return logs.last_error;
}

const char *
logs_text(void)
{
	return logs.text;
}

bool
logs_contain(const char *part)
{
	bool found;

	pthread_mutex_lock(&lock);
	found = strstr(logs.text, part) != NULL;
	pthread_mutex_unlock(&lock);
	return found;
}

void
logs_assert_one_error(const char *file, int line, ...)
{
	const char *part;
	va_list parts;

	if (logs.errors != 1 || logs.broken_line) {
		print_error("%u errors were logged and not one%s:\n%s\n",
			logs.errors, logs.broken_line ? ", not as a line" : "",
			logs.text);
		_fail(file, line);
	}
	va_start(parts, line);
	while ((part = va_arg(parts, const char *)) != NULL)
		unit_assert_contains(logs.last_error, part, file, line);
	va_end(parts);
	logs_start();
}

void
logs_assert_no_error(const char *file, int line)
{
	if (logs.errors == 0 && !logs.broken_line)
		return;
	print_error("an error was logged: %s\n", logs.text);
	_fail(file, line);
}
