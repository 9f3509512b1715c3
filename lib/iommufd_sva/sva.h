/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVA_H
#define SVA_H

/*
 * The parts of an sva: sva.c creates and destroys it and its bindings; sva_operations.c
 * has the other public functions; sva_service.c has the two threads of the service;
 * sva_group.c serves groups of page requests, and sva_fault.c one page; sva_notifier.c unmaps memory that the process frees, as
 * an MMU notifier does in the kernel; watches.c knows by which userfaultfd a mapping is
 * followed; sva_report.c logs failures. doc/sva.md describes
 * how they work together.
 *
 * The rule for all of these files: a thread that calls munmap(), mremap(), madvise() or
 * brk() on followed memory waits in the kernel until another thread reads the report.
 * During that time it keeps all its locks: those of malloc(), of EAL's memory, of the
 * program. So the thread that follows, and every other thread while it holds
 * rte_iommufd_sva.lock,
 *  - calls nothing that takes such a lock: no malloc(), free() or realloc(), no log, no
 *    function of EAL, no other lock of this library;
 *  - returns no memory to the kernel.
 * The thread that pins does not either, because a thread in such a call may wait for
 * munmap() of another one, and devices for a page. It does what takes long without the lock.
 * The threads' own memory comes from userfault_memory_alloc(), and a separate
 * thread writes their log lines (sva_report.h).
 *
 * rte_iommufd_sva.lock is taken after all locks in backend/objects.h. Only the report's
 * lock may be taken after it.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "kernel/vma_query.h"
#include "rte_iommufd_internal.h"
#include "rte_iommufd_sva.h"
#include "sva_report.h"
#include "util/area_lru.h"
#include "util/fair_lock.h"
#include "util/interval.h"
#include "util/pending_removals.h"
#include "util/streams.h"
#include "watches.h"

#define SVA_RANGES 32
#define SVA_HELD_MAX 64

/* A device and the PASID by which it uses the process's addresses. */
struct sva_binding {
	TAILQ_ENTRY(sva_binding) next;
	struct rte_iommufd_device *device;
	uint32_t pasid;
};

/* A group that is answered when nothing is about to be dropped in the interval. */
struct sva_held {
	uint32_t cookie;
	struct interval interval;
};

struct rte_iommufd_sva {
	/* These do not change between create and destroy. */
	struct rte_iommufd_context *context;
	struct rte_iommufd_fault_space *faults;
	pid_t owner;
	uint64_t page;
	uint64_t pin_limit; /* UINT64_MAX: none */
	uint64_t fault_around;
	uint64_t stream_around; /* the most that is mapped for a stream */
	unsigned int users; /* its creators; guarded by sva.c's process_lock */
	struct vma_query view;
	int wake_fd; /* of the thread that follows */
	int stop_fd; /* of the thread that pins */
	struct sva_report report;
	pthread_t follower;
	pthread_t pinner;
	void *own_page; /* for userfault_pass_threads() */

	/* Only the thread that pins uses these. */
	struct sva_held held[SVA_HELD_MAX];
	unsigned int held_count;

	/* One bind or unbind at a time. */
	pthread_mutex_t binding_lock;
	TAILQ_HEAD(, sva_binding) bindings; /* guarded by binding_lock */

	/* Not 0: a change is under way; written under the lock, read without it. */
	uint32_t fence;
	/* Incremented before reports are read; the same. */
	uint32_t changes;

	struct fair_lock lock;
	/* From here on guarded by the lock. */
	struct watches watches;
	struct area_lru residency;
	struct area_lru kept;		/* what is not evicted, mapped or not */
	TAILQ_HEAD(, sva_keep) keeping; /* what is being mapped to be kept */
	struct pending_removals removals;
	struct rte_iommufd_sva_stats stats;
	uint64_t round; /* one group, or one prefault */
	struct streams streams;
	/* IOVAs that the bound devices reach; none: all, because they are not known */
	struct rte_iommufd_range ranges[SVA_RANGES];
	unsigned int range_count;
	unsigned int bound;
	bool ending;
	bool failed;	   /* all page requests are refused */
	bool queue_failed; /* and the fault queue cannot be read */
};

/* Its figures now; all but the size. The lock is held. */
static inline struct rte_iommufd_sva_stats
sva_figures(const struct rte_iommufd_sva *sva)
{
	struct rte_iommufd_sva_stats figures = sva->stats;

	figures.areas = sva->residency.count;
	figures.pinned = sva->residency.bytes;
	figures.pinned_peak = sva->residency.peak;
	return figures;
}

/* --- sva.c --- */

/* 0; -EINVAL: called in a child of the process that has made it, logged. */
int sva_refuse_child(const struct rte_iommufd_sva *sva);

/* --- sva_service.c --- */

/* The two threads. -errno of pthread_create(). */
int sva_service_start(struct rte_iommufd_sva *sva);
/* They have answered, unmapped and unfollowed everything when this returns. */
void sva_service_stop(struct rte_iommufd_sva *sva);

/* What the thread that follows waits for besides its eventfd. */
struct sva_sleep {
	int changes; /* a descriptor; -1: none */
	int milliseconds;
};

/*
 * One turn of each thread, after it was woken. No lock held. Also for unit tests. false: the
 * sva is ending.
 */
bool sva_service_follow(struct rte_iommufd_sva *sva, struct sva_sleep *sleep);
void sva_service_serve(struct rte_iommufd_sva *sva);
/*
 * The lock held. Nothing is mapped or followed any more, and from now on all requests are
 * refused. Noted in the report once.
 */
void sva_service_end(struct rte_iommufd_sva *sva, int error);

/* --- sva_fault.c --- */

enum sva_outcome {
	SVA_MAPPED,
	SVA_PRESENT,
	SVA_REFUSED, /* the process does not have it */
	SVA_FAILED,  /* it does, but the kernel or a limit refuses */
};

struct sva_request {
	uint64_t address;
	uint32_t rights;
	uint64_t around;      /* size of the block that may be mapped with it */
	struct interval clip; /* but not beyond, hugepages apart */
	bool all;	  /* the block is requested, not only mapped with it */
	bool by_service;  /* it is the thread that pins that asks */
	bool speculative; /* nothing is requested: nothing is evicted for it */
	/* Out: -errno for SVA_FAILED and SVA_REFUSED; -EAGAIN, with either of them: the
	 * process has changed again and again under way, or
	 */
	int error;
	/* what is there is about to be dropped, so that nothing of this is mapped now */
	struct interval held; /* empty: it is not */
};

/* The note for such an error, if there is one. */
bool sva_report_kind_of(
	enum sva_outcome outcome, int error, enum sva_report_kind *kind);

/*
 * Reads from the disk, clears and copies what will be mapped for the request. No lock held. It
 * may take long, and for that time no thread that changes its memory waits for it.
 */
void sva_fault_prepare(
	struct rte_iommufd_sva *sva, struct sva_request *request);

/* Makes the page present for devices. The lock held. */
enum sva_outcome sva_fault_in(
	struct rte_iommufd_sva *sva, struct sva_request *request);

/* Requests are not refused. The lock held. */
bool sva_fault_is_serving(const struct rte_iommufd_sva *sva);

/* Memory that is being mapped to be kept; of who maps it. */
struct sva_keep {
	TAILQ_ENTRY(sva_keep) next;
	struct interval interval;
	struct area *record; /* for the record of what is kept */
	bool is_forgotten;   /* a part has changed meanwhile */
};

/*
 * From now on what is mapped in the interval is not evicted; 0 or -ENOMEM. At the end, if it was
 * mapped, that goes on: with intervals that it overlaps it becomes one, and it ends for all of it
 * when any part is forgotten. Else all is as before. The lock held.
 */
int sva_fault_keep_begin(struct rte_iommufd_sva *sva, struct sva_keep *keep);
void sva_fault_keep_end(
	struct rte_iommufd_sva *sva, struct sva_keep *keep, bool is_mapped);
/* What is kept in the interval, and with it, can be evicted from now on. The lock held. */
void sva_fault_forget(struct rte_iommufd_sva *sva, struct interval interval);

/* --- sva_group.c --- */

/*
 * Serves and answers whole groups. No lock held. Ends when the sva has failed; what was
 * not answered by then is answered as refused.
 */
void sva_group_serve(struct rte_iommufd_sva *sva,
	const struct page_request *requests, unsigned int count);
/*
 * Answers the groups that were held and need not be any more: devices try again. No lock held.
 * Whether some are left.
 */
bool sva_group_release(struct rte_iommufd_sva *sva);

/* --- sva_notifier.c, the lock held --- */

/*
 * Unmaps every area that touches the interval. 0; or the first -errno of
 * the kernel, which is noted in the report; the sva has failed then.
 */
int sva_invalidate_interval(
	struct rte_iommufd_sva *sva, struct interval interval);
int sva_invalidate_area(struct rte_iommufd_sva *sva, struct area *area);
void sva_invalidate_all(struct rte_iommufd_sva *sva);

/* From now on changes of the mapping are reported. Returns as watches_follow(). */
int sva_notifier_register(struct rte_iommufd_sva *sva, struct interval interval,
	unsigned int *watch);
/*
 * Unmaps the mappings that have changed, and then reads one report of each. How many, or -errno.
 * Threads that change memory all the time make it no longer.
 */
int sva_notifier_read(struct rte_iommufd_sva *sva);
/* The same until there are no reports; but not without end. */
int sva_notifier_read_all(struct rte_iommufd_sva *sva);
/*
 * Unmaps what is about to be reported, and wherever pages may have been dropped since they
 * were mapped.
 */
void sva_notifier_settle(struct rte_iommufd_sva *sva);
/* Unmaps again where pages were about to be dropped: what is due, or all. */
void sva_notifier_recheck(struct rte_iommufd_sva *sva, bool at_all);
/*
 * Sees which threads have continued since their removals were reported. Whether one of the
 * removals may be over: then the caller lets go of the lock, calls userfault_pass_threads(),
 * and ends them with what userfault_preemptions() and userfault_now() returned after that.
 */
bool sva_notifier_observe(struct rte_iommufd_sva *sva);
void sva_notifier_end_removals(
	struct rte_iommufd_sva *sva, uint64_t preemptions, uint64_t now);

#endif /* SVA_H */
