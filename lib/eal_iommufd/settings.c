/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Reading `key=value,...`; see settings.h. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>
#include <rte_kvargs.h>

#include "settings.h"

/* In the order of the enums in settings.h; the lists end with NULL. */
static const char *const backend_values[] = { "auto", "iommufd", "type1",
	"stock", NULL };
static const char *const map_values[] = { "auto", "file", "va", NULL };

struct key {
	const char *name;
	const char *const *values;
	size_t offset; /* of an enum in struct settings */
};

static const struct key keys[] = {
	{ "backend", backend_values, offsetof(struct settings, backend) },
	{ "map", map_values, offsetof(struct settings, map) },
};

static void
join(char *text, size_t size, const char *const *words)
{
	size_t used = 0;

	text[0] = '\0';
	for (; *words != NULL && used < size; words++)
		used += snprintf(text + used, size - used, "%s%s",
			used > 0 ? ", " : "", *words);
}

static const struct key *
find_key(const char *name)
{
	size_t i;

	for (i = 0; i < RTE_DIM(keys); i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static int
find_value(const struct key *key, const char *value)
{
	int i;

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
	join(allowed, sizeof(allowed), names);
	snprintf(problem->text, problem->size,
		"unknown key \"%s\"; the keys are %s", name, allowed);
	return -EINVAL;
}

static int
unknown_value(
	const struct problem *problem, const struct key *key, const char *value)
{
	char allowed[64];

	join(allowed, sizeof(allowed), key->values);
	snprintf(problem->text, problem->size,
		"%s=%s is unknown; the values of %s are %s", key->name, value,
		key->name, allowed);
	return -EINVAL;
}

static int
read_pair(const struct rte_kvargs_pair *pair, struct settings *settings,
	const struct problem *problem)
{
	const struct key *key = find_key(pair->key);
	int value;

	if (key == NULL)
		return unknown_key(problem, pair->key);
	value = find_value(key, pair->value == NULL ? "" : pair->value);
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
			sizeof(enum settings_map) == sizeof(int),
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
		ret = read_pair(&pairs->pairs[i], settings, &report);
	rte_kvargs_free(pairs);
	return ret;
}
