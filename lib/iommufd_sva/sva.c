/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Create and destroy an sva, bind and unbind devices.
 *
 * The core keeps no record of what is mapped in its space (rte_iommufd_internal.h):
 * area_lru.h has the only record, because the service thread must be able to change it
 * while other threads wait for that thread (sva.h).
 *
 * Must not know: how memory is mapped and unmapped.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_errno.h>

#include "kernel/userfault.h"
#include "rte_iommufd_pasid.h"
#include "sva.h"
#include "sva_telemetry.h"
#include "util/sva_log.h"

#define DEFAULT_FAULT_AROUND (UINT64_C(64) << 10)
#define STREAM_AROUND (UINT64_C(2) << 20)
/* What the first version of the structure had. */
#define OPTIONS_SIZE_MIN                                          \
	(offsetof(struct rte_iommufd_sva_options, fault_around) + \
		sizeof(uint64_t))

/*
 * The sva of this process; in a child, the sva of its parent. The kernel lets only one
 * userfaultfd follow a mapping, so a process has at most one sva, which all callers
 * share.
 */
static pthread_mutex_t process_lock = PTHREAD_MUTEX_INITIALIZER;
static struct rte_iommufd_sva *process_sva;

int
sva_refuse_child(const struct rte_iommufd_sva *sva)
{
	if (sva->owner == getpid())
		return 0;
	SVA_LOG(ERR,
		"an sva is of the process that has made it, not of its children");
	return -EINVAL;
}

static void sva_device_closes(
	void *argument, struct rte_iommufd_device *device);

/* --- Create and destroy --- */

static bool
is_power_of_two(uint64_t number)
{
	return number != 0 && (number & (number - 1)) == 0;
}

/*
 * The program may be older than this library, and leave the last members out, or newer: then
 * what this library does not know has to be 0.
 */
static int
sva_read_options(const struct rte_iommufd_sva_options *given,
	struct rte_iommufd_sva_options *options)
{
	const uint8_t *bytes = (const uint8_t *)given;
	size_t i;

	*options = (struct rte_iommufd_sva_options){ .size = sizeof(*options) };
	if (given == NULL)
		return 0;
	if (given->size < OPTIONS_SIZE_MIN) {
		SVA_LOG(ERR,
			"rte_iommufd_sva_options.size is %zu, it has to be at least %zu: set it to the size of the structure",
			given->size, OPTIONS_SIZE_MIN);
		return -EINVAL;
	}
	for (i = sizeof(*options); i < given->size; i++) {
		if (bytes[i] == 0)
			continue;
		SVA_LOG(ERR,
			"the program sets options for an sva that this version of the library does not know: use a newer library");
		return -E2BIG;
	}
	memcpy(options, given, RTE_MIN(given->size, sizeof(*options)));
	return 0;
}

static int
sva_take_options(struct rte_iommufd_sva *sva,
	const struct rte_iommufd_sva_options *options)
{
	sva->page = sysconf(_SC_PAGESIZE);
	sva->pin_limit = options->pin_limit == 0 ? UINT64_MAX
						 : options->pin_limit;
	sva->fault_around = options->fault_around == 0
		? RTE_MAX(DEFAULT_FAULT_AROUND, sva->page)
		: options->fault_around;
	sva->stream_around = RTE_MAX(STREAM_AROUND, sva->fault_around);
	if (sva->pin_limit >= sva->page && sva->fault_around >= sva->page &&
		is_power_of_two(sva->fault_around))
		return 0;
	SVA_LOG(ERR,
		"wrong options for an sva: pin_limit is at least a page (%" PRIu64
		" bytes), fault_around a power of two and at least a page",
		sva->page);
	return -EINVAL;
}

static int
open_view(struct rte_iommufd_sva *sva)
{
	int ret = vma_query_open(&sva->view);

	if (ret != 0)
		SVA_LOG(ERR, "cannot look up this process's memory: %s",
			ret == -EOPNOTSUPP
				? "/proc/self/maps takes no queries, the kernel is older than Linux 6.11"
				: rte_strerror(-ret));
	return ret;
}

static const char *
why_no_userfault(int error)
{
	switch (error) {
	case -EPERM:
	case -EACCES:
		return "userfaultfd is not allowed here, perhaps by a seccomp filter of the container";
	case -ENOSYS:
		return "the kernel has no userfaultfd (CONFIG_USERFAULTFD)";
	case -EINVAL:
		return "the kernel's userfaultfd lacks WP_ASYNC (Linux 6.7, CONFIG_PTE_MARKER_UFFD_WP)";
	default:
		return rte_strerror(-error);
	}
}

static int
open_userfault(struct rte_iommufd_sva *sva)
{
	int ret = watches_open(&sva->watches);

	if (ret == 0)
		return 0;
	SVA_LOG(ERR, "changes of this process's memory cannot be followed: %s",
		why_no_userfault(ret));
	if (ret == -ENOSYS || ret == -EINVAL)
		return -EOPNOTSUPP;
	return ret == -EACCES ? -EPERM : ret;
}

/* These steps fail only when a resource is missing. */
static int
sva_open_rest(struct rte_iommufd_sva *sva)
{
	int ret = -ENOMEM;

	userfault_pass_prepare();
	sva->own_page = userfault_memory_alloc(sva->page);
	if (sva->own_page == NULL)
		goto fail;
	ret = userfault_wake_open();
	sva->wake_fd = ret;
	if (ret < 0)
		goto free_page;
	ret = userfault_wake_open();
	sva->stop_fd = ret;
	if (ret < 0)
		goto close_wake;
	ret = sva_report_start(&sva->report);
	if (ret != 0)
		goto close_stop;
	ret = sva_service_start(sva);
	if (ret != 0)
		goto stop_report;
	return 0;

stop_report:
	sva_report_stop(&sva->report);
close_stop:
	userfault_close(sva->stop_fd);
close_wake:
	userfault_close(sva->wake_fd);
free_page:
	userfault_memory_free(sva->own_page, sva->page);
fail:
	SVA_LOG(ERR, "no descriptor or thread for an sva: %s",
		rte_strerror(-ret));
	return ret;
}

static int
sva_open_all(struct rte_iommufd_sva *sva)
{
	int ret = rte_iommufd_fault_space_create(sva->context, &sva->faults);

	if (ret != 0)
		return ret;
	ret = open_view(sva);
	if (ret != 0)
		goto destroy_space;
	ret = open_userfault(sva);
	if (ret != 0)
		goto close_view;
	ret = sva_open_rest(sva);
	if (ret == 0)
		return 0;

	watches_close(&sva->watches, &sva->view);
close_view:
	vma_query_close(&sva->view);
destroy_space:
	rte_iommufd_fault_space_destroy(sva->faults);
	return ret;
}

static struct rte_iommufd_sva *
sva_make(struct rte_iommufd_context *context)
{
	struct rte_iommufd_sva *sva = calloc(1, sizeof(*sva));

	if (sva == NULL) {
		SVA_LOG(ERR, "no memory for an sva");
		return NULL;
	}
	sva->context = context;
	sva->owner = getpid();
	TAILQ_INIT(&sva->bindings);
	pthread_mutex_init(&sva->binding_lock, NULL);
	fair_lock_init(&sva->lock);
	area_lru_init(
		&sva->residency, userfault_memory_alloc, userfault_memory_free);
	area_lru_init(
		&sva->kept, userfault_memory_alloc, userfault_memory_free);
	TAILQ_INIT(&sva->keeping);
	return sva;
}

static void
sva_unmake(struct rte_iommufd_sva *sva)
{
	area_lru_end(&sva->kept);
	area_lru_end(&sva->residency);
	area_lru_end(&sva->watches.places);
	fair_lock_end(&sva->lock);
	pthread_mutex_destroy(&sva->binding_lock);
	free(sva);
}

static int
sva_create_first(struct rte_iommufd_context *context,
	const struct rte_iommufd_sva_options *options)
{
	struct rte_iommufd_sva *made = sva_make(context);
	int ret;

	if (made == NULL)
		return -ENOMEM;
	ret = sva_take_options(made, options);
	if (ret == 0)
		ret = sva_open_all(made);
	if (ret != 0) {
		sva_unmake(made);
		return ret;
	}
	rte_iommufd_fault_space_watch_devices(
		made->faults, sva_device_closes, made);
	process_sva = made;
	return 0;
}

/* An option that is 0 accepts the value of the first caller. */
static bool
sva_suits(const struct rte_iommufd_sva *sva,
	const struct rte_iommufd_context *context,
	const struct rte_iommufd_sva_options *options)
{
	if (sva->context != context)
		return false;
	return (options->pin_limit == 0 ||
		       options->pin_limit == sva->pin_limit) &&
		(options->fault_around == 0 ||
			options->fault_around == sva->fault_around);
}

static int
sva_join(struct rte_iommufd_context *context,
	const struct rte_iommufd_sva_options *options)
{
	if (sva_suits(process_sva, context, options))
		return 0;
	SVA_LOG(ERR,
		"this process has an sva already, and there can be one: give the same options, or none (it has pin_limit %" PRIu64
		", fault_around %" PRIu64 ")",
		process_sva->pin_limit == UINT64_MAX ? 0
						     : process_sva->pin_limit,
		process_sva->fault_around);
	return -EBUSY;
}

int
rte_iommufd_sva_create(struct rte_iommufd_context *context,
	const struct rte_iommufd_sva_options *options,
	struct rte_iommufd_sva **sva)
{
	struct rte_iommufd_sva_options known;
	int ret = sva_read_options(options, &known);

	if (ret != 0)
		return ret;
	pthread_mutex_lock(&process_lock);
	if (process_sva != NULL && process_sva->owner == getpid())
		ret = sva_join(context, &known);
	else
		ret = sva_create_first(context, &known);
	if (ret == 0) {
		process_sva->users++;
		*sva = process_sva;
	}
	pthread_mutex_unlock(&process_lock);
	return ret;
}

static int
sva_end(struct rte_iommufd_sva *sva)
{
	if (sva->bound != 0) {
		SVA_LOG(ERR, "an sva cannot end with %u bindings", sva->bound);
		return -EBUSY;
	}
	process_sva = NULL;
	sva_service_stop(sva);
	sva_report_stop(&sva->report);
	userfault_close(sva->stop_fd);
	userfault_close(sva->wake_fd);
	userfault_memory_free(sva->own_page, sva->page);
	rte_iommufd_fault_space_destroy(sva->faults);
	vma_query_close(&sva->view);
	sva_unmake(sva);
	return 0;
}

int
rte_iommufd_sva_destroy(struct rte_iommufd_sva *sva)
{
	int ret;

	if (sva == NULL)
		return 0;
	ret = sva_refuse_child(sva);
	if (ret != 0)
		return ret;
	pthread_mutex_lock(&process_lock);
	if (sva->users > 1)
		sva->users--;
	else
		ret = sva_end(sva);
	pthread_mutex_unlock(&process_lock);
	return ret;
}

/* --- Devices --- */

/* What all bound devices can reach, as far as the kernel tells. */
static void
read_ranges(struct rte_iommufd_sva *sva)
{
	struct rte_iommufd_range ranges[SVA_RANGES];
	int count = rte_iommufd_space_ranges(
		rte_iommufd_fault_space_of(sva->faults), ranges, SVA_RANGES);

	if (count < 0 || count > SVA_RANGES)
		count = 0;
	fair_lock_take(&sva->lock);
	memcpy(sva->ranges, ranges, count * sizeof(ranges[0]));
	sva->range_count = count;
	fair_lock_give(&sva->lock);
}

static void
sva_open_for(struct rte_iommufd_sva *sva)
{
	fair_lock_take(&sva->lock);
	sva->bound++;
	fair_lock_give(&sva->lock);
}

/* Without bindings, nothing stays pinned. */
static void
sva_close_for(struct rte_iommufd_sva *sva)
{
	fair_lock_take(&sva->lock);
	if (--sva->bound == 0) {
		sva_invalidate_all(sva);
		sva_fault_forget(sva, (struct interval){ 0, UINT64_MAX });
	}
	fair_lock_give(&sva->lock);
}

static int
refuse_ended(struct rte_iommufd_sva *sva)
{
	bool failed;

	fair_lock_take(&sva->lock);
	failed = sva->failed;
	fair_lock_give(&sva->lock);
	if (!failed)
		return 0;
	SVA_LOG(ERR,
		"the service of this sva has ended: when all who use it have unbound and ended it, there can be another");
	return -EIO;
}

static int
sva_bind(struct rte_iommufd_sva *sva, struct sva_binding *binding)
{
	int ret = refuse_ended(sva);

	if (ret != 0)
		return ret;
	ret = rte_iommufd_pasid_alloc(binding->device, &binding->pasid);
	if (ret != 0)
		return ret;
	ret = rte_iommufd_pasid_attach(binding->device, binding->pasid,
		rte_iommufd_fault_space_of(sva->faults));
	if (ret != 0) {
		rte_iommufd_pasid_free(binding->device, binding->pasid);
		return ret;
	}
	read_ranges(sva);
	sva_open_for(sva);
	TAILQ_INSERT_TAIL(&sva->bindings, binding, next);
	return 0;
}

int
rte_iommufd_sva_bind(struct rte_iommufd_sva *sva,
	struct rte_iommufd_device *device, uint32_t *pasid)
{
	struct sva_binding *binding;
	int ret = sva_refuse_child(sva);

	if (ret != 0)
		return ret;
	binding = calloc(1, sizeof(*binding));
	if (binding == NULL) {
		SVA_LOG(ERR, "no memory for a binding");
		return -ENOMEM;
	}
	binding->device = device;
	pthread_mutex_lock(&sva->binding_lock);
	ret = sva_bind(sva, binding);
	pthread_mutex_unlock(&sva->binding_lock);
	if (ret == 0)
		*pasid = binding->pasid;
	else
		free(binding);
	return ret;
}

static struct sva_binding *
sva_find_binding(const struct rte_iommufd_sva *sva,
	const struct rte_iommufd_device *device, uint32_t pasid)
{
	struct sva_binding *binding;

	TAILQ_FOREACH(binding, &sva->bindings, next)
		if (binding->device == device && binding->pasid == pasid)
			return binding;
	return NULL;
}

/* From here on requests are refused; the kernel answers those that are outstanding. */
static int
sva_unbind(struct rte_iommufd_sva *sva, struct sva_binding *binding)
{
	int ret;

	sva_close_for(sva);
	ret = rte_iommufd_fault_space_detach(
		sva->faults, binding->device, binding->pasid);
	if (ret != 0) {
		sva_open_for(sva);
		return ret;
	}
	rte_iommufd_pasid_free(binding->device, binding->pasid);
	TAILQ_REMOVE(&sva->bindings, binding, next);
	free(binding);
	return 0;
}

/* If the kernel does not detach the PASID, it does when the device is closed. */
static void
sva_drop(struct rte_iommufd_sva *sva, struct sva_binding *binding)
{
	if (sva_unbind(sva, binding) == 0)
		return;
	sva_close_for(sva);
	TAILQ_REMOVE(&sva->bindings, binding, next);
	free(binding);
}

static struct sva_binding *
sva_find_device(const struct rte_iommufd_sva *sva,
	const struct rte_iommufd_device *device)
{
	struct sva_binding *binding;

	TAILQ_FOREACH(binding, &sva->bindings, next)
		if (binding->device == device)
			return binding;
	return NULL;
}

/* For rte_iommufd_fault_space_watch_devices(). */
static void
sva_device_closes(void *argument, struct rte_iommufd_device *device)
{
	struct rte_iommufd_sva *sva = argument;
	struct sva_binding *binding;

	if (sva->owner != getpid())
		return;
	pthread_mutex_lock(&sva->binding_lock);
	while ((binding = sva_find_device(sva, device)) != NULL)
		sva_drop(sva, binding);
	pthread_mutex_unlock(&sva->binding_lock);
}

int
rte_iommufd_sva_unbind(struct rte_iommufd_sva *sva,
	struct rte_iommufd_device *device, uint32_t pasid)
{
	struct sva_binding *binding;
	int ret = sva_refuse_child(sva);

	if (ret != 0)
		return ret;
	pthread_mutex_lock(&sva->binding_lock);
	binding = sva_find_binding(sva, device, pasid);
	ret = binding == NULL ? -ENOENT : sva_unbind(sva, binding);
	pthread_mutex_unlock(&sva->binding_lock);
	if (binding == NULL)
		SVA_LOG(ERR, "PASID %" PRIu32 " is not bound to this sva",
			pasid);
	return ret;
}

/* --- Telemetry --- */

/* process_lock is held. */
static void
sva_copy_state(struct rte_iommufd_sva *sva, struct sva_state *state)
{
	state->users = sva->users;
	state->pin_limit = sva->pin_limit == UINT64_MAX ? 0 : sva->pin_limit;
	state->fault_around = sva->fault_around;
	fair_lock_take(&sva->lock);
	state->stats = sva_figures(sva);
	state->ended = sva->failed;
	state->bindings = sva->bound;
	fair_lock_give(&sva->lock);
}

static bool
sva_read_state(struct sva_state *state)
{
	bool exists;

	pthread_mutex_lock(&process_lock);
	exists = process_sva != NULL && process_sva->owner == getpid();
	if (exists)
		sva_copy_state(process_sva, state);
	pthread_mutex_unlock(&process_lock);
	return exists;
}

RTE_INIT(sva_register)
{
	sva_telemetry_register(sva_read_state);
}
