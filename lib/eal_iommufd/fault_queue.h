/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef FAULT_QUEUE_H
#define FAULT_QUEUE_H

/*
 * A queue of page requests: what devices ask for and what they are told. One queue
 * serves all page tables of a space that takes page requests.
 *
 * Must not know: whose memory is asked for, what is mapped, threads.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "rte_iommufd.h"

/*
 * The longest group of requests that is served. A group can have as many as a device may have
 * outstanding, which Intel's driver limits to the depth of its queue (PRQ_DEPTH, pci_enable_pri()).
 */
#define FAULT_GROUP_MAX 2048

/* A page that a device asks for: struct iommu_hwpt_pgfault in our terms. */
struct page_request {
	uint32_t device_id; /* the device's object in the context */
	uint32_t pasid;	    /* 0 without one */
	uint32_t group;
	bool last;	 /* of its group */
	uint32_t rights; /* RTE_IOMMUFD_MAP_* */
	uint64_t address;
	uint32_t cookie; /* one answer per cookie answers the group */
};

enum page_answer {
	PAGE_ANSWER_SUCCESS,
	PAGE_ANSWER_INVALID, /* there is no such page: the device gives up */
};

struct fault_queue {
	int iommu_fd;
	uint32_t id; /* for IOMMU_HWPT_ALLOC */
	int fd;	     /* to poll() for reading, non-blocking */
};

/* 0 or -errno; -EOPNOTSUPP when the kernel knows no fault queues. Not logged. */
int fault_queue_open(struct fault_queue *queue, int iommu_fd);
/*
 * After the page tables that use it: what is not answered by then is answered as
 * PAGE_ANSWER_INVALID. 0, or the -errno that the kernel keeps the queue with; its fd is
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
