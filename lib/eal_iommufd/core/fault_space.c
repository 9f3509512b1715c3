/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The functions of rte_iommufd_internal.h: an address space with a queue of page requests,
 * for a library that keeps its own record of what is mapped.
 *
 * Must not know: what is mapped; how page requests are answered.
 */

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#include <rte_errno.h>

#include "backend/backend.h"
#include "backend/fault_queue.h"
#include "core/address_space.h"
#include "core/fault_space.h"
#include "core/pasid.h"
#include "explain/explain.h"
#include "kernel/kernel.h"
#include "rte_iommufd.h"
#include "rte_iommufd_internal.h"
#include "util/iova_map.h"
#include "util/log.h"
#include "util/parallel.h"

struct rte_iommufd_fault_space {
	TAILQ_ENTRY(rte_iommufd_fault_space) next;
	struct fault_queue queue;
	struct rte_iommufd_space *space;
	/* Set once; read without a lock. */
	fault_space_device_closes_t device_closes;
	void *of_device_closes;
};

/*
 * All of the process. It is held while a user is told that a device is closed, so that the user
 * is still there; it is taken before all other locks.
 */
static pthread_mutex_t users_lock = PTHREAD_MUTEX_INITIALIZER;
static TAILQ_HEAD(, rte_iommufd_fault_space) users = TAILQ_HEAD_INITIALIZER(
	users);

/* The queue is an object of the context's iommufd, so the backend is decided first. */
static int
open_queue(struct rte_iommufd_context *context, struct fault_queue *queue)
{
	int ret = rte_iommufd_context_choose(context, NULL);

	if (ret != 0)
		return ret;
	if (context->backend->attach_pasid == NULL) {
		IOMMUFD_LOG(ERR,
			"backend %s has no page requests: shared virtual addressing needs RTE_IOMMUFD=backend=iommufd",
			context->backend->name);
		return -EOPNOTSUPP;
	}
	ret = fault_queue_open(queue, context->iommu_fd);
	if (ret != 0)
		IOMMUFD_LOG(ERR,
			"the kernel makes no queue of page requests: %s",
			ret == -EOPNOTSUPP ? "it is older than Linux 6.11"
					   : rte_strerror(-ret));
	return ret;
}

int
rte_iommufd_fault_space_create(struct rte_iommufd_context *context,
	struct rte_iommufd_fault_space **faults)
{
	struct rte_iommufd_fault_space *made = calloc(1, sizeof(*made));
	int ret;

	if (made == NULL) {
		IOMMUFD_LOG(ERR, "no memory for an address space");
		return -ENOMEM;
	}
	ret = open_queue(context, &made->queue);
	if (ret != 0)
		goto release;
	ret = address_space_create_faulting(
		context, &made->queue, &made->space);
	if (ret != 0)
		goto close_queue;
	made->space->owned = true;
	*faults = made;
	return 0;

close_queue:
	fault_queue_close(&made->queue);
release:
	free(made);
	return ret;
}

void
rte_iommufd_fault_space_destroy(struct rte_iommufd_fault_space *faults)
{
	if (faults == NULL)
		return;
	pthread_mutex_lock(&users_lock);
	if (faults->device_closes != NULL)
		TAILQ_REMOVE(&users, faults, next);
	pthread_mutex_unlock(&users_lock);
	rte_iommufd_space_destroy(faults->space);
	fault_queue_close(&faults->queue);
	free(faults);
}

void
rte_iommufd_fault_space_watch_devices(struct rte_iommufd_fault_space *faults,
	fault_space_device_closes_t device_closes, void *argument)
{
	pthread_mutex_lock(&users_lock);
	faults->device_closes = device_closes;
	faults->of_device_closes = argument;
	TAILQ_INSERT_TAIL(&users, faults, next);
	pthread_mutex_unlock(&users_lock);
}

void
fault_space_device_closes(struct rte_iommufd_device *device)
{
	struct rte_iommufd_fault_space *faults;

	pthread_mutex_lock(&users_lock);
	TAILQ_FOREACH(faults, &users, next)
		faults->device_closes(faults->of_device_closes, device);
	pthread_mutex_unlock(&users_lock);
}

int
rte_iommufd_fault_space_detach(struct rte_iommufd_fault_space *faults,
	struct rte_iommufd_device *device, uint32_t pasid)
{
	int ret;

	pthread_mutex_lock(&device->context->lock);
	ret = pasid_detach_owned(device, pasid, faults->space);
	pthread_mutex_unlock(&device->context->lock);
	return ret;
}

struct rte_iommufd_space *
rte_iommufd_fault_space_of(const struct rte_iommufd_fault_space *faults)
{
	return faults->space;
}

int
rte_iommufd_fault_space_fd(const struct rte_iommufd_fault_space *faults)
{
	return faults->queue.fd;
}

int
rte_iommufd_fault_space_read(struct rte_iommufd_fault_space *faults,
	struct page_request *requests, unsigned int capacity)
{
	return fault_queue_read(&faults->queue, requests, capacity);
}

int
rte_iommufd_fault_space_answer(struct rte_iommufd_fault_space *faults,
	uint32_t cookie, enum page_answer answer)
{
	return fault_queue_answer(&faults->queue, cookie, answer);
}

int
rte_iommufd_fault_space_map(struct rte_iommufd_fault_space *faults,
	uint64_t address, uint64_t length, uint32_t rights)
{
	return kernel_ioas_map(faults->queue.iommu_fd, faults->space->ioas_id,
		address, address, length, rights);
}

int
rte_iommufd_fault_space_unmap(struct rte_iommufd_fault_space *faults,
	uint64_t address, uint64_t length)
{
	uint64_t unmapped;
	int ret = kernel_ioas_unmap(faults->queue.iommu_fd,
		faults->space->ioas_id, address, length, &unmapped);

	return ret == 0 && unmapped != length ? -EIO : ret;
}

void
rte_iommufd_fault_space_explain(char *text, size_t size, uint64_t address,
	uint64_t length, uint32_t rights, int error)
{
	const struct mapping run = {
		.iova = address,
		.va = address,
		.length = length,
		.rights = rights,
		.file = -1,
	};
	struct explanation why;

	snprintf(text, size, "%s",
		explain_map(
			&why, &run, NULL, 0, MEMORY_CHARGED_TO_USER, error));
}

void
rte_iommufd_thread_use_process_cpus(void)
{
	parallel_use_process_cpus();
}
