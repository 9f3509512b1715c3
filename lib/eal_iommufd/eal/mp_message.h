/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef MP_MESSAGE_H
#define MP_MESSAGE_H

/*
 * The messages between a secondary process and its primary over EAL's multi-process
 * channel: one request, one answer, and at most one descriptor with either.
 *
 * The order of a mapping: the secondary sends what it intends to map, maps it by itself
 * (the kernel takes the pages of the calling process), and sends that it is mapped. The
 * primary unmaps: the kernel lets any process that has the descriptor do that.
 *
 * Must not know: the sender, the receiver.
 */

#include <stdint.h>

#include <rte_common.h>
#include <rte_eal.h>

#define MP_ACTION "iommufd_device"
/* Changes with the format; processes of different formats do not understand each other. */
#define MP_VERSION 2

enum mp_kind {
	MP_BORROW_DEVICE = 1, /* path; answered with the device's descriptor */
	MP_BORROW_SPACE, /* with a pidfd of the secondary; see enum mp_way */
	MP_INTEND,	 /* va, iova, length; answered by MP_IS_EALS, too */
	MP_WITHDRAW,	 /* iova, length: the kernel has refused it */
	MP_COMMIT,	 /* va, iova, length: the kernel has it */
	MP_UNMAP,	 /* iova, length */
};

/* By which call a secondary maps into the primary's address space. */
enum mp_way {
	MP_WAY_IOAS = 1,  /* the descriptor is /dev/iommu */
	MP_WAY_CONTAINER, /* it is a legacy container */
	MP_WAY_NONE,	  /* there is no IOMMU, and no descriptor */
};

/* An answer to MP_INTEND: EAL's memory, which is mapped already. */
#define MP_IS_EALS 1

struct mp_request {
	uint32_t version;
	uint32_t kind;
	/* The answer has the same. A request that is sent again has that of before. */
	uint64_t number;
	uint64_t va;
	uint64_t iova;
	uint64_t length;
	char path[RTE_MP_MAX_PARAM_LEN - 40];
};

struct mp_answer {
	uint32_t version;
	int32_t result; /* 0, MP_IS_EALS or -errno; -EOPNOTSUPP: backend stock */
	uint64_t number;
	uint32_t way;
	uint32_t ioas_id;
};

/*
 * The one descriptor that came with a message, with FD_CLOEXEC, which the caller closes; -EIO
 * when there is not exactly one, and then all are closed.
 */
int mp_message_take_fd(const struct rte_mp_msg *message);

#endif /* MP_MESSAGE_H */
