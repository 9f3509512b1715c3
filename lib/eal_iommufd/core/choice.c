/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The choice of a backend and its reason.
 *
 * With backend=auto, what the first device really takes decides: it is opened by IOMMUFD,
 * which includes that it is bound, and attached for a moment. Where the kernel refuses one
 * of these, the same is tried with a legacy container, and what was wrong with IOMMUFD
 * becomes the reason. A device that could not be opened decides nothing. Once a device or
 * an address space has the backend, it never changes.
 *
 * No attempt has less safety than the one before: a VF token is given in each.
 *
 * Must not know: how a backend does its work, EAL memory, the bus plugin.
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <linux/vfio.h>

#include "backend/backend.h"
#include "backend/cdev.h"
#include "backend/iommu_node.h"
#include "core/choice.h"
#include "core/inventory.h"
#include "core/obstacles.h"
#include "kernel/cdev_owner.h"
#include "kernel/kernel.h"
#include "util/log.h"

const struct backend backend_stock = { .name = "stock" };

/* The result of an attempt to use a device with one backend. */
enum attempt {
	ATTEMPT_SUCCEEDED, /* the context has the backend, and the device is open */
	ATTEMPT_REFUSED, /* another backend may succeed */
	ATTEMPT_USELESS, /* refused for a reason that holds for every backend */
	ATTEMPT_UNKNOWN, /* an IOMMU interface that only DPDK's own code knows */
};

/* The device is NULL, or only its place is read, when the choice is made without one. */
static const char *
choice_name_of(const struct rte_iommufd_device *device)
{
	return device == NULL ? "any device" : device->place.address;
}

static void
choice_give_reason(struct rte_iommufd_context *context, const char *reason)
{
	snprintf(context->reason.text, sizeof(context->reason.text), "%s",
		reason);
}

/* A foresight is only returned: see choice_foresee(). */
static void
choice_log(const struct rte_iommufd_context *context,
	const struct rte_iommufd_device *device)
{
	if (context->foresees)
		return;
	rte_log(context->backend->unsafe ? RTE_LOG_WARNING : RTE_LOG_INFO,
		iommufd_logtype, "IOMMUFD: %s%sbackend %s: %s\n",
		device == NULL ? "" : device->place.address,
		device == NULL ? "" : ": ", context->backend->name,
		context->reason.text);
}

/*
 * The one line of a device, or a choice, that fails. It is the reason that a foresight
 * returns.
 */
static void __attribute__((format(printf, 3, 4)))
choice_log_error(struct rte_iommufd_context *context,
	const struct rte_iommufd_device *device, const char *format, ...)
{
	char text[2 * sizeof(struct explanation)];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (context->foresees)
		choice_give_reason(context, text);
	else
		IOMMUFD_LOG(ERR, "%s: %s", choice_name_of(device), text);
}

static void
forget_choice(struct rte_iommufd_context *context)
{
	if (context->iommu_fd >= 0)
		kernel_close(context->iommu_fd);
	context->iommu_fd = -1;
	context->backend = NULL;
}

static int
leave_to_stock(struct rte_iommufd_context *context,
	const struct rte_iommufd_device *device, const char *reason)
{
	context->backend = &backend_stock;
	choice_give_reason(context, reason);
	choice_log(context, device);
	return -EOPNOTSUPP;
}

/* A node of its own that can be opened. Without a device, what the others show. */
static int
check_cdev(const struct rte_iommufd_device *device, struct explanation *why)
{
	int fd;

	if (device != NULL && device->place.found.cdev[0] == '\0' &&
		strstr(device->place.found.driver, "vfio") == NULL) {
		snprintf(why->text, sizeof(why->text),
			"its driver, %s, has made no node under /dev/vfio/devices for it, as VFIO drivers do",
			device->place.found.driver);
		return -ENODEV;
	}
	if (device == NULL ? sysfs_device_kernel_lacks_cdevs()
			   : device->place.found.cdev[0] == '\0') {
		snprintf(why->text, sizeof(why->text),
			"this kernel gives VFIO devices no node of their own (CONFIG_VFIO_DEVICE_CDEV, Linux 6.6)");
		return -ENODEV;
	}
	if (device == NULL)
		return 0;
	fd = cdev_open(&device->place, why);
	if (fd < 0)
		return fd;
	kernel_close(fd);
	return 0;
}

/* Both nodes of IOMMUFD can be opened: then the context has /dev/iommu. */
static int
take_iommufd(struct rte_iommufd_context *context,
	const struct rte_iommufd_device *device, const struct backend *backend,
	struct explanation *why)
{
	int fd = iommu_node_open(
		context->settings.rlimit, &context->charges_process, why);
	int ret;

	if (fd < 0)
		return fd;
	ret = check_cdev(device, why);
	if (ret != 0) {
		kernel_close(fd);
		return ret;
	}
	context->iommu_fd = fd;
	context->backend = backend;
	return 0;
}

/* Which type1 the kernel's container knows: v2 forbids to split mappings. */
static int
take_type1(struct rte_iommufd_context *context, struct explanation *why)
{
	int fd = kernel_open("/dev/vfio/vfio");
	int ret = 0;

	if (fd < 0) {
		explain_container_node(why, fd);
		return fd == -EOPNOTSUPP ? -ENODEV : fd;
	}
	if (kernel_container_api_version(fd) != VFIO_API_VERSION) {
		snprintf(why->text, sizeof(why->text),
			"/dev/vfio/vfio speaks an unknown version of VFIO");
		ret = -ENODEV;
	} else if (kernel_container_has_extension(fd, VFIO_TYPE1v2_IOMMU) > 0) {
		context->backend = &backend_type1v2;
	} else if (kernel_container_has_extension(fd, VFIO_TYPE1_IOMMU) > 0) {
		context->backend = &backend_type1;
	} else {
		snprintf(why->text, sizeof(why->text),
			"/dev/vfio/vfio offers no type1 IOMMU (modprobe vfio_iommu_type1)");
		ret = -EOPNOTSUPP;
	}
	kernel_close(fd);
	return ret;
}

/*
 * Opens the device with the backend that the context has now. For a foresight it is looked
 * for what would prevent that.
 */
static int
choice_open(struct rte_iommufd_context *context,
	struct rte_iommufd_device *device, struct explanation *why)
{
	if (!context->foresees)
		return context->backend->device_open(device, why);
	return context->backend == &backend_iommufd ||
			context->backend == &backend_noiommu_cdev
		? obstacles_to_bind(&device->place, why)
		: obstacles_to_container(&device->place, why);
}

/* The device is open by the backend that the context has now, and could be attached. */
static int
choice_open_and_try(struct rte_iommufd_context *context,
	struct rte_iommufd_device *device, struct explanation *why)
{
	int ret = choice_open(context, device, why);

	if (ret != 0 || context->foresees)
		return ret;
	ret = context->backend->try_attach(device, why);
	if (ret != 0)
		context->backend->device_close(device);
	return ret;
}

/*
 * Whether the reason for which the kernel does not bind the device keeps it from a legacy
 * container as well: its group is in use, the VF token is wrong or missing, another
 * process has the device, the kernel has another device of the group.
 */
static bool
holds_for_every_backend(const struct sysfs_device *place, int err)
{
	struct sysfs_device member;
	struct node_owner owner;

	switch (-err) {
	case EBUSY:
	case EACCES:
		return true;
	case EINVAL:
		return cdev_owner_find(place, &owner);
	case EPERM:
		return sysfs_device_find_member(
			place, sysfs_device_is_intruder, &member);
	default:
		return false;
	}
}

/* err is that of a device that could not be bound, and may be NULL. */
static enum attempt
attempt_iommufd(struct rte_iommufd_context *context,
	struct rte_iommufd_device *device, struct explanation *why, int *err)
{
	if (take_iommufd(context, device, &backend_iommufd, why) != 0)
		return ATTEMPT_REFUSED;
	if (device == NULL)
		return ATTEMPT_SUCCEEDED;
	*err = choice_open_and_try(context, device, why);
	if (*err == 0)
		return ATTEMPT_SUCCEEDED;
	forget_choice(context);
	if (holds_for_every_backend(&device->place, *err))
		return ATTEMPT_USELESS;
	cdev_give_up(&device->place);
	return ATTEMPT_REFUSED;
}

static enum attempt
attempt_type1(struct rte_iommufd_context *context,
	struct rte_iommufd_device *device, struct explanation *why)
{
	int ret = take_type1(context, why);

	if (ret == -EOPNOTSUPP)
		return ATTEMPT_UNKNOWN;
	if (ret != 0)
		return ATTEMPT_REFUSED;
	if (device == NULL || choice_open_and_try(context, device, why) == 0)
		return ATTEMPT_SUCCEEDED;
	forget_choice(context);
	return ATTEMPT_REFUSED;
}

/* The attempts, in order. */
static int
choose_auto(
	struct rte_iommufd_context *context, struct rte_iommufd_device *device)
{
	struct explanation why_not_iommufd, why_not_type1;
	int err = -ENXIO;

	switch (attempt_iommufd(context, device, &why_not_iommufd, &err)) {
	case ATTEMPT_SUCCEEDED:
		choice_give_reason(context,
			context->foresees
				? "the kernel and the device's node have it"
				: "the kernel and the device have it");
		choice_log(context, device);
		return 0;
	case ATTEMPT_USELESS:
		context->reason = why_not_iommufd;
		choice_log_error(context, device, "%s", why_not_iommufd.text);
		return err;
	default:
		break;
	}
	context->reason = why_not_iommufd;
	switch (attempt_type1(context, device, &why_not_type1)) {
	case ATTEMPT_SUCCEEDED:
		choice_log(context, device);
		return 0;
	case ATTEMPT_UNKNOWN:
		/* POWER's IOMMUs have an interface of their own. */
		return leave_to_stock(context, device, why_not_type1.text);
	default:
		break;
	}
	choice_log_error(context, device,
		"neither IOMMUFD nor legacy containers can be used: %s; %s",
		why_not_iommufd.text, why_not_type1.text);
	return -ENXIO;
}

/*
 * Opens the device with the backend of the context. A first device that cannot be opened
 * does not decide the backend.
 */
static int
choice_open_by_backend(struct rte_iommufd_context *context,
	struct rte_iommufd_device *device, bool first)
{
	struct explanation why;
	int ret = device == NULL ? 0 : choice_open(context, device, &why);

	if (ret != 0) {
		choice_log_error(context, device, "%s", why.text);
		if (first)
			forget_choice(context);
	} else if (first) {
		choice_log(context, device);
	}
	return ret;
}

/* A device without an IOMMU does not get the protection of the others. */
static int
refuse_unsafe(struct rte_iommufd_context *context,
	const struct rte_iommufd_device *device, const struct backend *backend,
	const char *name)
{
	if (device == NULL || !device->place.found.noiommu ||
		(backend != NULL && backend->unsafe))
		return 0;
	choice_log_error(context, device,
		"it has no IOMMU, but backend %s is in use: give it a process of its own, with RTE_IOMMUFD=backend=noiommu",
		name);
	return -ENXIO;
}

/* The one backend that the settings ask for: err says whether it can be had. */
static int
settle_asked_for(struct rte_iommufd_context *context,
	struct rte_iommufd_device *device, const char *name, int err,
	const struct explanation *why)
{
	if (err != 0) {
		context->reason = *why;
		choice_log_error(context, device,
			"backend %s was asked for, but %s", name, why->text);
		return -ENXIO;
	}
	choice_give_reason(context, "asked for by the settings");
	return choice_open_by_backend(context, device, true);
}

static int
choose_iommufd(
	struct rte_iommufd_context *context, struct rte_iommufd_device *device)
{
	struct explanation why;
	int ret = refuse_unsafe(context, device, NULL, "iommufd");

	if (ret != 0)
		return ret;
	ret = take_iommufd(context, device, &backend_iommufd, &why);
	return settle_asked_for(context, device, "iommufd", ret, &why);
}

static int
choose_type1(
	struct rte_iommufd_context *context, struct rte_iommufd_device *device)
{
	struct explanation why;
	int ret = refuse_unsafe(context, device, NULL, "type1");

	if (ret != 0)
		return ret;
	ret = take_type1(context, &why);
	return settle_asked_for(context, device, "type1", ret, &why);
}

#define UNSAFE_REASON \
	"UNSAFE: no IOMMU keeps this device from reading and writing all of the machine's memory (enable_unsafe_noiommu_mode is on)"

/*
 * A device gets here only when the kernel's unsafe switch is on. By its own node (Linux
 * 7.3) its memory is pinned at least; by its group not even that.
 */
static int
choose_noiommu(
	struct rte_iommufd_context *context, struct rte_iommufd_device *device)
{
	const struct rte_iommufd_device_place *found = device == NULL
		? NULL
		: &device->place.found;
	struct explanation why;

	if (found == NULL || !found->noiommu) {
		choice_log_error(context, device,
			"backend noiommu was asked for, but this is not a device without an IOMMU: use RTE_IOMMUFD=backend=auto");
		return -ENXIO;
	}
	choice_give_reason(context, UNSAFE_REASON);
	if (found->cdev[0] != '\0' &&
		take_iommufd(context, device, &backend_noiommu_cdev, &why) == 0)
		return choice_open_by_backend(context, device, true);
	if (found->group < 0) {
		context->reason = why;
		choice_log_error(context, device, "%s", why.text);
		return -ENXIO;
	}
	if (found->cdev[0] != '\0')
		snprintf(context->reason.text, sizeof(context->reason.text),
			UNSAFE_REASON
			"; by its group, where its memory is not even pinned, because %s",
			why.text);
	context->backend = &backend_noiommu_group;
	return choice_open_by_backend(context, device, true);
}

static int
choice_by_settings(
	struct rte_iommufd_context *context, struct rte_iommufd_device *device)
{
	switch (context->settings.backend) {
	case SETTINGS_BACKEND_STOCK:
		return leave_to_stock(
			context, device, "asked for by the settings");
	case SETTINGS_BACKEND_IOMMUFD:
		return choose_iommufd(context, device);
	case SETTINGS_BACKEND_TYPE1:
		return choose_type1(context, device);
	case SETTINGS_BACKEND_NOIOMMU:
		return choose_noiommu(context, device);
	case SETTINGS_BACKEND_AUTO:
		break;
	}
	if (device != NULL && device->place.found.noiommu)
		return choose_noiommu(context, device);
	return choose_auto(context, device);
}

static int
choice_decide(
	struct rte_iommufd_context *context, struct rte_iommufd_device *device)
{
	int ret = choice_by_settings(context, device);

	inventory_show_choice(context);
	return ret;
}

int
choice_open_device(
	struct rte_iommufd_context *context, struct rte_iommufd_device *device)
{
	int ret;

	if (context->backend == NULL)
		return choice_decide(context, device);
	if (context->backend == &backend_stock)
		return -EOPNOTSUPP;
	ret = refuse_unsafe(
		context, device, context->backend, context->backend->name);
	return ret != 0 ? ret : choice_open_by_backend(context, device, false);
}

int
choice_make_without_device(struct rte_iommufd_context *context)
{
	if (context->backend == NULL)
		return choice_decide(context, NULL);
	return context->backend == &backend_stock ? -EOPNOTSUPP : 0;
}

/* A legacy container would take its group and know nothing of the device. */
static int
check_is_of_vfio(
	struct rte_iommufd_context *context, struct rte_iommufd_device *device)
{
	if (sysfs_device_is_of_vfio(&device->place))
		return 0;
	choice_log_error(context, device,
		"no VFIO driver has it: run \"dpdk-devbind.py -b vfio-pci %s\"",
		device->place.address);
	return -ENODEV;
}

/* The device is open during the choice only. */
static int
choose_by_device(struct rte_iommufd_context *context, const char *path)
{
	struct rte_iommufd_device device = { .context = context, .fd = -1 };
	int ret;

	if (sysfs_device_find(path, &device.place) != 0) {
		IOMMUFD_LOG(ERR, "%s: there is no such device", path);
		return -ENODEV;
	}
	ret = check_is_of_vfio(context, &device);
	if (ret != 0)
		return ret;
	pthread_mutex_lock(&context->lock);
	if (context->backend == NULL) {
		ret = choice_decide(context, &device);
		if (ret == 0)
			context->backend->device_close(&device);
	} else {
		ret = choice_make_without_device(context);
		if (ret == 0)
			ret = refuse_unsafe(context, &device, context->backend,
				context->backend->name);
	}
	pthread_mutex_unlock(&context->lock);
	return ret;
}

int
rte_iommufd_context_choose(
	struct rte_iommufd_context *context, const char *device_path)
{
	int ret;

	if (device_path != NULL)
		return choose_by_device(context, device_path);
	pthread_mutex_lock(&context->lock);
	ret = choice_make_without_device(context);
	pthread_mutex_unlock(&context->lock);
	return ret;
}

int
choice_foresee(struct rte_iommufd_context *context,
	const struct sysfs_device *place, enum choice_verdict *verdict)
{
	struct rte_iommufd_device device = {
		.context = context,
		.place = *place,
		.fd = -1,
	};
	int ret;

	context->foresees = true;
	ret = check_is_of_vfio(context, &device);
	if (ret != 0) {
		*verdict = CHOICE_NOT_OF_VFIO;
		return ret;
	}
	pthread_mutex_lock(&context->lock);
	ret = choice_decide(context, &device);
	pthread_mutex_unlock(&context->lock);
	if (ret == 0)
		*verdict = CHOICE_WOULD_TRY;
	else
		*verdict = context->backend == &backend_stock
			? CHOICE_LEFT_TO_STOCK
			: CHOICE_WOULD_FAIL;
	return ret;
}
