/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Secondary processes: they borrow the primary's devices, whose file descriptors
 * travel over EAL's multi-process channel (SCM_RIGHTS).
 *
 * Must not know: backends, spaces.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "backend/backend.h"
#include "eal/received_fds.h"
#include "kernel/kernel.h"
#include "util/log.h"

#define ACTION "iommufd_device"
#define PATIENCE_SECONDS 5

/* What a secondary asks, and what the primary answers with a descriptor or none. */
struct request {
	char path[RTE_MP_MAX_PARAM_LEN];
};

struct answer {
	int result; /* 0 or -errno */
};

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

/* Runs in EAL's channel thread of the primary. */
static int
answer_request(const struct rte_mp_msg *message, const void *peer)
{
	struct rte_iommufd_context *context;
	struct rte_mp_msg reply = { .len_param = sizeof(struct answer) };
	struct request request;
	struct answer answer;
	int fd = -EINVAL;
	int ret;

	received_fds_close(message);
	if (message->len_param == sizeof(request)) {
		memcpy(&request, message->param, sizeof(request));
		request.path[sizeof(request.path) - 1] = '\0';
		fd = rte_iommufd_context_default(&context);
		if (fd == 0)
			fd = copy_device_fd(context, request.path);
	}
	if (fd >= 0) {
		reply.num_fds = 1;
		reply.fds[0] = fd;
	}
	answer.result = fd < 0 ? fd : 0;
	memcpy(reply.param, &answer, sizeof(answer));
	strcpy(reply.name, ACTION);
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
	if (rte_mp_action_register(ACTION, answer_request) == 0 ||
		rte_errno == EEXIST || rte_errno == ENOTSUP)
		return 0;
	IOMMUFD_LOG(ERR, "secondary processes will not get devices: %s",
		rte_strerror(rte_errno));
	return -rte_errno;
}

/* The descriptor, or -errno; -EOPNOTSUPP when nobody answers. */
static int
request_fd(const struct request *request)
{
	const struct timespec patience = { .tv_sec = PATIENCE_SECONDS };
	struct rte_mp_msg message = { .len_param = sizeof(*request) };
	struct rte_mp_reply replies = { 0 };
	struct answer answer = { .result = -EOPNOTSUPP };
	int fd = -1;

	strcpy(message.name, ACTION);
	memcpy(message.param, request, sizeof(*request));
	if (rte_mp_request_sync(&message, &replies, &patience) != 0 ||
		replies.nb_received != 1) {
		free(replies.msgs);
		return -EOPNOTSUPP;
	}
	memcpy(&answer, replies.msgs[0].param, sizeof(answer));
	if (answer.result != 0)
		received_fds_close(&replies.msgs[0]);
	else
		answer.result = received_fds_take(&replies.msgs[0], &fd, 1);
	free(replies.msgs);
	return answer.result != 0 ? answer.result : fd;
}

static int
borrow(const char *device_path, struct rte_iommufd_device *device)
{
	struct request request = { 0 };
	int ret;

	if (strlen(device_path) >= sizeof(request.path)) {
		IOMMUFD_LOG(ERR, "%s: the path is too long to be asked for",
			device_path);
		return -EINVAL;
	}
	strcpy(request.path, device_path);
	ret = sysfs_device_find(device_path, &device->place);
	ret = ret == 0 ? request_fd(&request) : -ENOENT;
	if (ret < 0) {
		if (ret != -EOPNOTSUPP)
			IOMMUFD_LOG(ERR,
				"%s: the primary process does not lend this device: %s; start it with the same -a options",
				device_path, rte_strerror(-ret));
		return ret;
	}
	device->fd = ret;
	return 0;
}

int
rte_iommufd_process_borrow(
	const char *device_path, struct rte_iommufd_device **device)
{
	struct rte_iommufd_device *made;
	int ret;

	if (rte_eal_process_type() != RTE_PROC_SECONDARY)
		return -EINVAL;
	made = calloc(1, sizeof(*made));
	if (made == NULL) {
		IOMMUFD_LOG(ERR, "%s: no memory for the device", device_path);
		return -ENOMEM;
	}
	ret = borrow(device_path, made);
	if (ret != 0) {
		free(made);
		return ret;
	}
	*device = made;
	return 0;
}
