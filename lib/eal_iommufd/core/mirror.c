/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Memory of one address space in others: copies once, and mirrors, which go on.
 *
 * IOMMU_IOAS_COPY enters the pages that one IOAS has pinned into another one; they
 * stay pinned, and charged, once for all (struct iopt_pages is shared). One call
 * copies any number of areas that lie side by side, and makes as many.
 *
 * A space that mirrors another has the same mappings at the same addresses, beside
 * its own. An interval of its source is claimed before that of its own, and nothing
 * mirrors a mirror, so there are never more than these two. It stays claimed in the
 * source until the call has reached all mirrors, or none: what a new mirror copies, when
 * it has all of the source to itself, is whole.
 *
 * Must not know: which backend it is, EAL, devices.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "core/address_space.h"
#include "backend/backend.h"
#include "util/log.h"
#include "util/parallel.h"
#include "util/progress.h"
#include "core/space_map.h"

/* A copy is cut into calls of about this size, to share them among threads. */
#define CALL_BYTES (UINT64_C(1) << 30)

/* Mappings side by side, for one call. */
struct stretch {
	uint64_t iova;
	uint64_t length;
	uint64_t va; /* of its beginning */
	uint32_t rights;
	bool entered;
};

struct work {
	struct rte_iommufd_space *space;
	struct rte_iommufd_space *source;
	uint64_t
		distance; /* from an IOVA here to the same memory's in the source */
	struct stretch *stretches;
	atomic_size_t calls;
	_Atomic(struct stretch *) failed; /* the first that did, or NULL */
	int error;			  /* of that one */
	struct progress progress;
};

static bool
continues(const struct stretch *stretch, const struct mapping *part)
{
	return stretch->iova + stretch->length == part->iova &&
		stretch->rights == part->rights && stretch->length < CALL_BYTES;
}

/* The stretches have room for one for each part. */
static size_t
join(const struct mapping *parts, size_t count, struct stretch *stretches)
{
	size_t joined = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		if (joined > 0 &&
			continues(&stretches[joined - 1], &parts[i])) {
			stretches[joined - 1].length += parts[i].length;
			continue;
		}
		stretches[joined++] = (struct stretch){
			.iova = parts[i].iova,
			.length = parts[i].length,
			.va = parts[i].va,
			.rights = parts[i].rights,
		};
	}
	return joined;
}

static int
copy_stretch(size_t item, void *argument)
{
	struct work *work = argument;
	struct stretch *stretch = &work->stretches[item];
	int ret = work->space->context->backend->copy(work->space,
		stretch->iova, work->source, stretch->iova + work->distance,
		stretch->length, stretch->rights);
	struct stretch *none = NULL;

	atomic_fetch_add(&work->calls, 1);
	if (ret != 0) {
		if (atomic_compare_exchange_strong(
			    &work->failed, &none, stretch))
			work->error = ret;
		return ret;
	}
	stretch->entered = true;
	progress_add(&work->progress, stretch->length);
	return 0;
}

static int
copy_stretches(struct work *work, size_t count, unsigned int threads)
{
	const struct stretch *failed;
	struct mapping run;
	uint64_t bytes = 0;
	size_t i;

	for (i = 0; i < count; i++)
		bytes += work->stretches[i].length;
	progress_start(&work->progress, "mapping memory for devices", bytes);
	parallel_run(count, threads, copy_stretch, work);
	failed = work->failed;
	pthread_mutex_lock(&work->space->map_lock);
	work->space->stats.map_calls += work->calls;
	work->space->stats.copy_calls += work->calls;
	work->space->stats.failed_calls += failed != NULL;
	pthread_mutex_unlock(&work->space->map_lock);
	if (failed == NULL)
		return 0;
	for (i = 0; i < count; i++) {
		run = (struct mapping){ .iova = work->stretches[i].iova,
			.length = work->stretches[i].length };
		if (work->stretches[i].entered)
			space_take_back_locked(work->space, &run);
	}
	run = (struct mapping){
		.iova = failed->iova, .length = failed->length, .va = failed->va
	};
	/* A copy shares what is pinned and charged for the source. */
	return space_refuse_batch(
		work->space, &run, bytes, MEMORY_NOT_CHARGED, work->error);
}

/* The kernel's half; legacy containers have no copy, so there it is mapped again. */
static int
copy_in_kernel(struct rte_iommufd_space *space, const struct mapping *parts,
	size_t count, struct rte_iommufd_space *source, uint64_t distance,
	unsigned int threads)
{
	struct work work = {
		.space = space,
		.source = source,
		.distance = distance,
	};
	int ret;

	if (!space->live)
		return 0;
	if (space->context->backend->copy == NULL)
		return space_enter_locked(space, parts, count, threads);
	work.stretches = calloc(count, sizeof(*work.stretches));
	if (work.stretches == NULL)
		return space_refuse_map(space, &parts[0], -ENOMEM);
	ret = copy_stretches(
		&work, join(parts, count, work.stretches), threads);
	free(work.stretches);
	return ret;
}

/* The parts are in terms of the space. */
static int
copy_locked(struct rte_iommufd_space *space, const struct mapping *parts,
	size_t count, struct rte_iommufd_space *source, uint64_t distance,
	unsigned int threads)
{
	int ret;

	if (count == 0)
		return 0;
	ret = space_record_locked(space, parts, count);
	if (ret != 0)
		return ret;
	ret = copy_in_kernel(space, parts, count, source, distance, threads);
	if (ret != 0)
		space_forget_locked(space, parts, count);
	return ret;
}

static int
refuse(const char *why)
{
	IOMMUFD_LOG(ERR, "cannot copy mappings: %s", why);
	return -EINVAL;
}

/* What [iova, iova + length) of the source consists of. */
static int
cut_out(struct rte_iommufd_space *source, uint64_t iova, uint64_t length,
	struct mapping **parts, size_t *count)
{
	struct locked_range locked;
	int ret;

	space_lock_range(source, &locked, iova, length);
	pthread_mutex_lock(&source->map_lock);
	ret = iova_map_cut_out(&source->map, iova, length, parts, count);
	pthread_mutex_unlock(&source->map_lock);
	space_unlock_range(source, &locked);
	if (ret != 0)
		IOMMUFD_LOG(ERR,
			"cannot copy %#" PRIx64 " + %#" PRIx64
			" of an address space: %s",
			iova, length,
			ret == -ENOENT		 ? "not all of it is mapped"
				: ret == -ENOMEM ? "out of memory"
						 : "this is no interval");
	return ret;
}

/* And into the spaces that mirror this one. */
static int
copy_everywhere(struct rte_iommufd_space *space, const struct mapping *parts,
	size_t count, struct rte_iommufd_space *source, uint64_t distance)
{
	const unsigned int threads = space_threads(space);
	size_t i;
	int ret;

	ret = copy_locked(space, parts, count, source, distance, threads);
	if (ret != 0)
		return ret;
	ret = mirrors_enter(space, parts, count, threads);
	for (i = 0; ret != 0 && i < count; i++)
		space_take_out_locked(space, parts[i].iova, parts[i].length, 1);
	return ret;
}

int
rte_iommufd_space_copy(struct rte_iommufd_space *space, uint64_t iova,
	struct rte_iommufd_space *source, uint64_t source_iova, uint64_t length,
	uint32_t rights)
{
	const uint64_t distance = source_iova - iova;
	struct mapping *parts;
	struct locked_range locked;
	size_t count, i;
	int ret;

	if (space == source || space->context != source->context)
		return refuse("it takes two spaces of one context");
	if (rights == 0 || (rights & ~ALL_RIGHTS) != 0)
		return refuse("the rights are neither read nor write");
	ret = cut_out(source, source_iova, length, &parts, &count);
	if (ret != 0)
		return ret;
	for (i = 0; i < count; i++) {
		parts[i].iova -= distance;
		parts[i].rights = rights;
		parts[i].origin = MAPPING_OF_PROGRAM;
	}
	space_lock_range(space, &locked, iova, length);
	ret = copy_everywhere(space, parts, count, source, distance);
	space_unlock_range(space, &locked);
	free(parts);
	return ret;
}

static int
mirror_enter(struct rte_iommufd_space *mirror, struct rte_iommufd_space *source,
	const struct mapping *runs, size_t count, unsigned int threads)
{
	struct mapping *parts = calloc(count + 1, sizeof(*parts));
	struct locked_range locked;
	size_t i;
	int ret;

	if (parts == NULL) {
		IOMMUFD_LOG(ERR, "no memory to mirror %zu mappings", count);
		return -ENOMEM;
	}
	for (i = 0; i < count; i++) {
		parts[i] = runs[i];
		parts[i].file = -1;
		parts[i].origin = MAPPING_OF_SOURCE;
	}
	space_lock_runs(mirror, &locked, parts, count);
	ret = copy_locked(mirror, parts, count, source, 0, threads);
	space_unlock_range(mirror, &locked);
	free(parts);
	return ret;
}

/* Whether it still has this area of the source. */
static bool
has_mirrored(struct rte_iommufd_space *mirror, const struct mapping *area)
{
	const struct mapping *own;
	bool has;

	pthread_mutex_lock(&mirror->map_lock);
	own = iova_map_find(&mirror->map, area->iova);
	has = own != NULL && own->origin == MAPPING_OF_SOURCE &&
		own->iova == area->iova && own->length == area->length;
	pthread_mutex_unlock(&mirror->map_lock);
	return has;
}

/* The source's area at that address. */
static struct mapping
area_at(struct rte_iommufd_space *source, uint64_t iova)
{
	struct mapping area;

	pthread_mutex_lock(&source->map_lock);
	area = *iova_map_find(&source->map, iova);
	pthread_mutex_unlock(&source->map_lock);
	return area;
}

/* Whether the program has left all that it mirrors of the interval where it was. */
static bool
has_all(struct rte_iommufd_space *mirror, struct rte_iommufd_space *source,
	uint64_t iova, uint64_t length)
{
	struct mapping area;
	uint64_t done;

	for (done = 0; done < length; done += area.length) {
		area = area_at(source, iova + done);
		if (!has_mirrored(mirror, &area))
			return false;
	}
	return true;
}

static int
leave_one_by_one(struct rte_iommufd_space *mirror,
	struct rte_iommufd_space *source, uint64_t iova, uint64_t length)
{
	struct mapping area;
	uint64_t done;
	int ret, failure = 0;

	for (done = 0; done < length; done += area.length) {
		area = area_at(source, iova + done);
		if (!has_mirrored(mirror, &area))
			continue;
		ret = space_take_out_locked(mirror, area.iova, area.length, 1);
		if (failure == 0)
			failure = ret;
	}
	return failure;
}

static int
mirror_leave(struct rte_iommufd_space *mirror, struct rte_iommufd_space *source,
	uint64_t iova, uint64_t length, unsigned int threads)
{
	struct locked_range locked;
	int ret;

	space_lock_range(mirror, &locked, iova, length);
	if (has_all(mirror, source, iova, length))
		ret = space_take_out_locked(mirror, iova, length, threads);
	else
		ret = leave_one_by_one(mirror, source, iova, length);
	space_unlock_range(mirror, &locked);
	return ret;
}

int
mirrors_leave(struct rte_iommufd_space *source, uint64_t iova, uint64_t length,
	unsigned int threads)
{
	struct rte_iommufd_space *mirror;
	int ret, failure = 0;

	TAILQ_FOREACH(mirror, &source->mirrors, next_mirror) {
		ret = mirror_leave(mirror, source, iova, length, threads);
		if (failure == 0)
			failure = ret;
	}
	return failure;
}

int
mirrors_enter(struct rte_iommufd_space *source, const struct mapping *runs,
	size_t count, unsigned int threads)
{
	struct rte_iommufd_space *mirror, *entered;
	size_t i;
	int ret;

	TAILQ_FOREACH(mirror, &source->mirrors, next_mirror) {
		ret = mirror_enter(mirror, source, runs, count, threads);
		if (ret != 0)
			goto leave;
	}
	return 0;

leave:
	for (entered = TAILQ_FIRST(&source->mirrors); entered != mirror;
		entered = TAILQ_NEXT(entered, next_mirror))
		for (i = 0; i < count; i++)
			mirror_leave(entered, source, runs[i].iova,
				runs[i].length, 1);
	return ret;
}

/*
 * Who mirrors whom is settled before any space is claimed, so that two calls the
 * other way about cannot wait for each other.
 */
static pthread_mutex_t relations_lock = PTHREAD_MUTEX_INITIALIZER;

static bool
can_mirror(const struct rte_iommufd_space *space,
	const struct rte_iommufd_space *source)
{
	return space->source == NULL && source->source == NULL &&
		space->mirror_count == 0 && space->unfollow == NULL;
}

bool
mirror_lets_follow(struct rte_iommufd_space *space,
	void (*unfollow)(struct rte_iommufd_space *space))
{
	bool lets;

	pthread_mutex_lock(&relations_lock);
	lets = space->source == NULL;
	if (lets)
		space->unfollow = unfollow;
	pthread_mutex_unlock(&relations_lock);
	return lets;
}

/* The whole source is claimed. */
static int
mirror_all(struct rte_iommufd_space *space, struct rte_iommufd_space *source)
{
	struct mapping *all;
	size_t count;
	int ret;

	ret = iova_map_list(&source->map, &all, &count);
	if (ret != 0) {
		IOMMUFD_LOG(ERR, "no memory to mirror an address space");
		return ret;
	}
	ret = mirror_enter(space, source, all, count, space_threads(space));
	free(all);
	if (ret == 0)
		TAILQ_INSERT_TAIL(&source->mirrors, space, next_mirror);
	return ret;
}

/* relations_lock is held. */
static int
begin_mirror(struct rte_iommufd_space *space, struct rte_iommufd_space *source)
{
	struct locked_range locked;
	int ret;

	if (space->source == source)
		return 0;
	if (!can_mirror(space, source))
		return refuse(
			"a space mirrors one other, which mirrors none, and does not follow memory itself");
	space_lock_all(source, &locked);
	ret = mirror_all(space, source);
	space_unlock_range(source, &locked);
	if (ret != 0)
		return ret;
	space->source = source;
	source->mirror_count++;
	return 0;
}

int
rte_iommufd_space_mirror(
	struct rte_iommufd_space *space, struct rte_iommufd_space *source)
{
	int ret;

	if (space == source || space->context != source->context)
		return refuse("it takes two spaces of one context");
	pthread_mutex_lock(&relations_lock);
	ret = begin_mirror(space, source);
	pthread_mutex_unlock(&relations_lock);
	return ret;
}

void
mirror_end(struct rte_iommufd_space *space)
{
	struct rte_iommufd_space *source = space->source;
	struct locked_range locked;

	if (source == NULL)
		return;
	space_lock_all(source, &locked);
	TAILQ_REMOVE(&source->mirrors, space, next_mirror);
	space_unlock_range(source, &locked);
	pthread_mutex_lock(&relations_lock);
	source->mirror_count--;
	space->source = NULL;
	pthread_mutex_unlock(&relations_lock);
}
