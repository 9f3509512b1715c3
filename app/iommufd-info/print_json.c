/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The findings as JSON; see print_json.h. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "findings.h"
#include "print_json.h"

/* Changes only when a field goes away or gets another meaning. */
#define SCHEMA_VERSION 1

/* JSON is UTF-8. What is not, such as a program's name, gets question marks. */
static json_t *
text(const char *text)
{
	json_t *string = json_string(text);
	char plain[4096];
	size_t i;

	if (string != NULL)
		return string;
	snprintf(plain, sizeof(plain), "%s", text);
	for (i = 0; plain[i] != '\0'; i++)
		if ((unsigned char)plain[i] >= 0x80)
			plain[i] = '?';
	return json_string(plain);
}

static json_t *
text_or_null(const char *string)
{
	return string[0] == '\0' ? json_null() : text(string);
}

static json_t *
seen_or_null(enum seen seen)
{
	return seen == SEEN_NOT ? json_null()
				: json_boolean(seen == SEEN_PRESENT);
}

static json_t *
kib_or_null(uint64_t kib)
{
	return kib == UINT64_MAX ? json_null() : json_integer(kib);
}

static json_t *
list_of_texts(const struct texts *texts)
{
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i < texts->count; i++)
		json_array_append_new(list, text(texts->items[i]));
	return list;
}

static json_t *
node(const struct node_access *access)
{
	char mode[8];

	if (access->path[0] == '\0')
		return json_null();
	snprintf(mode, sizeof(mode), "%04o", access->mode);
	return json_pack("{so ss so so so}", "path", text(access->path),
		"state", findings_node_state(access), "owner",
		text_or_null(access->owner), "group",
		text_or_null(access->group), "mode",
		text_or_null(access->owner[0] == '\0' ? "" : mode));
}

/* --- the host ------------------------------------------------------------------------------ */

static json_t *
kernel(const struct host *host)
{
	json_t *options = json_object();
	unsigned int i;

	for (i = 0; i < HOST_OPTIONS; i++)
		json_object_set_new(options, host->options[i].name,
			text_or_null(host->options[i].value));
	return json_pack("{ss so so so sb sb}", "release", host->system.release,
		"config_file", text_or_null(host->config_file), "options",
		options, "parameters", text(host->iommu_words), "has_iommufd",
		host->has_iommufd, "has_vfio", host->has_vfio);
}

static json_t *
unit(const struct iommu_unit *iommu)
{
	return json_pack("{ss so}", "name", iommu->name, "kind",
		text_or_null(iommu->kind));
}

static json_t *
iommu(const struct host *host)
{
	json_t *units = json_array();
	unsigned int i;

	for (i = 0; i < host->unit_count; i++)
		json_array_append_new(units, unit(&host->units[i]));
	return json_pack("{sb so so ss s{ss ss}}", "on", host->unit_count > 0,
		"units", units, "firmware_table",
		text_or_null(host->firmware_table == NULL
				? ""
				: host->firmware_table),
		"interrupt_remapping", findings_switch(host->remaps_interrupts),
		"allow_unsafe_interrupts", "iommufd",
		findings_switch(host->iommufd_unsafe_interrupts),
		"vfio_iommu_type1",
		findings_switch(host->type1_unsafe_interrupts));
}

static json_t *
calls(const struct host *host)
{
	json_t *object;
	int i;

	if (!host->calls_are_known)
		return json_null();
	object = json_object();
	for (i = 0; i < IOMMU_CALLS; i++)
		json_object_set_new(object, host_call_names[i],
			json_boolean(host->calls[i]));
	return object;
}

static json_t *
cgroup(const struct memory_limits *limits)
{
	if (limits->cgroup[0] == '\0')
		return json_null();
	return json_pack("{so sI sI}", "name", text(limits->cgroup), "max_kib",
		(json_int_t)limits->cgroup_max_kib, "used_kib",
		(json_int_t)limits->cgroup_used_kib);
}

/* Another user's limits are not known to root. */
static json_t *
limits_or_null(const struct host *host)
{
	const struct memory_limits *limits = &host->limits;

	if (!host->limits_are_of_user)
		return json_null();
	return json_pack("{so sb sI sI sI so}", "memlock_kib",
		kib_or_null(limits->locked_kib), "is_unlimited",
		limits->unlimited || limits->locked_kib == UINT64_MAX,
		"charged_kib", (json_int_t)limits->charged_kib,
		"others_charged_kib", (json_int_t)limits->others_kib,
		"available_kib", (json_int_t)limits->available_kib, "cgroup",
		cgroup(limits));
}

static json_t *
pools(const struct host *host)
{
	json_t *list = json_array();
	const struct hugepage_pool *pool;
	unsigned int i;

	for (i = 0; i < host->pool_count; i++) {
		pool = &host->pools[i];
		json_array_append_new(list,
			json_pack("{so sI sI sI}", "numa_node",
				pool->node < 0 ? json_null()
					       : json_integer(pool->node),
				"size_kib", (json_int_t)pool->size_kib, "total",
				(json_int_t)pool->total, "free",
				(json_int_t)pool->free));
	}
	return list;
}

static json_t *
mounts(const struct host *host)
{
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i < host->mount_count; i++)
		json_array_append_new(list,
			json_pack("{so so}", "size_kib",
				host->mounts[i].mount.size_kib == 0
					? json_null()
					: json_integer(host->mounts[i]
							  .mount.size_kib),
				"node", node(&host->mounts[i].access)));
	return list;
}

static json_t *
plugin(const struct host *host)
{
	return json_pack("{ss so so ss so}", "dpdk", INFO_DPDK_RELEASE,
		"folder", text_or_null(host->plugin.folder), "path",
		text_or_null(host->plugin.path), "state",
		findings_plugin_state(host->plugin.state), "error",
		text_or_null(host->plugin.error));
}

static json_t *
host_object(const struct host *host)
{
	return json_pack("{so so s[oo] so so so so so so}", "kernel",
		kernel(host), "iommu", iommu(host), "nodes",
		node(&host->iommu_node), node(&host->container_node),
		"iommufd_calls", calls(host), "limits", limits_or_null(host),
		"hugepages", pools(host), "hugetlbfs", mounts(host), "plugin",
		plugin(host), "unseen", list_of_texts(&host->unseen));
}

/* --- devices ------------------------------------------------------------------------------- */

static json_t *
group(const struct device *device)
{
	json_t *members;
	unsigned int i;

	if (device->place.found.group < 0)
		return json_null();
	members = json_array();
	for (i = 0; i < device->member_count; i++)
		json_array_append_new(members,
			json_pack("{ss so sb}", "address",
				device->members[i].place.address, "driver",
				text_or_null(
					device->members[i].place.found.driver),
				"keeps_the_group",
				device->members[i].is_intruder));
	return json_pack("{si so so}", "number", device->place.found.group,
		"type", text_or_null(device->group_type), "members", members);
}

static json_t *
regions(const struct device *device)
{
	const struct reserved_region *region;
	json_t *list = json_array();
	char first[24], last[24];
	unsigned int i;

	for (i = 0; i < device->region_count; i++) {
		region = &device->regions[i];
		snprintf(first, sizeof(first), "%#" PRIx64, region->first);
		snprintf(last, sizeof(last), "%#" PRIx64, region->last);
		json_array_append_new(list,
			json_pack("{ss ss ss}", "first", first, "last", last,
				"type", region->type));
	}
	return list;
}

static json_t *
holder(const struct device *device)
{
	if (!device->is_held)
		return json_null();
	return json_pack("{si so ss}", "pid", (int)device->holder.pid,
		"program", text(device->holder.program), "node",
		device->held_by_node);
}

static json_t *
interfaces(const struct device *device)
{
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i < device->interface_count; i++)
		json_array_append_new(list, text(device->interfaces[i]));
	return list;
}

static json_t *
backend_or_null(const char *backend)
{
	return strcmp(backend, "none") == 0 ? json_null()
					    : text_or_null(backend);
}

static json_t *
start(const struct device *device)
{
	return json_pack("{ss so so}", "verdict",
		findings_verdict(&device->start), "backend",
		backend_or_null(device->start.backend), "reason",
		text(device->start.reason.text));
}

static json_t *
probed(const struct device *device)
{
	const struct probe *probe = &device->probe;

	if (probe->state == PROBE_NOT_DONE)
		return json_null();
	return json_pack("{sb so so}", "opened", probe->state == PROBE_DONE,
		"backend", backend_or_null(probe->backend), "reason",
		text(probe->reason.text));
}

static json_t *
device_object(const struct device *device)
{
	char class[8], id[12];
	json_t *object;

	snprintf(class, sizeof(class), "%06x", device->class);
	snprintf(id, sizeof(id), "%04x:%04x", device->vendor, device->id);
	object = json_pack("{ss ss ss so so sb sb sb}", "address",
		device->place.address, "class", class, "id", id, "driver",
		text_or_null(device->place.found.driver), "interfaces",
		interfaces(device), "is_vf", device->is_vf, "takes_vf_token",
		device->place.found.takes_vf_token, "without_iommu",
		device->place.found.noiommu);
	json_object_set_new(object, "group", group(device));
	json_object_set_new(object, "iommu",
		device->has_iommu ? unit(&device->iommu) : json_null());
	json_object_set_new(object, "cdev", node(&device->cdev));
	json_object_set_new(object, "group_node", node(&device->group_node));
	json_object_set_new(object, "pasid", seen_or_null(device->pasid));
	json_object_set_new(object, "ats", seen_or_null(device->ats));
	json_object_set_new(
		object, "page_requests", seen_or_null(device->page_requests));
	json_object_set_new(object, "map_file", seen_or_null(device->map_file));
	json_object_set_new(object, "dirty_tracking",
		seen_or_null(device->probe.dirty_tracking));
	json_object_set_new(object, "pasid_bits",
		device->probe.pasid_bits < 0
			? json_null()
			: json_integer(device->probe.pasid_bits));
	json_object_set_new(object, "reserved", regions(device));
	json_object_set_new(object, "held_by", holder(device));
	json_object_set_new(object, "start", start(device));
	json_object_set_new(object, "probe", probed(device));
	json_object_set_new(object, "unseen", list_of_texts(&device->unseen));
	return object;
}

/* --- the whole ----------------------------------------------------------------------------- */

static json_t *
diagnosis_object(const struct diagnosis *diagnosis)
{
	json_t *found = json_array();
	int i;

	for (i = 0; i < FINDINGS; i++)
		if (diagnosis->found[i])
			json_array_append_new(
				found, json_string(doctor_finding_names[i]));
	return json_pack("{so so so so}", "found", found, "sentences",
		list_of_texts(&diagnosis->sentences), "commands",
		list_of_texts(&diagnosis->commands), "hints",
		list_of_texts(&diagnosis->hints));
}

int
print_json(const struct findings *findings, FILE *stream)
{
	json_t *devices = json_array();
	const struct device *device;
	json_t *whole;
	int ret;

	TAILQ_FOREACH(device, &findings->devices, next)
		json_array_append_new(devices, device_object(device));
	whole = json_pack("{si ss s{so si sb} so so}", "schema", SCHEMA_VERSION,
		"version", INFO_VERSION, "user", "name",
		text(findings->user.name), "uid", (int)findings->user.uid,
		"is_root", findings->user.is_root, "host",
		host_object(&findings->host), "devices", devices);
	if (whole != NULL && findings->has_diagnosis)
		json_object_set_new(whole, "doctor",
			diagnosis_object(&findings->diagnosis));
	if (whole == NULL)
		return -1;
	ret = json_dumpf(whole, stream, JSON_INDENT(2));
	json_decref(whole);
	return ret != 0 || putc('\n', stream) == EOF ? -1 : 0;
}
