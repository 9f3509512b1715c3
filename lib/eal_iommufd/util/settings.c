/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Reading `key=value,...`; see settings.h. */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_kvargs.h>

#include "util/settings.h"

/* In the order of the enums in settings.h; the lists end with NULL. */
static const char *const backend_values[] = { "auto", "iommufd", "type1",
	"noiommu", "stock", NULL };
static const char *const ioas_values[] = { "shared", "per-device", NULL };
static const char *const map_values[] = { "auto", "file", "va", NULL };
static const char *const rlimit_values[] = { "auto", "user", "process", NULL };

struct key {
	const char *name;
	const char *const *values; /* NULL: a number from 1 to maximum */
	size_t offset;		   /* of an int or enum in struct settings */
	int maximum;
};

static const struct key keys[] = {
	{ "backend", backend_values, offsetof(struct settings, backend) },
	{ "ioas", ioas_values, offsetof(struct settings, ioas) },
	{ "map", map_values, offsetof(struct settings, map) },
	{ "threads", NULL, offsetof(struct settings, threads),
		SETTINGS_THREADS_MAX },
	{ "rlimit", rlimit_values, offsetof(struct settings, rlimit) },
};

static void
settings_join(char *text, size_t size, const char *const *words)
{
	size_t used = 0;

	text[0] = '\0';
	for (; *words != NULL && used < size; words++)
		used += snprintf(text + used, size - used, "%s%s",
			used > 0 ? ", " : "", *words);
}

static const struct key *
settings_find_key(const char *name)
{
	size_t i;

	for (i = 0; i < RTE_DIM(keys); i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

/* -1 when it is none, or out of range. */
static int
settings_read_number(const struct key *key, const char *value)
{
	char *end;
	long number;

	if (!isdigit((unsigned char)value[0]))
		return -1;
	number = strtol(value, &end, 10);
	if (*end != '\0' || number < 1 || number > key->maximum)
		return -1;
	return number;
}

static int
settings_find_value(const struct key *key, const char *value)
{
	int i;

	if (key->values == NULL)
		return settings_read_number(key, value);
	for (i = 0; key->values[i] != NULL; i++)
		if (strcmp(key->values[i], value) == 0)
			return i;
	return -1;
}

struct problem {
	char *text;
	size_t size;
};

static int
unknown_key(const struct problem *problem, const char *name)
{
	const char *names[RTE_DIM(keys) + 1] = { NULL };
	char allowed[64];
	size_t i;

	for (i = 0; i < RTE_DIM(keys); i++)
		names[i] = keys[i].name;
	settings_join(allowed, sizeof(allowed), names);
	snprintf(problem->text, problem->size,
		"unknown key \"%s\"; the keys are %s", name, allowed);
	return -EINVAL;
}

static int
unknown_value(
	const struct problem *problem, const struct key *key, const char *value)
{
	char allowed[64];

	if (key->values != NULL)
		settings_join(allowed, sizeof(allowed), key->values);
	else
		snprintf(allowed, sizeof(allowed), "1 to %d", key->maximum);
	snprintf(problem->text, problem->size,
		"%s=%s is unknown; the values of %s are %s", key->name, value,
		key->name, allowed);
	return -EINVAL;
}

static int
settings_read_pair(const struct rte_kvargs_pair *pair,
	struct settings *settings, const struct problem *problem)
{
	const struct key *key = settings_find_key(pair->key);
	int value;

	if (key == NULL)
		return unknown_key(problem, pair->key);
	value = settings_find_value(
		key, pair->value == NULL ? "" : pair->value);
	if (value < 0)
		return unknown_value(
			problem, key, pair->value == NULL ? "" : pair->value);
	memcpy((char *)settings + key->offset, &value, sizeof(value));
	return 0;
}

static int
check_repetition(const struct rte_kvargs *pairs, const struct problem *problem)
{
	unsigned int i;

	for (i = 0; i < pairs->count; i++) {
		if (rte_kvargs_count(pairs, pairs->pairs[i].key) == 1)
			continue;
		snprintf(problem->text, problem->size,
			"the key \"%s\" is given more than once",
			pairs->pairs[i].key);
		return -EINVAL;
	}
	return 0;
}

int
settings_parse(const char *text, struct settings *settings, char *problem,
	size_t problem_size)
{
	const struct problem report = { problem, problem_size };
	struct rte_kvargs *pairs;
	unsigned int i;
	int ret;

	_Static_assert(sizeof(enum settings_backend) == sizeof(int) &&
			sizeof(enum settings_ioas) == sizeof(int) &&
			sizeof(enum settings_map) == sizeof(int) &&
			sizeof(enum settings_rlimit) == sizeof(int),
		"read_pair() stores an int");
	*settings = (struct settings){ SETTINGS_BACKEND_AUTO };
	if (text == NULL || text[0] == '\0')
		return 0;
	pairs = rte_kvargs_parse(text, NULL);
	if (pairs == NULL) {
		snprintf(problem, problem_size,
			"\"%s\" is not of the form key=value,key=value", text);
		return -EINVAL;
	}
	ret = check_repetition(pairs, &report);
	for (i = 0; i < pairs->count && ret == 0; i++)
		ret = settings_read_pair(&pairs->pairs[i], settings, &report);
	rte_kvargs_free(pairs);
	return ret;
}
