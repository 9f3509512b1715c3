/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Contexts: settings, and the choice of a backend and its reason.
 *
 * The choice is made when the first device asks, because only then it can be
 * known whether the device has a node of its own; it never changes. A backend is
 * tried in the order of preference, and what was wrong with the better one
 * becomes the reason for the next.
 *
 * Must not know: how a backend does its work, EAL memory, the seam.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/vfio.h>

#include "backend/backend.h"
#include "core/context.h"
#include "kernel/kernel.h"
#include "util/log.h"

const struct backend backend_stock = { .name = "stock" };

static struct {
	pthread_mutex_t lock;
	struct rte_iommufd_context *context;
	char *settings; /* by rte_iommufd_configure(), else NULL */
} process = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int
read_settings(const char *text, struct settings *settings)
{
	char problem[256];
	int ret = settings_parse(text, settings, problem, sizeof(problem));

	if (ret != 0)
		IOMMUFD_LOG(ERR, SETTINGS_VARIABLE ": %s", problem);
	return ret;
}

static int
create(const struct settings *settings, struct rte_iommufd_context **context)
{
	struct rte_iommufd_context *made = calloc(1, sizeof(*made));

	if (made == NULL) {
		IOMMUFD_LOG(ERR, "no memory for a context");
		return -ENOMEM;
	}
	pthread_mutex_init(&made->lock, NULL);
	made->settings = *settings;
	made->iommu_fd = -1;
	TAILQ_INIT(&made->devices);
	TAILQ_INIT(&made->groups);
	*context = made;
	return 0;
}

/*
 * process.lock is held. A program with more rights than its user (AT_SECURE) takes no
 * settings from that user's environment.
 */
static const char *
process_settings(void)
{
	return process.settings != NULL ? process.settings
					: secure_getenv(SETTINGS_VARIABLE);
}

static int
configure_locked(const char *text)
{
	struct settings settings;
	char *copy;
	int ret;

	ret = read_settings(text, &settings);
	if (ret != 0)
		return ret;
	if (process.context != NULL && process.context->backend != NULL) {
		IOMMUFD_LOG(ERR,
			"settings come too late, backend %s is in use: call rte_iommufd_configure() before rte_eal_init()",
			process.context->backend->name);
		return -EBUSY;
	}
	copy = strdup(text == NULL ? "" : text);
	if (copy == NULL) {
		IOMMUFD_LOG(ERR, "no memory for settings");
		return -ENOMEM;
	}
	free(process.settings);
	process.settings = copy;
	if (process.context != NULL)
		process.context->settings = settings;
	return 0;
}

int
rte_iommufd_configure(const char *settings)
{
	int ret;

	pthread_mutex_lock(&process.lock);
	ret = configure_locked(settings);
	pthread_mutex_unlock(&process.lock);
	return ret;
}

int
rte_iommufd_context_default(struct rte_iommufd_context **context)
{
	struct settings settings;
	int ret = 0;

	pthread_mutex_lock(&process.lock);
	if (process.context == NULL) {
		ret = read_settings(process_settings(), &settings);
		if (ret == 0)
			ret = create(&settings, &process.context);
	}
	*context = process.context;
	pthread_mutex_unlock(&process.lock);
	return ret;
}

/* The process's settings; what its context has chosen already is chosen here. */
static int
read_process_settings(struct settings *settings)
{
	const struct backend *chosen = NULL;
	int ret = read_settings(process_settings(), settings);

	if (process.context != NULL)
		chosen = process.context->backend;
	if (ret != 0 || chosen == NULL)
		return ret;
	if (chosen == &backend_stock)
		settings->backend = SETTINGS_BACKEND_STOCK;
	else if (chosen == &backend_iommufd)
		settings->backend = SETTINGS_BACKEND_IOMMUFD;
	else if (chosen->unsafe)
		settings->backend = SETTINGS_BACKEND_AUTO;
	else
		settings->backend = SETTINGS_BACKEND_TYPE1;
	return 0;
}

int
rte_iommufd_context_create(
	const char *settings, struct rte_iommufd_context **context)
{
	struct settings parsed;
	int ret;

	pthread_mutex_lock(&process.lock);
	ret = settings == NULL ? read_process_settings(&parsed)
			       : read_settings(settings, &parsed);
	pthread_mutex_unlock(&process.lock);
	return ret != 0 ? ret : create(&parsed, context);
}

int
rte_iommufd_context_destroy(struct rte_iommufd_context *context)
{
	if (context == NULL)
		return 0;
	if (context->spaces != 0 || !TAILQ_EMPTY(&context->devices)) {
		IOMMUFD_LOG(ERR,
			"a context cannot end with devices or spaces in it");
		return -EBUSY;
	}
	if (context->iommu_fd >= 0)
		kernel_close(context->iommu_fd);
	pthread_mutex_destroy(&context->lock);
	free(context);
	return 0;
}

/*
 * The device's side of IOMMUFD: a node of its own that can be opened. Without a
 * device, what the others show.
 */
static int
try_device_node(const struct sysfs_device *place, struct explanation *why)
{
	char node[PATH_MAX];
	int fd;

	if (place == NULL ? sysfs_device_kernel_lacks_cdevs()
			  : place->found.cdev[0] == '\0') {
		snprintf(why->text, sizeof(why->text),
			"this kernel gives VFIO devices no node of their own (CONFIG_VFIO_DEVICE_CDEV, Linux 6.6)");
		return -ENODEV;
	}
	if (place == NULL)
		return 0;
	sysfs_device_cdev_node(place, node, sizeof(node));
	fd = kernel_open(node);
	if (fd < 0) {
		explain_device_node(why, node, fd);
		return fd;
	}
	kernel_close(fd);
	return 0;
}

static int
try_iommufd(struct rte_iommufd_context *context,
	const struct sysfs_device *place, struct explanation *why)
{
	int fd = kernel_open("/dev/iommu");
	int ret;

	if (fd < 0) {
		explain_iommu_node(why, fd);
		return fd;
	}
	ret = try_device_node(place, why);
	if (ret != 0) {
		kernel_close(fd);
		return ret;
	}
	context->iommu_fd = fd;
	context->backend = &backend_iommufd;
	return 0;
}

/* Which type1 the kernel's container knows: v2 forbids to split mappings. */
static int
probe_container(const struct backend **backend, struct explanation *why)
{
	int fd = kernel_open("/dev/vfio/vfio");
	int ret = 0;

	if (fd < 0) {
		explain_container_node(why, fd);
		return fd;
	}
	if (kernel_container_api_version(fd) != VFIO_API_VERSION) {
		snprintf(why->text, sizeof(why->text),
			"/dev/vfio/vfio speaks an unknown version of VFIO");
		ret = -ENODEV;
	} else if (kernel_container_has_extension(fd, VFIO_TYPE1v2_IOMMU) > 0) {
		*backend = &backend_type1v2;
	} else if (kernel_container_has_extension(fd, VFIO_TYPE1_IOMMU) > 0) {
		*backend = &backend_type1;
	} else {
		snprintf(why->text, sizeof(why->text),
			"/dev/vfio/vfio offers no type1 IOMMU (modprobe vfio_iommu_type1)");
		ret = -EOPNOTSUPP;
	}
	kernel_close(fd);
	return ret;
}

static int
try_type1(struct rte_iommufd_context *context, struct explanation *why)
{
	const struct backend *backend = NULL;
	int ret = probe_container(&backend, why);

	if (ret == 0)
		context->backend = backend;
	return ret;
}

static void
give_reason(struct rte_iommufd_context *context, const char *reason)
{
	snprintf(context->reason.text, sizeof(context->reason.text), "%s",
		reason);
}

static int
leave_to_stock(struct rte_iommufd_context *context, const char *reason)
{
	context->backend = &backend_stock;
	give_reason(context, reason);
	return 0;
}

/* The one backend that the settings ask for: tried says whether it can be had. */
static int
settle_asked_for(struct rte_iommufd_context *context, const char *name,
	const char *subject, int tried, const struct explanation *why)
{
	if (tried == 0) {
		give_reason(context, "asked for by the settings");
		return 0;
	}
	context->reason = *why;
	IOMMUFD_LOG(ERR, "%s: backend %s was asked for, but %s", subject, name,
		why->text);
	return -ENXIO;
}

static int
choose_iommufd(struct rte_iommufd_context *context,
	const struct sysfs_device *place, const char *subject)
{
	struct explanation why;
	int tried = try_iommufd(context, place, &why);

	return settle_asked_for(context, "iommufd", subject, tried, &why);
}

static int
choose_type1(struct rte_iommufd_context *context, const char *subject)
{
	struct explanation why;
	int tried = try_type1(context, &why);

	return settle_asked_for(context, "type1", subject, tried, &why);
}

static int
choose_auto(struct rte_iommufd_context *context,
	const struct sysfs_device *place, const char *subject)
{
	struct explanation why_not_iommufd, why_not_type1;
	int ret;

	if (try_iommufd(context, place, &why_not_iommufd) == 0) {
		give_reason(context, "the kernel and the device have it");
		return 0;
	}
	ret = try_type1(context, &why_not_type1);
	if (ret == 0) {
		context->reason = why_not_iommufd;
		return 0;
	}
	/* POWER's IOMMUs have an interface of their own, which DPDK speaks. */
	if (ret == -EOPNOTSUPP)
		return leave_to_stock(context, why_not_type1.text);
	context->reason = why_not_iommufd;
	IOMMUFD_LOG(ERR,
		"%s: neither IOMMUFD nor legacy containers can be used: %s; %s",
		subject, why_not_iommufd.text, why_not_type1.text);
	return -ENXIO;
}

/*
 * A device gets here only when the kernel's unsafe switch is on. By its own node (Linux
 * 7.3) its memory is pinned at least; by its group not even that.
 */
static int
choose_noiommu(
	struct rte_iommufd_context *context, const struct sysfs_device *place)
{
	struct explanation why;

	if (place == NULL || !place->noiommu) {
		IOMMUFD_LOG(ERR,
			"%s: backend noiommu was asked for, but this is not a device without an IOMMU: use RTE_IOMMUFD=backend=auto",
			place == NULL ? "any device" : place->address);
		return -ENXIO;
	}
	give_reason(context,
		"UNSAFE: no IOMMU keeps this device from reading and writing all of the machine's memory (enable_unsafe_noiommu_mode is on)");
	if (place->found.cdev[0] != '\0' &&
		try_iommufd(context, place, &why) == 0) {
		context->backend = &backend_noiommu_cdev;
		return 0;
	}
	if (place->found.group < 0) {
		context->reason = why;
		IOMMUFD_LOG(ERR, "%s: %s", place->address, why.text);
		return -ENXIO;
	}
	context->backend = &backend_noiommu_group;
	return 0;
}

static int
choose(struct rte_iommufd_context *context, const struct sysfs_device *place)
{
	const char *subject = place == NULL ? "any device" : place->address;

	switch (context->settings.backend) {
	case SETTINGS_BACKEND_STOCK:
		return leave_to_stock(context, "asked for by the settings");
	case SETTINGS_BACKEND_IOMMUFD:
		return choose_iommufd(context, place, subject);
	case SETTINGS_BACKEND_TYPE1:
		return choose_type1(context, subject);
	case SETTINGS_BACKEND_NOIOMMU:
		return choose_noiommu(context, place);
	case SETTINGS_BACKEND_AUTO:
		break;
	}
	if (place != NULL && place->noiommu)
		return choose_noiommu(context, place);
	return choose_auto(context, place, subject);
}

static void
say_choice(const struct rte_iommufd_context *context,
	const struct sysfs_device *place)
{
	rte_log(context->backend->unsafe ? RTE_LOG_WARNING : RTE_LOG_INFO,
		iommufd_logtype, "IOMMUFD: %s%sbackend %s: %s\n",
		place == NULL ? "" : place->address, place == NULL ? "" : ": ",
		context->backend->name, context->reason.text);
}

/* What devices with an IOMMU are promised is not for one without. */
static int
refuse_unsafe(const struct rte_iommufd_context *context,
	const struct sysfs_device *place)
{
	if (place == NULL || !place->noiommu || context->backend->unsafe)
		return 0;
	IOMMUFD_LOG(ERR,
		"%s: it has no IOMMU, but backend %s is in use: give it a process of its own, with RTE_IOMMUFD=backend=noiommu",
		place->address, context->backend->name);
	return -ENXIO;
}

int
context_choose_locked(
	struct rte_iommufd_context *context, const struct sysfs_device *place)
{
	int ret;

	if (context->backend == NULL) {
		ret = choose(context, place);
		if (ret != 0)
			return ret;
		say_choice(context, place);
	}
	if (context->backend == &backend_stock)
		return -EOPNOTSUPP;
	return refuse_unsafe(context, place);
}

int
rte_iommufd_context_choose(
	struct rte_iommufd_context *context, const char *device_path)
{
	struct sysfs_device place;
	int ret;

	if (device_path != NULL) {
		ret = sysfs_device_find(device_path, &place);
		if (ret != 0) {
			IOMMUFD_LOG(ERR, "%s: there is no such device",
				device_path);
			return -ENODEV;
		}
	}
	pthread_mutex_lock(&context->lock);
	ret = context_choose_locked(
		context, device_path == NULL ? NULL : &place);
	pthread_mutex_unlock(&context->lock);
	return ret;
}

const char *
rte_iommufd_context_backend(const struct rte_iommufd_context *context)
{
	if (context->backend != NULL)
		return context->backend->name;
	if (context->settings.backend == SETTINGS_BACKEND_STOCK)
		return backend_stock.name;
	return "none";
}

bool
rte_iommufd_context_is_per_device(const struct rte_iommufd_context *context)
{
	return context->settings.ioas == SETTINGS_IOAS_PER_DEVICE;
}

const char *
rte_iommufd_context_reason(const struct rte_iommufd_context *context)
{
	return context->reason.text;
}
