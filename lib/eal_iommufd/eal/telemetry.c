/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * What DPDK's telemetry tells of this library: /iommufd/info, devices, spaces, mappings
 * (dpdk-telemetry.py; doc/design.md has a table).
 *
 * The handlers run in threads of the telemetry library, at any time. They read copies
 * (core/inventory.h), take no other lock, make no call of the kernel and change nothing; a
 * context is not made because somebody looks.
 *
 * Limits of the telemetry library, from DPDK 22.11 on: an answer has 16 KiB, a string in it 127
 * characters, an array 512 entries; what is beyond is dropped without a word. A dictionary has
 * no dictionaries in it, only arrays. So long sentences are arrays of parts, and long lists have
 * pages.
 *
 * Must not know: how objects work; librte_iommufd_sva, which registers its own command.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_telemetry.h>

#include "core/inventory.h"
#include "rte_iommufd.h"
#include "util/log.h"

/* Of mappings in an answer: one is about 100 characters. */
#define TELEMETRY_PAGE 100

/* --- Parameters --- */

static bool
telemetry_is_empty(const char *parameters)
{
	return parameters == NULL || parameters[0] == '\0';
}

/*
 * Reads a number up to max, which ends at the end of the text or at a comma; text then points
 * behind that. 0, or -EINVAL.
 */
static int
telemetry_parse(const char **text, int base, uint64_t max, uint64_t *number)
{
	char *end;

	/* strtoull() takes blanks and signs as well. */
	if (*text == NULL || (*text)[0] < '0' || (*text)[0] > '9')
		return -EINVAL;
	errno = 0;
	*number = strtoull(*text, &end, base);
	if (errno != 0 || *number > max)
		return -EINVAL;
	if (*end != '\0' && (*end != ',' || end[1] == '\0'))
		return -EINVAL;
	*text = *end == ',' ? end + 1 : end;
	return 0;
}

/* --- Values --- */

/* The list is freed by the telemetry library; NULL, for want of memory: left out. */
static void
telemetry_add_list(
	struct rte_tel_data *data, const char *name, struct rte_tel_data *list)
{
	if (list != NULL &&
		rte_tel_data_add_dict_container(data, name, list, 0) != 0)
		rte_tel_data_free(list);
}

static struct rte_tel_data *
telemetry_start_list(enum rte_tel_value_type type)
{
	struct rte_tel_data *list = rte_tel_data_alloc();

	if (list != NULL)
		rte_tel_data_start_array(list, type);
	return list;
}

/* An array whose strings, put together, are the text. */
static void
telemetry_add_text(
	struct rte_tel_data *data, const char *name, const char *text)
{
	struct rte_tel_data *parts = telemetry_start_list(RTE_TEL_STRING_VAL);
	char part[RTE_TEL_MAX_STRING_LEN];
	size_t length;

	if (parts == NULL)
		return;
	for (; *text != '\0'; text += length) {
		length = strnlen(text, sizeof(part) - 1);
		snprintf(part, length + 1, "%s", text);
		rte_tel_data_add_array_string(parts, part);
	}
	telemetry_add_list(data, name, parts);
}

static void
telemetry_add_stats(
	struct rte_tel_data *data, const struct rte_iommufd_space_stats *stats)
{
	rte_tel_data_add_dict_uint(data, "map_calls", stats->map_calls);
	rte_tel_data_add_dict_uint(data, "copy_calls", stats->copy_calls);
	rte_tel_data_add_dict_uint(data, "unmap_calls", stats->unmap_calls);
	rte_tel_data_add_dict_uint(data, "failed_calls", stats->failed_calls);
	rte_tel_data_add_dict_uint(data, "areas", stats->areas);
	rte_tel_data_add_dict_uint(data, "bytes", stats->bytes);
}

/* --- /iommufd/info --- */

static void
telemetry_add_errors(struct rte_tel_data *data)
{
	struct log_errors errors;

	log_read_errors(&errors);
	rte_tel_data_add_dict_uint(data, "errors", errors.count);
	rte_tel_data_add_dict_uint(data, "last_error_time", errors.last_time);
	telemetry_add_text(data, "last_error", errors.last);
}

static int
telemetry_info(const char *command __rte_unused, const char *parameters,
	struct rte_tel_data *data)
{
	struct inventory_sums sums;

	if (!telemetry_is_empty(parameters))
		return -EINVAL;
	inventory_read_sums(&sums);
	rte_tel_data_start_dict(data);
	rte_tel_data_add_dict_string(data, "version", rte_iommufd_version());
	rte_tel_data_add_dict_string(data, "process",
		rte_eal_process_type() == RTE_PROC_PRIMARY ? "primary"
							   : "secondary");
	rte_tel_data_add_dict_string(data, "backend", sums.backend);
	telemetry_add_text(data, "reason", sums.reason.text);
	rte_tel_data_add_dict_uint(data, "contexts", sums.contexts);
	rte_tel_data_add_dict_uint(data, "devices", sums.devices);
	rte_tel_data_add_dict_uint(data, "spaces", sums.spaces);
	telemetry_add_stats(data, &sums.stats);
	telemetry_add_errors(data);
	return 0;
}

/* --- /iommufd/devices --- */

static int
telemetry_list_devices(struct rte_tel_data *data)
{
	char addresses[RTE_TEL_MAX_ARRAY_ENTRIES][DEVICE_PLACE_NAME_SIZE];
	const unsigned int count = inventory_list_devices(
		addresses, RTE_DIM(addresses));
	struct rte_tel_data *list = telemetry_start_list(RTE_TEL_STRING_VAL);
	unsigned int i;

	if (list == NULL)
		return -ENOMEM;
	for (i = 0; i < RTE_MIN(count, RTE_DIM(addresses)); i++)
		rte_tel_data_add_array_string(list, addresses[i]);
	rte_tel_data_start_dict(data);
	rte_tel_data_add_dict_uint(data, "count", count);
	telemetry_add_list(data, "devices", list);
	return 0;
}

static const char *
telemetry_name_of_capability(enum dirty_capability capability)
{
	switch (capability) {
	case DIRTY_LACKING:
		return "no";
	case DIRTY_THERE:
		return "yes";
	case DIRTY_UNKNOWN:
		break;
	}
	return "unknown";
}

static int
telemetry_devices(const char *command __rte_unused, const char *parameters,
	struct rte_tel_data *data)
{
	struct inventory_device device;
	int ret;

	if (telemetry_is_empty(parameters))
		return telemetry_list_devices(data);
	ret = inventory_read_device(parameters, &device);
	if (ret != 0)
		return ret;
	rte_tel_data_start_dict(data);
	rte_tel_data_add_dict_string(data, "device", device.address);
	rte_tel_data_add_dict_string(data, "backend", device.backend);
	rte_tel_data_add_dict_string(data, "driver", device.found.driver);
	rte_tel_data_add_dict_string(data, "cdev", device.found.cdev);
	rte_tel_data_add_dict_int(data, "group", device.found.group);
	rte_tel_data_add_dict_int(data, "noiommu", device.found.noiommu);
	rte_tel_data_add_dict_int(
		data, "takes_vf_token", device.found.takes_vf_token);
	rte_tel_data_add_dict_uint(data, "space", device.space);
	rte_tel_data_add_dict_string(data, "dirty_tracking",
		telemetry_name_of_capability(device.dirty_capability));
	return 0;
}

/* --- /iommufd/spaces --- */

static int
telemetry_list_spaces(struct rte_tel_data *data)
{
	uint32_t numbers[RTE_TEL_MAX_ARRAY_ENTRIES];
	const unsigned int count = inventory_list_spaces(
		numbers, RTE_DIM(numbers));
	struct rte_tel_data *list = telemetry_start_list(RTE_TEL_INT_VAL);
	unsigned int i;

	if (list == NULL)
		return -ENOMEM;
	for (i = 0; i < RTE_MIN(count, RTE_DIM(numbers)); i++)
		rte_tel_data_add_array_int(list, numbers[i]);
	rte_tel_data_start_dict(data);
	rte_tel_data_add_dict_uint(data, "count", count);
	telemetry_add_list(data, "spaces", list);
	return 0;
}

static int
telemetry_describe_space(uint32_t number, struct rte_tel_data *data)
{
	struct inventory_space space;
	int ret = inventory_read_space(number, &space);

	if (ret != 0)
		return ret;
	rte_tel_data_start_dict(data);
	rte_tel_data_add_dict_uint(data, "space", space.number);
	rte_tel_data_add_dict_string(data, "backend", space.backend);
	if (space.has_ioas)
		rte_tel_data_add_dict_uint(data, "ioas", space.ioas_id);
	rte_tel_data_add_dict_uint(data, "devices", space.devices);
	rte_tel_data_add_dict_uint(data, "pasids", space.pasids);
	rte_tel_data_add_dict_uint(data, "mirrors", space.source);
	rte_tel_data_add_dict_int(
		data, "page_requests", space.reports_page_requests);
	rte_tel_data_add_dict_string(data, "dirty_tracking",
		space.records_dirty		   ? "on"
			: space.prepared_for_dirty ? "off"
						   : "not wanted");
	telemetry_add_stats(data, &space.stats);
	return 0;
}

static int
telemetry_spaces(const char *command __rte_unused, const char *parameters,
	struct rte_tel_data *data)
{
	uint64_t number;

	if (telemetry_is_empty(parameters))
		return telemetry_list_spaces(data);
	if (telemetry_parse(&parameters, 10, UINT32_MAX, &number) != 0 ||
		!telemetry_is_empty(parameters))
		return -EINVAL;
	return telemetry_describe_space(number, data);
}

/* --- /iommufd/mappings --- */

static const char *
telemetry_name_of(enum mapping_origin origin)
{
	switch (origin) {
	case MAPPING_OF_PROGRAM:
	case MAPPING_COUNTED:
		return "program";
	case MAPPING_OF_EAL:
		return "eal";
	case MAPPING_OF_SOURCE:
		return "mirrored";
	case MAPPING_OF_SECONDARY:
		return "secondary";
	case MAPPING_LOST:
		return "lost";
	}
	return "unknown";
}

static void
telemetry_add_mapping(struct rte_tel_data *list, const struct mapping *mapping)
{
	char text[RTE_TEL_MAX_STRING_LEN];

	snprintf(text, sizeof(text),
		"iova=%#" PRIx64 " length=%#" PRIx64 " va=%#" PRIx64
		" rights=%s%s of=%s",
		mapping->iova, mapping->length, mapping->va,
		(mapping->rights & RTE_IOMMUFD_MAP_READ) != 0 ? "r" : "-",
		(mapping->rights & RTE_IOMMUFD_MAP_WRITE) != 0 ? "w" : "-",
		mapping->is_region ? "device"
				   : telemetry_name_of(mapping->origin));
	rte_tel_data_add_array_string(list, text);
}

/* The parameter for the next page; "" when this is the last. */
static void
telemetry_add_next(
	struct rte_tel_data *data, uint32_t number, const struct mapping *next)
{
	char text[RTE_TEL_MAX_STRING_LEN] = "";

	if (next != NULL)
		snprintf(text, sizeof(text), "%" PRIu32 ",%#" PRIx64, number,
			next->iova);
	rte_tel_data_add_dict_string(data, "next", text);
}

static int
telemetry_list_mappings(
	uint32_t number, uint64_t iova, struct rte_tel_data *data)
{
	struct mapping mappings[TELEMETRY_PAGE + 1];
	const int count = inventory_list_mappings(
		number, iova, mappings, RTE_DIM(mappings));
	struct rte_tel_data *list;
	int i;

	if (count < 0)
		return count;
	list = telemetry_start_list(RTE_TEL_STRING_VAL);
	if (list == NULL)
		return -ENOMEM;
	for (i = 0; i < RTE_MIN(count, TELEMETRY_PAGE); i++)
		telemetry_add_mapping(list, &mappings[i]);
	rte_tel_data_start_dict(data);
	rte_tel_data_add_dict_uint(data, "space", number);
	telemetry_add_next(data, number,
		count > TELEMETRY_PAGE ? &mappings[TELEMETRY_PAGE] : NULL);
	telemetry_add_list(data, "mappings", list);
	return 0;
}

static int
telemetry_mappings(const char *command __rte_unused, const char *parameters,
	struct rte_tel_data *data)
{
	uint64_t number;
	uint64_t iova = 0;

	if (telemetry_parse(&parameters, 10, UINT32_MAX, &number) != 0)
		return -EINVAL;
	if (!telemetry_is_empty(parameters) &&
		telemetry_parse(&parameters, 0, UINT64_MAX, &iova) != 0)
		return -EINVAL;
	if (!telemetry_is_empty(parameters))
		return -EINVAL;
	return telemetry_list_mappings(number, iova, data);
}

/*
 * Nothing refers to this file, so a static program has it only because libdpdk-iommufd.pc
 * names this function for the linker.
 */
void iommufd_telemetry_register(void);

/* Where the telemetry library has no room left (22.11: 64 commands), there is no command. */
void
iommufd_telemetry_register(void)
{
	rte_telemetry_register_cmd("/iommufd/info", telemetry_info,
		"Backend and why, sums, last error. No parameters");
	rte_telemetry_register_cmd("/iommufd/devices", telemetry_devices,
		"Open devices. Parameters: none, or an address");
	rte_telemetry_register_cmd("/iommufd/spaces", telemetry_spaces,
		"Address spaces. Parameters: none, or a number");
	rte_telemetry_register_cmd("/iommufd/mappings", telemetry_mappings,
		"Mappings. Parameters: a space's number[,first IOVA]");
}

RTE_INIT(telemetry_at_start)
{
	iommufd_telemetry_register();
}
