/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The devices; see pci_devices.h. */

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pci_devices.h"
#include "host.h"
#include "kernel/cdev_owner.h"
#include "kernel/pci_config.h"
#include "options.h"
#include "probe.h"
#include "rte_iommufd.h"
#include "user.h"

/* The same rule as in the PCI bus. */
static const char *
pci_folder(void)
{
	const char *folder = secure_getenv("SYSFS_PCI_DEVICES");

	return folder == NULL ? "/sys/bus/pci/devices" : folder;
}

static unsigned int
read_hex(const char *folder, const char *name)
{
	unsigned int value = 0;
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	if (fscanf(file, "%x", &value) != 1)
		value = 0;
	fclose(file);
	return value;
}

static int
is_entry(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void
add_interface(struct device *device, const char *folder, const char *name)
{
	char path[PATH_MAX];

	if (device->interface_count < DEVICE_INTERFACES_MAX)
		snprintf(device->interfaces[device->interface_count++],
			sizeof(device->interfaces[0]), "%s", name);
	/* IFF_UP of linux/if.h */
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if ((read_hex(path, "flags") & 1) != 0)
		device->interface_is_up = true;
}

/* virtio's are below another folder: net/NAME or virtioN/net/NAME. */
static void
look_for_interfaces(struct device *device, const char *folder, bool deeper)
{
	char path[PATH_MAX];
	struct dirent **names;
	int found, i;

	snprintf(path, sizeof(path), "%s/net", folder);
	found = scandir(path, &names, is_entry, alphasort);
	for (i = 0; i < found; i++) {
		add_interface(device, path, names[i]->d_name);
		free(names[i]);
	}
	if (found >= 0)
		free(names);
	if (!deeper)
		return;
	found = scandir(folder, &names, is_entry, alphasort);
	for (i = 0; i < found; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
		if (strncmp(names[i]->d_name, "virtio", 6) == 0)
			look_for_interfaces(device, path, false);
		free(names[i]);
	}
	if (found >= 0)
		free(names);
}

static void
look_at_members(struct device *device)
{
	char folder[PATH_MAX];
	char path[PATH_MAX];
	struct dirent **names;
	struct member *member;
	int found, i;

	snprintf(folder, sizeof(folder), "%s/iommu_group/devices",
		device->place.path);
	found = scandir(folder, &names, is_entry, versionsort);
	for (i = 0; i < found; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
		member = &device->members[device->member_count];
		if (device->member_count < DEVICE_MEMBERS_MAX &&
			sysfs_device_find(path, &member->place) == 0) {
			member->class = read_hex(path, "class");
			member->is_intruder = sysfs_device_is_intruder(
				&member->place);
			device->member_count++;
		}
		free(names[i]);
	}
	if (found >= 0)
		free(names);
}

static void
look_at_isolation(struct device *device)
{
	look_at_members(device);
	iommu_unit_group_type(device->place.path, device->group_type,
		sizeof(device->group_type));
	device->has_iommu = iommu_unit_of(device->place.path, &device->iommu);
	device->region_count = reserved_regions_read(
		device->place.path, device->regions, DEVICE_REGIONS_MAX);
}

static enum seen
look_for_capability(const struct device *device, unsigned int capability)
{
	switch (pci_config_has(device->place.path, capability)) {
	case 1:
		return SEEN_PRESENT;
	case 0:
		return SEEN_ABSENT;
	default:
		return SEEN_NOT;
	}
}

static void
look_at_capabilities(struct device *device)
{
	device->is_vf = pci_config_is_vf(device->place.path);
	device->pasid = look_for_capability(device, PCI_CONFIG_PASID);
	device->ats = look_for_capability(device, PCI_CONFIG_ATS);
	device->page_requests = look_for_capability(
		device, PCI_CONFIG_PAGE_REQUESTS);
	if (device->pasid == SEEN_NOT || device->ats == SEEN_NOT ||
		device->page_requests == SEEN_NOT)
		texts_add(&device->unseen,
			"PASID, ATS and page requests: the kernel shows the whole configuration space to root only");
}

/* Through its own node, by its group, or as another member of the group. */
static void
look_for_holder(struct device *device)
{
	struct sysfs_device member;

	if (device->place.found.group >= 0)
		sysfs_device_group_node(&device->place, device->held_by_node,
			sizeof(device->held_by_node));
	device->is_held = device->held_by_node[0] != '\0' &&
		node_owner_find(device->held_by_node, &device->holder);
	if (!device->is_held &&
		cdev_owner_find_member(
			&device->place, &member, &device->holder)) {
		sysfs_device_cdev_node(&member, device->held_by_node,
			sizeof(device->held_by_node));
		device->is_held = true;
	}
	if (!device->is_held && geteuid() != 0 &&
		sysfs_device_is_of_vfio(&device->place))
		texts_add(&device->unseen,
			"whether a program of another user has it: only root sees the open files of all");
}

static void
look_at_nodes(struct device *device)
{
	char node[PATH_MAX];

	if (device->place.found.cdev[0] != '\0') {
		sysfs_device_cdev_node(&device->place, node, sizeof(node));
		node_access_read(node, &device->cdev);
	}
	if (device->place.found.group >= 0 &&
		sysfs_device_is_of_vfio(&device->place)) {
		sysfs_device_group_node(&device->place, node, sizeof(node));
		node_access_read(node, &device->group_node);
	}
}

/* The library's own choice, with the settings of the environment. */
static void
foresee(const struct sysfs_device *place, struct outlook *start)
{
	struct rte_iommufd_context *context;

	*start = (struct outlook){ CHOICE_WOULD_FAIL, "none",
		{ "the settings in RTE_IOMMUFD are wrong" } };
	if (rte_iommufd_context_create(NULL, &context) != 0)
		return;
	choice_foresee(context, place, &start->verdict);
	snprintf(start->backend, sizeof(start->backend), "%s",
		rte_iommufd_context_backend(context));
	snprintf(start->reason.text, sizeof(start->reason.text), "%s",
		rte_iommufd_context_reason(context));
	rte_iommufd_context_destroy(context);
}

/*
 * The user's rights decide. But root sees more of what prevents a start whoever it is: so where
 * the user seems to get the device, root has to find nothing, either.
 */
static void
foresee_as(const struct user *user, struct device *device)
{
	struct outlook as_caller;

	foresee(&device->place, &as_caller);
	device->start = as_caller;
	if (user_enter(user) != 0)
		return;
	look_at_nodes(device);
	if (!user->is_caller)
		foresee(&device->place, &device->start);
	user_leave(user);
	if (as_caller.verdict == CHOICE_WOULD_FAIL &&
		device->start.verdict != CHOICE_WOULD_FAIL)
		device->start = as_caller;
}

static void
decide_map_file(const struct host *host, struct device *device)
{
	if (device->start.verdict == CHOICE_WOULD_TRY &&
		strcmp(device->start.backend, "iommufd") != 0)
		device->map_file = SEEN_ABSENT;
	else if (host->calls_are_known)
		device->map_file = host->calls[IOMMU_CALL_IOAS_MAP_FILE]
			? SEEN_PRESENT
			: SEEN_ABSENT;
	else if (!host->has_iommufd)
		device->map_file = SEEN_ABSENT;
}

static void
say_what_only_a_bind_shows(struct device *device, bool probed)
{
	if (device->start.verdict == CHOICE_WOULD_TRY && !probed)
		texts_add(&device->unseen,
			"dirty tracking, the width of PASIDs, and whether the kernel binds it: --probe tells");
	else if (device->probe.state == PROBE_DONE)
		texts_add(&device->unseen,
			"dirty tracking and the width of PASIDs: only IOMMUFD tells");
	else
		texts_add(&device->unseen,
			"dirty tracking and the width of PASIDs: only a device that can be bound to IOMMUFD shows them");
}

static void
look_at(struct device *device, const struct options *options,
	const struct user *user, const struct host *host)
{
	device->class = read_hex(device->place.path, "class");
	device->vendor = read_hex(device->place.path, "vendor");
	device->id = read_hex(device->place.path, "device");
	look_for_interfaces(device, device->place.path, true);
	look_at_isolation(device);
	look_at_capabilities(device);
	look_for_holder(device);
	foresee_as(user, device);
	decide_map_file(host, device);
	device->probe.pasid_bits = -1;
	if (options->probe)
		probe_device(device);
	if (device->probe.pasid_bits < 0)
		say_what_only_a_bind_shows(device, options->probe);
}

/* Network, processing accelerators, encryption; and whatever VFIO has. */
static bool
is_fit(const struct device *device)
{
	const unsigned int class = read_hex(device->place.path, "class") >> 16;

	return class == 0x02 || class == 0x0b || class == 0x10 ||
		class == 0x12 || sysfs_device_is_of_vfio(&device->place);
}

static struct device *
device_make(const char *path)
{
	struct device *device = calloc(1, sizeof(*device));

	if (device == NULL)
		err(EXIT_FAILURE, "device");
	if (sysfs_device_find(path, &device->place) == 0)
		return device;
	free(device);
	return NULL;
}

static void
look_at_all(const struct options *options, const struct user *user,
	const struct host *host, struct device_list *devices)
{
	char path[PATH_MAX];
	struct dirent **names;
	struct device *device;
	int found = scandir(pci_folder(), &names, is_entry, versionsort);
	int i;

	for (i = 0; i < found; i++) {
		snprintf(path, sizeof(path), "%s/%s", pci_folder(),
			names[i]->d_name);
		free(names[i]);
		device = device_make(path);
		if (device == NULL)
			continue;
		if (!options->all && !is_fit(device)) {
			free(device);
			continue;
		}
		look_at(device, options, user, host);
		TAILQ_INSERT_TAIL(devices, device, next);
	}
	if (found >= 0)
		free(names);
}

static int
look_at_one(const char *name, const struct options *options,
	const struct user *user, const struct host *host,
	struct device_list *devices)
{
	struct device *device;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", pci_folder(), name);
	device = device_make(path);
	if (device == NULL)
		return -ENODEV;
	look_at(device, options, user, host);
	TAILQ_INSERT_TAIL(devices, device, next);
	return 0;
}

int
devices_look(const struct options *options, const struct user *user,
	const struct host *host, struct device_list *devices, char *problem,
	size_t problem_size)
{
	const char *name = options->doctor;
	unsigned int i;
	int ret = 0;

	TAILQ_INIT(devices);
	if (options->doctor[0] != '\0')
		ret = look_at_one(name, options, user, host, devices);
	else if (options->device_count == 0)
		look_at_all(options, user, host, devices);
	for (i = 0; i < options->device_count && ret == 0; i++) {
		name = options->devices[i];
		ret = look_at_one(name, options, user, host, devices);
	}
	if (ret != 0)
		snprintf(problem, problem_size,
			"%s: there is no such PCI device (\"dpdk-iommufd-info --all\" lists them)",
			name);
	return ret;
}

void
devices_forget(struct device_list *devices)
{
	struct device *device;

	while ((device = TAILQ_FIRST(devices)) != NULL) {
		TAILQ_REMOVE(devices, device, next);
		texts_clear(&device->unseen);
		free(device);
	}
}
