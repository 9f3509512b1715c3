/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * What DPDK's telemetry tells of shared virtual addressing; see sva_telemetry.h.
 *
 * The answer is made when the state has been copied and all locks are released, because the
 * telemetry library allocates memory (sva.h).
 *
 * Must not know: sva's other parts.
 */

#include <errno.h>
#include <stddef.h>

#include <rte_common.h>
#include <rte_telemetry.h>

#include "sva_telemetry.h"

static sva_state_reader telemetry_read_state;

static void
telemetry_add_stats(
	struct rte_tel_data *data, const struct rte_iommufd_sva_stats *stats)
{
	const struct {
		const char *name;
		uint64_t value;
	} values[] = {
		{ "page_requests", stats->page_requests },
		{ "request_groups", stats->request_groups },
		{ "mapped", stats->mapped },
		{ "present", stats->present },
		{ "refused", stats->refused },
		{ "failed", stats->failed },
		{ "map_calls", stats->map_calls },
		{ "unmap_calls", stats->unmap_calls },
		{ "events", stats->events },
		{ "invalidations", stats->invalidations },
		{ "evictions", stats->evictions },
		{ "areas", stats->areas },
		{ "pinned", stats->pinned },
		{ "pinned_peak", stats->pinned_peak },
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(values); i++)
		rte_tel_data_add_dict_uint(
			data, values[i].name, values[i].value);
}

static int
telemetry_sva(const char *command __rte_unused, const char *parameters,
	struct rte_tel_data *data)
{
	struct sva_state state;
	bool exists;

	if (parameters != NULL && parameters[0] != '\0')
		return -EINVAL;
	exists = telemetry_read_state(&state);
	rte_tel_data_start_dict(data);
	rte_tel_data_add_dict_int(data, "exists", exists);
	if (!exists)
		return 0;
	rte_tel_data_add_dict_int(data, "ended", state.ended);
	rte_tel_data_add_dict_uint(data, "users", state.users);
	rte_tel_data_add_dict_uint(data, "bindings", state.bindings);
	rte_tel_data_add_dict_uint(data, "pin_limit", state.pin_limit);
	rte_tel_data_add_dict_uint(data, "fault_around", state.fault_around);
	telemetry_add_stats(data, &state.stats);
	return 0;
}

void
sva_telemetry_register(sva_state_reader reader)
{
	telemetry_read_state = reader;
	rte_telemetry_register_cmd("/iommufd/sva", telemetry_sva,
		"Shared virtual addressing. No parameters");
}
