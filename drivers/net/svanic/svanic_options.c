/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The device arguments; see svanic_options.h. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_kvargs.h>

#include "svanic_log.h"
#include "svanic_options.h"

static int
parse_sva(const char *value, struct svanic_options *options)
{
	if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
		return -EINVAL;
	options->sva = value[0] == '1';
	return 0;
}

static int
parse_pasid(const char *value, struct svanic_options *options)
{
	if (strcmp(value, "port") != 0 && strcmp(value, "queue") != 0)
		return -EINVAL;
	options->pasid_per_queue = value[0] == 'q';
	return 0;
}

/* Decimal digits only: strtoull() takes signs and spaces. */
static int
parse_number(const char *value, uint64_t *number, const char **end)
{
	char *stop;

	if (value[0] < '0' || value[0] > '9')
		return -EINVAL;
	errno = 0;
	*number = strtoull(value, &stop, 10);
	*end = stop;
	return errno == 0 ? 0 : -EINVAL;
}

static int
parse_patience(const char *value, struct svanic_options *options)
{
	const char *end;
	uint64_t number;

	if (parse_number(value, &number, &end) != 0 || *end != '\0' ||
		number > UINT32_MAX)
		return -EINVAL;
	options->has_patience = true;
	options->patience = number;
	return 0;
}

static int
shift_of_unit(const char *unit)
{
	switch (unit[0]) {
	case '\0':
		return 0;
	case 'K':
		return unit[1] == '\0' ? 10 : -EINVAL;
	case 'M':
		return unit[1] == '\0' ? 20 : -EINVAL;
	case 'G':
		return unit[1] == '\0' ? 30 : -EINVAL;
	default:
		return -EINVAL;
	}
}

static int
parse_pin_limit(const char *value, struct svanic_options *options)
{
	const char *unit;
	uint64_t number;
	int shift;

	if (parse_number(value, &number, &unit) != 0)
		return -EINVAL;
	shift = shift_of_unit(unit);
	if (shift < 0 || number == 0 || number > UINT64_MAX >> shift)
		return -EINVAL;
	options->pin_limit = number << shift;
	return 0;
}

static const struct argument {
	const char *key;
	int (*parse)(const char *value, struct svanic_options *options);
	const char *allowed;
	bool wants_sva;
} arguments[] = {
	{ "sva", parse_sva, "0 or 1", false },
	{ "pasid", parse_pasid, "port or queue", true },
	{ "patience", parse_patience, "milliseconds, 0 for ever", true },
	{ "pin-limit", parse_pin_limit, "bytes, with K, M or G if need be",
		true },
};

struct parsing {
	const char *name;
	struct svanic_options *options;
	const char *only_with_sva; /* the last such key that was given */
};

static int
parse_argument(const struct rte_kvargs_pair *pair, struct parsing *parsing)
{
	const struct argument *argument = arguments;

	while (strcmp(argument->key, pair->key) != 0)
		argument++;
	if (argument->wants_sva)
		parsing->only_with_sva = argument->key;
	if (pair->value != NULL &&
		argument->parse(pair->value, parsing->options) == 0)
		return 0;
	SVANIC_LOG(ERR, "%s: %s=%s is not understood: %s takes %s",
		parsing->name, pair->key,
		pair->value != NULL ? pair->value : "", pair->key,
		argument->allowed);
	return -EINVAL;
}

static int
check_together(const struct parsing *parsing)
{
	if (parsing->options->sva || parsing->only_with_sva == NULL)
		return 0;
	SVANIC_LOG(ERR, "%s: %s has a meaning only with sva=1", parsing->name,
		parsing->only_with_sva);
	return -EINVAL;
}

int
svanic_options_parse(
	const char *text, const char *name, struct svanic_options *options)
{
	const char *const keys[] = { "sva", "pasid", "patience", "pin-limit",
		NULL };
	struct parsing parsing = { .name = name, .options = options };
	struct rte_kvargs *list;
	unsigned int i;
	int ret = 0;

	memset(options, 0, sizeof(*options));
	if (text == NULL || text[0] == '\0')
		return 0;
	list = rte_kvargs_parse(text, keys);
	if (list == NULL) {
		SVANIC_LOG(ERR,
			"%s: the device arguments %s are not understood; there are: " SVANIC_ARGUMENTS,
			name, text);
		return -EINVAL;
	}
	for (i = 0; i < list->count && ret == 0; i++)
		ret = parse_argument(&list->pairs[i], &parsing);
	if (ret == 0)
		ret = check_together(&parsing);
	rte_kvargs_free(list);
	return ret;
}
