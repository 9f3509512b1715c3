/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The primary process answers its secondary processes.
 *
 * The requests of a secondary, and the checks:
 *  - who can send at all is decided by the permissions of EAL's runtime folder: it has
 *    the same user, and shares EAL's memory. It gets descriptors of devices, of
 *    /dev/iommu or of the container, with which the kernel lets it map, unmap and do
 *    anything the primary can. So this does not protect one user from another. The checks
 *    protect the primary from mistakes, from other versions and from processes that end
 *    in the middle of a request.
 *  - a message has this version and length; a path is ended; a request that brings a
 *    descriptor brings one, which can be waited for, and others are closed.
 *  - a device is lent by its path, only when this process has opened it.
 *  - what it intends to map is an interval that overlaps nothing of the record: no memory
 *    of EAL's (all of an interval at the same addresses is accepted without a map call),
 *    nothing of the program's, nothing that another secondary has or intends.
 *  - it unmaps only what it has mapped itself, each mapping as a whole.
 *
 * Must not know: what has been mapped by whom (secondary_maps.c).
 */

#include <errno.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "backend/backend.h"
#include "eal/mp_message.h"
#include "eal/secondary_maps.h"
#include "kernel/kernel.h"
#include "util/log.h"

/* A copy, because the device may be closed while the answer is on its way. */
static int
copy_device_fd(struct rte_iommufd_context *context, const char *path)
{
	struct rte_iommufd_device *device;
	int fd = -ENOENT;

	pthread_mutex_lock(&context->lock);
	TAILQ_FOREACH(device, &context->devices, next)
		if (sysfs_device_is_at(&device->place, path) && device->fd >= 0)
			fd = kernel_duplicate_fd(device->fd);
	pthread_mutex_unlock(&context->lock);
	return fd;
}

/* The space that is lent, and what the secondary needs to map into it. */
struct lent_space {
	const struct rte_iommufd_context *context;
	struct mp_answer *answer;
	int *fd; /* a copied descriptor, if there is one */
};

static int
give_copy(int fd, int *copy)
{
	int ret = kernel_duplicate_fd(fd);

	if (ret < 0)
		return ret;
	*copy = ret;
	return 0;
}

static int
find_space_to_lend(struct rte_iommufd_space **found, void *argument)
{
	const struct lent_space *lent = argument;
	struct mp_answer *answer = lent->answer;
	struct rte_iommufd_space *space = rte_iommufd_context_memory(
		lent->context);

	*found = space;
	if (space == NULL)
		return -ENODEV;
	if (space->context->backend->unsafe && space->container_fd >= 0) {
		answer->way = MP_WAY_NONE;
		return 0;
	}
	if (space->container_fd >= 0) {
		answer->way = MP_WAY_CONTAINER;
		return give_copy(space->container_fd, lent->fd);
	}
	answer->way = MP_WAY_IOAS;
	answer->ioas_id = space->ioas_id;
	return give_copy(space->context->iommu_fd, lent->fd);
}

static int
lend_space(struct rte_iommufd_context *context, int pidfd, const char *peer,
	struct mp_answer *answer, int *fd)
{
	struct lent_space lent = {
		.context = context,
		.answer = answer,
		.fd = fd,
	};

	if (pidfd < 0)
		return -EPROTO;
	/* The list keeps a descriptor of its own. */
	pidfd = kernel_duplicate_fd(pidfd);
	if (pidfd < 0)
		return pidfd;
	return secondary_maps_join(peer, pidfd, find_space_to_lend, &lent);
}

static int
lend_device(struct rte_iommufd_context *context, const char *path, int *fd)
{
	int ret = copy_device_fd(context, path);

	if (ret >= 0)
		*fd = ret;
	return ret < 0 ? ret : 0;
}

static int
act_on_map(const struct mp_request *request, const char *peer)
{
	switch (request->kind) {
	case MP_INTEND:
		return secondary_maps_intend(
			peer, request->va, request->iova, request->length);
	case MP_WITHDRAW:
		return secondary_maps_withdraw(
			peer, request->iova, request->length);
	case MP_COMMIT:
		return secondary_maps_commit(
			peer, request->iova, request->length);
	case MP_UNMAP:
		return secondary_maps_unmap(
			peer, request->iova, request->length);
	}
	return -EPROTO;
}

/* Sent again, because the answer did not come in time, it has been acted on. */
static int
act_on_map_once(const struct mp_request *request, const char *peer)
{
	int ret;

	if (secondary_maps_is_answered(peer, request->number, &ret))
		return ret;
	ret = act_on_map(request, peer);
	secondary_maps_note_answer(peer, request->number, ret);
	return ret;
}

/* What is asked, in the context. */
static int
answer_in_context(struct rte_iommufd_context *context,
	const struct mp_request *request, int pidfd, const char *peer,
	struct mp_answer *answer, int *fd)
{
	switch (request->kind) {
	case MP_BORROW_DEVICE:
		return lend_device(context, request->path, fd);
	case MP_BORROW_SPACE:
		return lend_space(context, pidfd, peer, answer, fd);
	}
	return act_on_map_once(request, peer);
}

static int
answer_request(const struct rte_mp_msg *message, const char *peer,
	struct mp_answer *answer, int *fd)
{
	struct rte_iommufd_context *context;
	struct mp_request request;
	int pidfd = mp_message_take_fd(message);
	int ret = -EPROTO;

	if (message->len_param == sizeof(request)) {
		memcpy(&request, message->param, sizeof(request));
		request.path[sizeof(request.path) - 1] = '\0';
		answer->number = request.number;
		if (request.version == MP_VERSION)
			ret = rte_iommufd_context_default(&context);
	}
	if (ret == 0 &&
		strcmp(rte_iommufd_context_backend(context), "stock") == 0)
		ret = -EOPNOTSUPP;
	if (ret == 0)
		ret = answer_in_context(
			context, &request, pidfd, peer, answer, fd);
	if (pidfd >= 0)
		kernel_close(pidfd);
	return ret;
}

/* Runs in EAL's channel thread of the primary. */
static int
mp_primary_on_request(const struct rte_mp_msg *message, const void *peer)
{
	struct rte_mp_msg reply = { .len_param = sizeof(struct mp_answer) };
	struct mp_answer answer = { .version = MP_VERSION };
	int fd = -1;
	int ret;

	answer.result = answer_request(message, peer, &answer, &fd);
	if (fd >= 0) {
		reply.num_fds = 1;
		reply.fds[0] = fd;
	}
	memcpy(reply.param, &answer, sizeof(answer));
	strcpy(reply.name, MP_ACTION);
	ret = rte_mp_reply(&reply, peer);
	if (fd >= 0)
		kernel_close(fd);
	return ret;
}

int
rte_iommufd_process_serve(void)
{
	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return -EINVAL;
	if (rte_mp_action_register(MP_ACTION, mp_primary_on_request) == 0 ||
		rte_errno == EEXIST || rte_errno == ENOTSUP)
		return 0;
	IOMMUFD_LOG(ERR, "secondary processes will not get devices: %s",
		rte_strerror(rte_errno));
	return -rte_errno;
}
