/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * An address space that follows this process: its life, its devices, and what programs
 * ask of it.
 *
 * The space has no record of mappings in iova_map.h, and its lock is never taken for
 * one: area_lru.h is the only book, because the service thread has to be able to write
 * in it while other threads wait for it (sva.h).
 *
 * Must not know: how memory comes in and goes out.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_errno.h>

#include "core/address_space.h"
#include "backend/backend.h"
#include "kernel/kernel.h"
#include "userfault.h"
#include "util/log.h"
#include "rte_iommufd_pasid.h"
#include "sva.h"

#define DEFAULT_FAULT_AROUND (UINT64_C(64) << 10)
/* What is mapped ahead of time goes in larger parts. */
#define PREFAULT_AROUND (UINT64_C(2) << 20)
/* A part of a prefault is begun anew so often while the process changes under it. */
#define PREFAULT_TRIES 1000
#define ALL_RIGHTS (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)

/*
 * The sva of this process, or, in a child, what was its parent's. The kernel lets only
 * one userfaultfd follow a mapping, so there can be one, and all who want one share it.
 */
static pthread_mutex_t process_lock = PTHREAD_MUTEX_INITIALIZER;
static struct rte_iommufd_sva *process_sva;

static int
refuse_child(const struct rte_iommufd_sva *sva)
{
	if (sva->owner == getpid())
		return 0;
	IOMMUFD_LOG(ERR,
		"an sva is of the process that has made it, not of its children");
	return -EINVAL;
}

/* --- Life --- */

static bool
is_power_of_two(uint64_t number)
{
	return number != 0 && (number & (number - 1)) == 0;
}

static int
take_options(struct rte_iommufd_sva *sva,
	const struct rte_iommufd_sva_options *options)
{
	const struct rte_iommufd_sva_options none = { .pin_limit = 0 };

	if (options == NULL)
		options = &none;
	sva->page = sysconf(_SC_PAGESIZE);
	sva->pin_limit = options->pin_limit == 0 ? UINT64_MAX
						 : options->pin_limit;
	sva->fault_around = options->fault_around == 0
		? RTE_MAX(DEFAULT_FAULT_AROUND, sva->page)
		: options->fault_around;
	if (sva->pin_limit >= sva->page && sva->fault_around >= sva->page &&
		is_power_of_two(sva->fault_around))
		return 0;
	IOMMUFD_LOG(ERR,
		"wrong options for an sva: pin_limit is at least a page (%" PRIu64
		" bytes), fault_around a power of two and at least a page",
		sva->page);
	return -EINVAL;
}

static int
open_queue(struct rte_iommufd_sva *sva)
{
	int ret = rte_iommufd_context_choose(sva->context, NULL);

	if (ret != 0)
		return ret;
	if (sva->context->backend != &backend_iommufd) {
		IOMMUFD_LOG(ERR,
			"backend %s has no page requests: shared virtual addressing needs IOMMUFD",
			sva->context->backend->name);
		return -EOPNOTSUPP;
	}
	sva->iommu_fd = sva->context->iommu_fd;
	ret = fault_queue_open(&sva->queue, sva->iommu_fd);
	if (ret != 0)
		IOMMUFD_LOG(ERR,
			"the kernel makes no queue of page requests: %s",
			ret == -EOPNOTSUPP ? "it is older than Linux 6.11"
					   : rte_strerror(-ret));
	return ret;
}

static int
open_view(struct rte_iommufd_sva *sva)
{
	int ret = vma_query_open(&sva->view);

	if (ret != 0)
		IOMMUFD_LOG(ERR, "cannot look up this process's memory: %s",
			ret == -EOPNOTSUPP
				? "/proc/self/maps takes no queries, the kernel is older than Linux 6.11"
				: rte_strerror(-ret));
	return ret;
}

static const char *
why_no_following(int error)
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
open_following(struct rte_iommufd_sva *sva)
{
	int ret = kernel_follow_open();

	sva->follow_fd = ret;
	if (ret >= 0)
		return 0;
	IOMMUFD_LOG(ERR,
		"changes of this process's memory cannot be followed: %s",
		why_no_following(ret));
	if (ret == -ENOSYS || ret == -EINVAL)
		return -EOPNOTSUPP;
	return ret == -EACCES ? -EPERM : ret;
}

/* What can only fail for want of something. */
static int
open_rest(struct rte_iommufd_sva *sva)
{
	int ret = kernel_wake_open();

	sva->wake_fd = ret;
	if (ret < 0)
		goto fail;
	ret = sva_report_start(&sva->report);
	if (ret != 0)
		goto close_wake;
	ret = sva_service_start(sva);
	if (ret != 0)
		goto stop_report;
	return 0;

stop_report:
	sva_report_stop(&sva->report);
close_wake:
	kernel_close(sva->wake_fd);
fail:
	IOMMUFD_LOG(ERR, "no descriptor or thread for an sva: %s",
		rte_strerror(-ret));
	return ret;
}

static int
open_all(struct rte_iommufd_sva *sva)
{
	int ret = open_queue(sva);

	if (ret != 0)
		return ret;
	ret = open_view(sva);
	if (ret != 0)
		goto close_queue;
	ret = open_following(sva);
	if (ret != 0)
		goto close_view;
	ret = address_space_create_faulting(
		sva->context, &sva->queue, &sva->space);
	if (ret != 0)
		goto close_following;
	sva->ioas_id = sva->space->ioas_id;
	ret = open_rest(sva);
	if (ret == 0)
		return 0;

	rte_iommufd_space_destroy(sva->space);
close_following:
	kernel_close(sva->follow_fd);
close_view:
	vma_query_close(&sva->view);
close_queue:
	fault_queue_close(&sva->queue);
	return ret;
}

static struct rte_iommufd_sva *
make(struct rte_iommufd_context *context)
{
	struct rte_iommufd_sva *sva = calloc(1, sizeof(*sva));

	if (sva == NULL) {
		IOMMUFD_LOG(ERR, "no memory for an sva");
		return NULL;
	}
	sva->context = context;
	sva->owner = getpid();
	TAILQ_INIT(&sva->bindings);
	pthread_mutex_init(&sva->binding_lock, NULL);
	pthread_mutex_init(&sva->lock, NULL);
	pthread_cond_init(&sva->settled, NULL);
	area_lru_init(&sva->residency, kernel_memory_take, kernel_memory_give);
	return sva;
}

static void
unmake(struct rte_iommufd_sva *sva)
{
	area_lru_end(&sva->residency);
	pthread_cond_destroy(&sva->settled);
	pthread_mutex_destroy(&sva->lock);
	pthread_mutex_destroy(&sva->binding_lock);
	free(sva);
}

static int
create_first(struct rte_iommufd_context *context,
	const struct rte_iommufd_sva_options *options)
{
	struct rte_iommufd_sva *made = make(context);
	int ret;

	if (made == NULL)
		return -ENOMEM;
	ret = take_options(made, options);
	if (ret == 0)
		ret = open_all(made);
	if (ret != 0) {
		unmake(made);
		return ret;
	}
	process_sva = made;
	return 0;
}

/* What is not asked for is as the first one wanted it. */
static bool
suits(const struct rte_iommufd_sva *sva,
	const struct rte_iommufd_context *context,
	const struct rte_iommufd_sva_options *options)
{
	if (sva->context != context)
		return false;
	if (options == NULL)
		return true;
	return (options->pin_limit == 0 ||
		       options->pin_limit == sva->pin_limit) &&
		(options->fault_around == 0 ||
			options->fault_around == sva->fault_around);
}

static int
join(struct rte_iommufd_context *context,
	const struct rte_iommufd_sva_options *options)
{
	if (suits(process_sva, context, options))
		return 0;
	IOMMUFD_LOG(ERR,
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
	int ret;

	pthread_mutex_lock(&process_lock);
	if (process_sva != NULL && process_sva->owner == getpid())
		ret = join(context, options);
	else
		ret = create_first(context, options);
	if (ret == 0) {
		process_sva->users++;
		*sva = process_sva;
	}
	pthread_mutex_unlock(&process_lock);
	return ret;
}

static int
end(struct rte_iommufd_sva *sva)
{
	if (sva->bound != 0) {
		IOMMUFD_LOG(
			ERR, "an sva cannot end with %u bindings", sva->bound);
		return -EBUSY;
	}
	process_sva = NULL;
	sva_service_stop(sva);
	sva_report_stop(&sva->report);
	kernel_close(sva->wake_fd);
	rte_iommufd_space_destroy(sva->space);
	vma_query_close(&sva->view);
	fault_queue_close(&sva->queue);
	unmake(sva);
	return 0;
}

int
rte_iommufd_sva_destroy(struct rte_iommufd_sva *sva)
{
	int ret;

	if (sva == NULL)
		return 0;
	ret = refuse_child(sva);
	if (ret != 0)
		return ret;
	pthread_mutex_lock(&process_lock);
	if (sva->users > 1)
		sva->users--;
	else
		ret = end(sva);
	pthread_mutex_unlock(&process_lock);
	return ret;
}

/* --- Devices --- */

/* What all bound devices can reach, as far as the kernel tells. */
static void
read_ranges(struct rte_iommufd_sva *sva)
{
	struct rte_iommufd_range ranges[SVA_RANGES];
	int count = rte_iommufd_space_ranges(sva->space, ranges, SVA_RANGES);

	if (count < 0 || count > SVA_RANGES)
		count = 0;
	pthread_mutex_lock(&sva->lock);
	memcpy(sva->ranges, ranges, count * sizeof(ranges[0]));
	sva->range_count = count;
	pthread_mutex_unlock(&sva->lock);
}

static void
open_for(struct rte_iommufd_sva *sva)
{
	pthread_mutex_lock(&sva->lock);
	sva->bound++;
	pthread_mutex_unlock(&sva->lock);
}

/* When nobody is left, nothing stays pinned. */
static void
close_for(struct rte_iommufd_sva *sva)
{
	pthread_mutex_lock(&sva->lock);
	if (--sva->bound == 0)
		sva_unmap_all(sva);
	pthread_mutex_unlock(&sva->lock);
}

static int
refuse_ended(struct rte_iommufd_sva *sva)
{
	bool failed;

	pthread_mutex_lock(&sva->lock);
	failed = sva->failed;
	pthread_mutex_unlock(&sva->lock);
	if (!failed)
		return 0;
	IOMMUFD_LOG(ERR,
		"the service of this sva has ended: when all who use it have unbound and ended it, there can be another");
	return -EIO;
}

static int
bind(struct rte_iommufd_sva *sva, struct sva_binding *binding)
{
	int ret = refuse_ended(sva);

	if (ret != 0)
		return ret;
	ret = rte_iommufd_pasid_alloc(binding->device, &binding->pasid);
	if (ret != 0)
		return ret;
	ret = rte_iommufd_pasid_attach(
		binding->device, binding->pasid, sva->space);
	if (ret != 0) {
		rte_iommufd_pasid_free(binding->device, binding->pasid);
		return ret;
	}
	read_ranges(sva);
	open_for(sva);
	TAILQ_INSERT_TAIL(&sva->bindings, binding, next);
	return 0;
}

int
rte_iommufd_sva_bind(struct rte_iommufd_sva *sva,
	struct rte_iommufd_device *device, uint32_t *pasid)
{
	struct sva_binding *binding;
	int ret = refuse_child(sva);

	if (ret != 0)
		return ret;
	binding = calloc(1, sizeof(*binding));
	if (binding == NULL) {
		IOMMUFD_LOG(ERR, "no memory for a binding");
		return -ENOMEM;
	}
	binding->device = device;
	pthread_mutex_lock(&sva->binding_lock);
	ret = bind(sva, binding);
	pthread_mutex_unlock(&sva->binding_lock);
	if (ret == 0)
		*pasid = binding->pasid;
	else
		free(binding);
	return ret;
}

static struct sva_binding *
find_binding(const struct rte_iommufd_sva *sva,
	const struct rte_iommufd_device *device, uint32_t pasid)
{
	struct sva_binding *binding;

	TAILQ_FOREACH(binding, &sva->bindings, next)
		if (binding->device == device && binding->pasid == pasid)
			return binding;
	return NULL;
}

/* What is still asked for is refused from here on; what is out the kernel answers. */
static int
unbind(struct rte_iommufd_sva *sva, struct sva_binding *binding)
{
	int ret;

	close_for(sva);
	ret = rte_iommufd_pasid_detach(binding->device, binding->pasid);
	if (ret != 0) {
		open_for(sva);
		return ret;
	}
	rte_iommufd_pasid_free(binding->device, binding->pasid);
	TAILQ_REMOVE(&sva->bindings, binding, next);
	free(binding);
	return 0;
}

int
rte_iommufd_sva_unbind(struct rte_iommufd_sva *sva,
	struct rte_iommufd_device *device, uint32_t pasid)
{
	struct sva_binding *binding;
	int ret = refuse_child(sva);

	if (ret != 0)
		return ret;
	pthread_mutex_lock(&sva->binding_lock);
	binding = find_binding(sva, device, pasid);
	ret = binding == NULL ? -ENOENT : unbind(sva, binding);
	pthread_mutex_unlock(&sva->binding_lock);
	if (binding == NULL)
		IOMMUFD_LOG(ERR, "PASID %" PRIu32 " is not bound to this sva",
			pasid);
	return ret;
}

/* --- What programs ask --- */

/* The pages that the interval touches; false: it wraps. */
static bool
pages_of(const struct rte_iommufd_sva *sva, const void *va, size_t length,
	struct interval *pages)
{
	const uint64_t start = (uintptr_t)va;

	pages->start = start & ~(sva->page - 1);
	if (start > UINT64_MAX - sva->page ||
		length > UINT64_MAX - sva->page - start)
		return false;
	pages->end = (start + length + sva->page - 1) & ~(sva->page - 1);
	return true;
}

static int
refuse_interval(const void *va, size_t length)
{
	IOMMUFD_LOG(
		ERR, "%p with %zu bytes is no interval of memory", va, length);
	return -EINVAL;
}

/* The next part, from the address on; where it ends is stored there. The lock held. */
static enum sva_outcome
prefault_part(struct rte_iommufd_sva *sva, struct sva_request *request,
	uint64_t round)
{
	const uint64_t latest = sva->round;
	enum sva_outcome outcome;
	const struct area *area;

	/* As if one device asked for all of it at once. */
	sva->round = round;
	outcome = sva_fault_in(sva, request);
	sva->round = latest;
	area = area_lru_find(&sva->residency, request->address);
	if (area != NULL && request->error == 0)
		request->address = area->end;
	return outcome;
}

static int
explain_prefault(enum sva_outcome outcome, const struct rte_iommufd_sva *sva,
	const struct sva_request *request)
{
	enum sva_report_kind kind;

	if (request->error == -EAGAIN) {
		IOMMUFD_LOG(ERR,
			"cannot map %#" PRIx64
			" ahead of time: other threads go on changing it",
			request->address);
		return -EAGAIN;
	}
	if (sva_report_kind_of(outcome, request->error, &kind))
		sva_report_log(kind, request->address, sva->page,
			request->rights, request->error);
	else
		IOMMUFD_LOG(ERR, "cannot map %#" PRIx64 " ahead of time: %s",
			request->address,
			request->error == -ENOENT
				? "the process has nothing there"
				: request->error == -EACCES
				? "the process does not have these rights there"
				: "the IOMMU does not reach there");
	if (outcome == SVA_REFUSED && request->error != -ENOMEM)
		return -EFAULT;
	return request->error;
}

static int
prefault(struct rte_iommufd_sva *sva, struct sva_request *request)
{
	enum sva_outcome outcome = SVA_PRESENT;
	unsigned int tries = PREFAULT_TRIES;
	uint64_t round;
	bool serving;

	pthread_mutex_lock(&sva->lock);
	round = ++sva->round;
	serving = sva->bound > 0 && !sva->failed;
	while (serving && request->address < request->clip.end && tries > 0) {
		outcome = prefault_part(sva, request, round);
		if (request->error != 0 && request->error != -EAGAIN)
			break;
		tries -= request->error == -EAGAIN;
		/* For the service thread, and those who wait for it. */
		pthread_mutex_unlock(&sva->lock);
		pthread_mutex_lock(&sva->lock);
		serving = sva->bound > 0 && !sva->failed;
	}
	pthread_mutex_unlock(&sva->lock);
	if (!serving) {
		IOMMUFD_LOG(ERR,
			"nothing can be mapped ahead of time: no device is bound, or the service has ended");
		return -ENODEV;
	}
	if (request->error != 0)
		return explain_prefault(outcome, sva, request);
	return 0;
}

int
rte_iommufd_sva_prefault(struct rte_iommufd_sva *sva, const void *va,
	size_t length, uint32_t rights)
{
	struct sva_request request = { .rights = rights };
	int ret = refuse_child(sva);

	if (ret != 0)
		return ret;
	if (length == 0 || rights == 0 || (rights & ~ALL_RIGHTS) != 0 ||
		!pages_of(sva, va, length, &request.clip))
		return refuse_interval(va, length);
	request.address = request.clip.start;
	request.around = RTE_MAX(PREFAULT_AROUND, sva->fault_around);
	return prefault(sva, &request);
}

int
rte_iommufd_sva_invalidate(
	struct rte_iommufd_sva *sva, const void *va, size_t length)
{
	struct interval pages;
	bool ended;
	int ret = refuse_child(sva);

	if (ret != 0)
		return ret;
	if (!pages_of(sva, va, length, &pages))
		return refuse_interval(va, length);
	pthread_mutex_lock(&sva->lock);
	/* What the kernel did not unmap then is not in the book any more. */
	ended = sva->failed;
	sva->stats.invalidations++;
	if (length != 0)
		ret = sva_unmap(sva, pages);
	pthread_mutex_unlock(&sva->lock);
	if (ret != 0 || !ended)
		return ret;
	IOMMUFD_LOG(ERR,
		"the service of this sva has ended: what devices can reach is certain only when they are unbound");
	return -EIO;
}

int
rte_iommufd_sva_settle(struct rte_iommufd_sva *sva)
{
	uint64_t turn;
	int ret = refuse_child(sva);

	if (ret != 0)
		return ret;
	pthread_mutex_lock(&sva->lock);
	turn = ++sva->settle_asked;
	kernel_wake(sva->wake_fd);
	while (sva->settle_done < turn && !sva->failed)
		pthread_cond_wait(&sva->settled, &sva->lock);
	ret = sva->failed ? -EIO : 0;
	pthread_mutex_unlock(&sva->lock);
	if (ret != 0)
		IOMMUFD_LOG(ERR,
			"changes of this process's memory are not followed any more: the service of this sva has ended");
	return ret;
}

void
rte_iommufd_sva_stats(
	struct rte_iommufd_sva *sva, struct rte_iommufd_sva_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	if (sva->owner != getpid())
		return;
	pthread_mutex_lock(&sva->lock);
	*stats = sva->stats;
	stats->areas = sva->residency.count;
	stats->pinned = sva->residency.bytes;
	stats->pinned_peak = sva->residency.peak;
	pthread_mutex_unlock(&sva->lock);
}
