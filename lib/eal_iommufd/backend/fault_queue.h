/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef FAULT_QUEUE_H
#define FAULT_QUEUE_H

/*
 * A queue of page requests of devices, and the answers to them. One queue
 * serves all page tables of a space that takes page requests.
 *
 * Must not know: whose memory is requested, what is mapped, threads.
 */

#include <stdint.h>

#include "rte_iommufd_internal.h"

struct fault_queue {
	int iommu_fd;
	uint32_t id; /* for IOMMU_HWPT_ALLOC */
	int fd;	     /* to poll() for reading, non-blocking */
};

/* 0 or -errno; -EOPNOTSUPP when the kernel knows no fault queues. Not logged. */
int fault_queue_open(struct fault_queue *queue, int iommu_fd);
/*
 * After the page tables that use it: what is not answered by then is answered as
 * PAGE_ANSWER_INVALID. 0, or -errno when the kernel does not destroy the queue; its fd is
 * closed either way.
 */
int fault_queue_close(struct fault_queue *queue);
/*
 * Whole groups only, with room for FAULT_GROUP_MAX at least. How many requests were stored,
 * 0 when there is none, or -errno.
 */
int fault_queue_read(struct fault_queue *queue, struct page_request *requests,
	unsigned int capacity);
/* 0, or -EINVAL when the device has been detached meanwhile, which answers as well. */
int fault_queue_answer(
	struct fault_queue *queue, uint32_t cookie, enum page_answer answer);

#endif /* FAULT_QUEUE_H */
