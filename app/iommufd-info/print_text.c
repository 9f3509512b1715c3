/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The findings for people; see print_text.h. */

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "findings.h"
#include "print_text.h"

enum colour {
	COLOUR_GOOD = 32,
	COLOUR_FAIR = 33,
	COLOUR_BAD = 31,
};

struct page {
	FILE *stream;
	bool coloured;
};

static void __attribute__((format(printf, 3, 4)))
print_coloured(
	const struct page *page, enum colour colour, const char *format, ...)
{
	va_list arguments;

	if (page->coloured)
		fprintf(page->stream, "\033[%dm", colour);
	va_start(arguments, format);
	vfprintf(page->stream, format, arguments);
	va_end(arguments);
	if (page->coloured)
		fputs("\033[0m", page->stream);
}

static void
print_label(const struct page *page, const char *label)
{
	fprintf(page->stream, "%-14s", label);
}

/* --- the machine ----------------------------------------------------------------------------- */

static void
print_kernel(const struct page *page, const struct host *host)
{
	unsigned int i;

	print_label(page, "kernel");
	fprintf(page->stream, "%s; ", host->system.release);
	print_coloured(page, host->has_iommufd ? COLOUR_GOOD : COLOUR_FAIR,
		host->has_iommufd ? "has IOMMUFD" : "has no IOMMUFD now");
	fprintf(page->stream, ", %s VFIO%s%s\n",
		host->has_vfio ? "has" : "has not loaded",
		host->iommu_words[0] == '\0' ? "" : "; parameters: ",
		host->iommu_words);
	if (host->config_file[0] == '\0')
		return;
	print_label(page, "  built with");
	for (i = 0; i < HOST_OPTIONS; i++)
		fprintf(page->stream, "%s%s=%s", i == 0 ? "" : " ",
			host->options[i].name + strlen("CONFIG_"),
			host->options[i].value);
	fputc('\n', page->stream);
}

static void
print_iommu(const struct page *page, const struct host *host)
{
	unsigned int i;

	print_label(page, "IOMMU");
	if (host->unit_count == 0)
		print_coloured(page, COLOUR_BAD, "none in use");
	for (i = 0; i < host->unit_count; i++)
		fprintf(page->stream, "%s%s%s%s", i == 0 ? "" : ", ",
			host->units[i].name,
			host->units[i].kind[0] == '\0' ? "" : " ",
			host->units[i].kind);
	if (host->firmware_table != NULL)
		fprintf(page->stream, "; firmware's table %s",
			host->firmware_table);
	fprintf(page->stream, "; interrupt remapping: %s\n",
		findings_switch(host->remaps_interrupts));
}

static void
print_calls(const struct page *page, const struct host *host)
{
	int i;

	if (!host->calls_are_known)
		return;
	print_label(page, "calls");
	for (i = 0; i < IOMMU_CALLS; i++)
		fprintf(page->stream, "%s%s%s", i == 0 ? "" : " ",
			host->calls[i] ? "" : "no-", host_call_names[i]);
	fputc('\n', page->stream);
}

static void
print_node(const struct page *page, const struct node_access *node)
{
	fprintf(page->stream, "%s ", node->path);
	if (node->state == NODE_ACCESSIBLE)
		print_coloured(page, COLOUR_GOOD, "accessible");
	else
		print_coloured(
			page, COLOUR_FAIR, "%s", findings_node_state(node));
	if (node->owner[0] != '\0')
		fprintf(page->stream, " (%s:%s %04o)", node->owner, node->group,
			node->mode);
}

static void
print_nodes(const struct page *page, const struct findings *findings)
{
	print_label(page, "nodes");
	fprintf(page->stream, "for %s: ", findings->user.name);
	print_node(page, &findings->host.iommu_node);
	fputs("; ", page->stream);
	print_node(page, &findings->host.container_node);
	fputc('\n', page->stream);
}

static void
print_hugepages(const struct page *page, const struct host *host)
{
	const struct hugepage_pool *pool;
	unsigned int i;

	print_label(page, "hugepages");
	if (hugepages_total_kib(host->pools, host->pool_count) == 0)
		print_coloured(page, COLOUR_BAD, "none; ");
	for (i = 0; i < host->pool_count; i++) {
		pool = &host->pools[i];
		if (pool->total == 0)
			continue;
		if (pool->node >= 0)
			fprintf(page->stream, "node %d: ", pool->node);
		fprintf(page->stream,
			"%" PRIu64 " of %" PRIu64 " KiB, %" PRIu64 " free; ",
			pool->total, pool->size_kib, pool->free);
	}
	for (i = 0; i < host->mount_count; i++) {
		fputs(i == 0 ? "" : ", ", page->stream);
		print_node(page, &host->mounts[i].access);
	}
	if (host->mount_count == 0)
		print_coloured(page, COLOUR_FAIR, "not mounted");
	fputc('\n', page->stream);
}

static void
print_memory(const struct page *page, const struct host *host)
{
	if (host->limits_are_of_user) {
		print_label(page, "locked memory");
		if (host->limits.unlimited ||
			host->limits.locked_kib == UINT64_MAX)
			fprintf(page->stream, "no limit%s\n",
				host->limits.unlimited ? " (CAP_IPC_LOCK)"
						       : "");
		else
			fprintf(page->stream,
				"at most %" PRIu64 " KiB, %" PRIu64
				" KiB are charged\n",
				host->limits.locked_kib,
				host->limits.charged_kib +
					host->limits.others_kib);
	}
	print_hugepages(page, host);
}

static void
print_plugin(const struct page *page, const struct plugin *plugin)
{
	print_label(page, "plugin");
	if (plugin->state == PLUGIN_LOADS)
		print_coloured(page, COLOUR_GOOD, "%s loads", plugin->path);
	else if (plugin->state == PLUGIN_BROKEN)
		print_coloured(page, COLOUR_BAD, "%s cannot be loaded: %s",
			plugin->path, plugin->error);
	else if (plugin->state == PLUGIN_UNTRIED)
		print_coloured(page, COLOUR_FAIR, "%s was not tried: %s",
			plugin->path, plugin->error);
	else if (plugin->state == PLUGIN_MISSING)
		print_coloured(page, COLOUR_FAIR, "not in %s", plugin->folder);
	else
		print_coloured(page, COLOUR_FAIR, "no plugin folder %s",
			plugin->folder);
	fprintf(page->stream, " (DPDK %s)\n", INFO_DPDK_RELEASE);
}

static void
print_unseen(const struct page *page, const struct texts *unseen)
{
	unsigned int i;

	for (i = 0; i < unseen->count; i++)
		fprintf(page->stream, "%-14s%s\n", i == 0 ? "not seen" : "",
			unseen->items[i]);
}

static void
print_host(const struct page *page, const struct findings *findings)
{
	const struct host *host = &findings->host;

	print_kernel(page, host);
	print_iommu(page, host);
	print_calls(page, host);
	print_nodes(page, findings);
	print_memory(page, host);
	print_plugin(page, &host->plugin);
	print_unseen(page, &host->unseen);
}

/* --- devices --------------------------------------------------------------------------------- */

static const char *
word_of(enum seen seen)
{
	static const char *const words[] = { "?", "no", "yes" };

	return words[seen];
}

static void
print_heading(const struct page *page)
{
	fprintf(page->stream,
		"\n%-13s %-12s %-14s %-9s %-8s %-5s %-5s %-5s %-8s %-5s %-8s %-16s %s\n",
		"device", "driver", "node", "group", "IOMMU", "PASID", "ATS",
		"PRI", "MAP_FILE", "dirty", "reserved", "held by",
		"a start of DPDK");
}

static const char *
last_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

static const char *
or_dash(const char *text)
{
	return text[0] == '\0' ? "-" : text;
}

static void
print_start(const struct page *page, const struct outlook *start)
{
	switch (start->verdict) {
	case CHOICE_WOULD_TRY:
		print_coloured(page,
			strcmp(start->backend, "iommufd") == 0 ? COLOUR_GOOD
							       : COLOUR_FAIR,
			"would try %s", start->backend);
		break;
	case CHOICE_LEFT_TO_STOCK:
		print_coloured(page, COLOUR_FAIR, "is left to DPDK's own code");
		break;
	case CHOICE_NOT_OF_VFIO:
		print_coloured(page, COLOUR_FAIR, "would not see it");
		break;
	case CHOICE_WOULD_FAIL:
		print_coloured(page, COLOUR_BAD, "would fail");
		break;
	}
	fprintf(page->stream, ": %s\n", start->reason.text);
}

/* "none", or how many of which kind matter: those of the firmware count most. */
static void
format_regions(const struct device *device, char *text, size_t size)
{
	unsigned int direct = 0;
	unsigned int i;

	for (i = 0; i < device->region_count; i++)
		if (strncmp(device->regions[i].type, "direct", 6) == 0)
			direct++;
	if (direct > 0)
		snprintf(text, size, "%u+%u", device->region_count - direct,
			direct);
	else
		snprintf(text, size, "%u", device->region_count);
}

static void
print_row(const struct page *page, const struct device *device)
{
	char group[24] = "-", holder[64] = "-", regions[24];

	if (device->place.found.group >= 0)
		snprintf(group, sizeof(group), "%d (%u)",
			device->place.found.group, device->member_count);
	if (device->is_held)
		snprintf(holder, sizeof(holder), "%d %.20s",
			(int)device->holder.pid, device->holder.program);
	format_regions(device, regions, sizeof(regions));
	fprintf(page->stream,
		"%-13s %-12s %-14s %-9s %-8s %-5s %-5s %-5s %-8s %-5s %-8s %-16s ",
		device->place.address, or_dash(device->place.found.driver),
		or_dash(last_name(device->cdev.path)), group,
		device->has_iommu ? device->iommu.name : "-",
		word_of(device->pasid), word_of(device->ats),
		word_of(device->page_requests), word_of(device->map_file),
		word_of(device->probe.dirty_tracking), regions, holder);
	print_start(page, &device->start);
}

static void
print_members(const struct page *page, const struct device *device)
{
	unsigned int i;

	for (i = 0; i < device->member_count; i++)
		fprintf(page->stream, "  %-12s%s bound to %s%s\n",
			i == 0 ? "members" : "",
			device->members[i].place.address,
			device->members[i].place.found.driver[0] == '\0'
				? "nothing"
				: device->members[i].place.found.driver,
			device->members[i].is_intruder
				? ", which keeps the group"
				: "");
}

static void
print_regions(const struct page *page, const struct device *device)
{
	unsigned int i;

	for (i = 0; i < device->region_count; i++)
		fprintf(page->stream, "  %-12s%#" PRIx64 "-%#" PRIx64 " %s\n",
			i == 0 ? "reserved" : "", device->regions[i].first,
			device->regions[i].last, device->regions[i].type);
}

static void
print_probe(const struct page *page, const struct device *device)
{
	const struct probe *probe = &device->probe;

	if (probe->state == PROBE_NOT_DONE)
		return;
	fprintf(page->stream, "  %-12s", "probed");
	if (probe->state == PROBE_DONE)
		print_coloured(page, COLOUR_GOOD, "opened by backend %s",
			probe->backend);
	else
		print_coloured(page, COLOUR_BAD, "cannot be opened");
	fprintf(page->stream, ": %s", probe->reason.text);
	if (probe->pasid_bits >= 0)
		fprintf(page->stream, "; PASIDs of %d bits", probe->pasid_bits);
	fputc('\n', page->stream);
}

static void
print_details(const struct page *page, const struct device *device)
{
	unsigned int i;

	print_members(page, device);
	print_regions(page, device);
	if (device->cdev.path[0] != '\0') {
		fprintf(page->stream, "  %-12s", "node");
		print_node(page, &device->cdev);
		fputc('\n', page->stream);
	}
	if (device->group_node.path[0] != '\0') {
		fprintf(page->stream, "  %-12s", "group node");
		print_node(page, &device->group_node);
		fputc('\n', page->stream);
	}
	print_probe(page, device);
	for (i = 0; i < device->unseen.count; i++)
		fprintf(page->stream, "  %-12s%s\n", i == 0 ? "not seen" : "",
			device->unseen.items[i]);
}

static bool
has_anything_unseen(const struct device_list *devices)
{
	const struct device *device;

	TAILQ_FOREACH(device, devices, next)
		if (device->unseen.count > 0)
			return true;
	return false;
}

static void
print_devices(
	const struct page *page, const struct findings *findings, bool verbose)
{
	const struct device *device;

	if (TAILQ_EMPTY(&findings->devices)) {
		fputs("\nno device here that DPDK could use (--all shows all)\n",
			page->stream);
		return;
	}
	print_heading(page);
	TAILQ_FOREACH(device, &findings->devices, next) {
		print_row(page, device);
		if (verbose)
			print_details(page, device);
	}
	if (!verbose && has_anything_unseen(&findings->devices))
		fputs("\n?: not seen; --verbose says why, and tells more of each device\n",
			page->stream);
}

/* --- the doctor ------------------------------------------------------------------------------ */

static void
print_diagnosis(const struct page *page, const struct findings *findings)
{
	const struct diagnosis *diagnosis = &findings->diagnosis;
	const struct device *device = TAILQ_FIRST(&findings->devices);
	unsigned int i;

	fprintf(page->stream, "%s, for %s: ", device->place.address,
		findings->user.name);
	if (doctor_found_nothing(diagnosis))
		print_coloured(
			page, COLOUR_GOOD, "nothing was found to repair");
	else
		print_coloured(page, COLOUR_BAD, "%u thing%s to repair",
			diagnosis->sentences.count,
			diagnosis->sentences.count == 1 ? "" : "s");
	fputs("\na start of DPDK ", page->stream);
	print_start(page, &device->start);
	for (i = 0; i < diagnosis->sentences.count; i++)
		fprintf(page->stream, "\n- %s\n",
			diagnosis->sentences.items[i]);
	for (i = 0; i < diagnosis->hints.count; i++)
		fprintf(page->stream, "\n(%s)\n", diagnosis->hints.items[i]);
	print_unseen(page, &device->unseen);
	print_unseen(page, &findings->host.unseen);
	if (diagnosis->commands.count == 0)
		return;
	fputs("\nAs root, in this order:\n\n", page->stream);
	for (i = 0; i < diagnosis->commands.count; i++)
		fprintf(page->stream, "  %u. %s\n", i + 1,
			diagnosis->commands.items[i]);
}

void
print_text(const struct findings *findings, bool verbose, FILE *stream)
{
	const struct page page = {
		.stream = stream,
		.coloured = isatty(fileno(stream)) &&
			getenv("NO_COLOR") == NULL,
	};

	if (findings->has_diagnosis) {
		print_diagnosis(&page, findings);
		return;
	}
	print_host(&page, findings);
	print_devices(&page, findings, verbose);
}
