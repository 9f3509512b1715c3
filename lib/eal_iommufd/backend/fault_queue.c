/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* A queue of page requests; see fault_queue.h. */

#include <errno.h>

#include "backend/fault_queue.h"
#include "kernel/kernel.h"

int
fault_queue_open(struct fault_queue *queue, int iommu_fd)
{
	int fd = kernel_fault_queue_alloc(iommu_fd, &queue->id);

	if (fd < 0)
		return fd == -ENOTTY ? -EOPNOTSUPP : fd;
	queue->iommu_fd = iommu_fd;
	queue->fd = fd;
	return 0;
}

/*
 * The open file keeps the object in use, so it is closed first:
 * iommufd_eventq_fops_release().
 */
int
fault_queue_close(struct fault_queue *queue)
{
	kernel_close(queue->fd);
	queue->fd = -1;
	return kernel_object_destroy(queue->iommu_fd, queue->id);
}

int
fault_queue_read(struct fault_queue *queue, struct page_request *requests,
	unsigned int capacity)
{
	return kernel_fault_read(queue->fd, requests, capacity);
}

int
fault_queue_answer(
	struct fault_queue *queue, uint32_t cookie, enum page_answer answer)
{
	return kernel_fault_answer(queue->fd, cookie, answer);
}
