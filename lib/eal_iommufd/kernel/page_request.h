/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef PAGE_REQUEST_H
#define PAGE_REQUEST_H

/*
 * A page request of a device, and the answer to it, in the library's terms:
 * struct iommu_hwpt_pgfault and struct iommu_hwpt_page_response.
 *
 * Must not know: how requests are read, who serves them.
 */

#include <stdbool.h>
#include <stdint.h>

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

#endif /* PAGE_REQUEST_H */
