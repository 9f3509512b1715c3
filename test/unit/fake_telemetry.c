/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* DPDK's telemetry library, as far as commands see it; see fake_telemetry.h. */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_telemetry.h>
#include <rte_version.h>

#include "fake_telemetry.h"
#include "unit.h"

/* Of the real library, in all releases. */
#define OUTPUT_MAX (16 * 1024)
#define COMMAND_MAX 56
#define HELP_MAX 64
#define COMMANDS 16

#if RTE_VERSION < RTE_VERSION_NUM(23, 3, 0, 0)
typedef int telemetry_int;
#else
typedef int64_t telemetry_int;
#endif

enum value_kind {
	VALUE_NUMBER,
	VALUE_STRING,
	VALUE_LIST,
};

struct value {
	char name[RTE_TEL_MAX_STRING_LEN];
	enum value_kind kind;
	uint64_t number;
	char string[RTE_TEL_MAX_STRING_LEN];
	struct rte_tel_data *list;
};

struct rte_tel_data {
	bool is_list;		      /* else a dictionary */
	enum rte_tel_value_type type; /* of a list's items */
	unsigned int count;
	struct value values[RTE_TEL_MAX_ARRAY_ENTRIES];
};

static struct {
	const char *name;
	telemetry_cb function;
} commands[COMMANDS];
static unsigned int command_count;

static struct rte_tel_data answer;
static unsigned int lists; /* that are not freed */

int
rte_telemetry_register_cmd(
	const char *name, telemetry_cb function, const char *help)
{
	if (strncmp(name, "/iommufd/", strlen("/iommufd/")) != 0)
		return 0; /* librte_eal's own, by other limits in each release */
	if (strlen(name) >= COMMAND_MAX || strlen(help) >= HELP_MAX ||
		command_count == COMMANDS)
		abort();
	commands[command_count].name = name;
	commands[command_count++].function = function;
	return 0;
}

struct rte_tel_data *
rte_tel_data_alloc(void)
{
	lists++;
	return calloc(1, sizeof(struct rte_tel_data));
}

void
rte_tel_data_free(struct rte_tel_data *data)
{
	lists -= data != NULL;
	free(data);
}

int
rte_tel_data_start_dict(struct rte_tel_data *data)
{
	data->is_list = false;
	data->count = 0;
	return 0;
}

int
rte_tel_data_start_array(
	struct rte_tel_data *data, enum rte_tel_value_type type)
{
	data->is_list = true;
	data->type = type;
	data->count = 0;
	return 0;
}

static struct value *
new_value(struct rte_tel_data *data, bool of_list, const char *name)
{
	struct value *value = &data->values[data->count++];
	const char *each;

	assert_true(data->is_list == of_list);
	assert_true(data->count <= (of_list ? RTE_TEL_MAX_ARRAY_ENTRIES
					    : RTE_TEL_MAX_DICT_ENTRIES));
	for (each = name; *each != '\0'; each++)
		assert_true(isalnum(*each) || *each == '_');
	snprintf(value->name, sizeof(value->name), "%s", name);
	return value;
}

static void
set_string(struct value *value, const char *string)
{
	assert_true(strlen(string) < sizeof(value->string));
	value->kind = VALUE_STRING;
	strcpy(value->string, string);
}

int
rte_tel_data_add_array_string(struct rte_tel_data *data, const char *string)
{
	set_string(new_value(data, true, ""), string);
	return 0;
}

int
rte_tel_data_add_array_int(struct rte_tel_data *data, telemetry_int number)
{
	struct value *value = new_value(data, true, "");

	value->kind = VALUE_NUMBER;
	value->number = number;
	return 0;
}

int
rte_tel_data_add_dict_string(
	struct rte_tel_data *data, const char *name, const char *string)
{
	set_string(new_value(data, false, name), string);
	return 0;
}

int
rte_tel_data_add_dict_int(
	struct rte_tel_data *data, const char *name, telemetry_int number)
{
	return rte_tel_data_add_dict_uint(data, name, number);
}

int
rte_tel_data_add_dict_uint(
	struct rte_tel_data *data, const char *name, uint64_t number)
{
	struct value *value = new_value(data, false, name);

	value->kind = VALUE_NUMBER;
	value->number = number;
	return 0;
}

/* DPDK 22.11 shows only arrays in a dictionary. */
int
rte_tel_data_add_dict_container(struct rte_tel_data *data, const char *name,
	struct rte_tel_data *list, int keep)
{
	struct value *value = new_value(data, false, name);

	assert_true(list->is_list);
	assert_int_equal(keep, 0);
	value->kind = VALUE_LIST;
	value->list = list;
	return 0;
}

/* An upper bound of what it takes in JSON, without characters that are escaped. */
static size_t
size_of(const struct rte_tel_data *data)
{
	size_t size = 2;
	unsigned int i;

	for (i = 0; i < data->count; i++) {
		size += strlen(data->values[i].name) + sizeof("\"\":,");
		if (data->values[i].kind == VALUE_LIST)
			size += size_of(data->values[i].list);
		else if (data->values[i].kind == VALUE_STRING)
			size += strlen(data->values[i].string) + 2;
		else
			size += sizeof("18446744073709551615");
	}
	return size;
}

static void
forget_answer(void)
{
	unsigned int i;

	for (i = 0; i < answer.count; i++)
		if (answer.values[i].kind == VALUE_LIST)
			rte_tel_data_free(answer.values[i].list);
	memset(&answer, 0, sizeof(answer));
}

int
fake_telemetry_call(const char *command, const char *parameters)
{
	unsigned int i;
	int ret;

	forget_answer();
	for (i = 0; i < command_count; i++)
		if (strcmp(commands[i].name, command) == 0)
			break;
	assert_true(i < command_count);
	ret = commands[i].function(command, parameters, &answer);
	if (ret < 0) {
		/* The real library frees nothing then. */
		assert_int_equal(lists, 0);
		answer.count = 0;
		return ret;
	}
	assert_false(answer.is_list);
	assert_true(size_of(&answer) < OUTPUT_MAX - COMMAND_MAX);
	return ret;
}

static const struct value *
find_value(const char *name)
{
	unsigned int i;

	for (i = 0; i < answer.count; i++)
		if (strcmp(answer.values[i].name, name) == 0)
			return &answer.values[i];
	return NULL;
}

static const struct value *
value_of(const char *name, enum value_kind kind)
{
	const struct value *value = find_value(name);

	if (value == NULL)
		fail_msg("the answer has no %s", name);
	assert_int_equal(value->kind, kind);
	return value;
}

bool
fake_telemetry_has(const char *name)
{
	return find_value(name) != NULL;
}

uint64_t
fake_telemetry_number(const char *name)
{
	return value_of(name, VALUE_NUMBER)->number;
}

const char *
fake_telemetry_string(const char *name)
{
	return value_of(name, VALUE_STRING)->string;
}

unsigned int
fake_telemetry_length(const char *name)
{
	return value_of(name, VALUE_LIST)->list->count;
}

const char *
fake_telemetry_item(const char *name, unsigned int index)
{
	const struct rte_tel_data *list = value_of(name, VALUE_LIST)->list;

	assert_true(index < list->count);
	assert_int_equal(list->type, RTE_TEL_STRING_VAL);
	return list->values[index].string;
}

int
fake_telemetry_int_item(const char *name, unsigned int index)
{
	const struct rte_tel_data *list = value_of(name, VALUE_LIST)->list;

	assert_true(index < list->count);
	assert_int_equal(list->type, RTE_TEL_INT_VAL);
	return list->values[index].number;
}

const char *
fake_telemetry_text(const char *name)
{
	static char text[8192];
	unsigned int i;

	text[0] = '\0';
	for (i = 0; i < fake_telemetry_length(name); i++)
		strcat(text, fake_telemetry_item(name, i));
	return text;
}
