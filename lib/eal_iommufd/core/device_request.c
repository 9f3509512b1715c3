/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * What drivers request for devices that are about to be opened: an empty address space,
 * without EAL's memory.
 *
 * Must not know: how devices are opened; the purpose of an empty address space.
 */

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "rte_iommufd.h"
#include "rte_iommufd_internal.h"
#include "util/log.h"

struct request {
	TAILQ_ENTRY(request) next;
	char address[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static TAILQ_HEAD(, request) requests = TAILQ_HEAD_INITIALIZER(requests);

/* The last part of a path, which may end with slashes: not a string of its own. */
struct last_part {
	const char *start;
	size_t length;
};

/* The device's folder can be reached by several paths; the last part is the device's name. */
static struct last_part
device_request_address_of(const char *path)
{
	size_t end = strlen(path);
	size_t start;

	while (end > 0 && path[end - 1] == '/')
		end--;
	for (start = end; start > 0 && path[start - 1] != '/';)
		start--;
	return (struct last_part){ path + start, end - start };
}

static bool
device_request_is_for(const struct request *request, struct last_part address)
{
	return strlen(request->address) == address.length &&
		memcmp(request->address, address.start, address.length) == 0;
}

static struct request *
device_request_find_locked(const char *path)
{
	const struct last_part address = device_request_address_of(path);
	struct request *request;

	TAILQ_FOREACH(request, &requests, next)
		if (device_request_is_for(request, address))
			return request;
	return NULL;
}

static int
device_request_add_locked(const char *path)
{
	const struct last_part address = device_request_address_of(path);
	struct request *made;

	if (device_request_find_locked(path) != NULL)
		return 0;
	made = calloc(1, sizeof(*made) + address.length + 1);
	if (made == NULL)
		return -ENOMEM;
	memcpy(made->address, address.start, address.length);
	TAILQ_INSERT_TAIL(&requests, made, next);
	return 0;
}

int
rte_iommufd_device_request_empty(const char *path)
{
	int ret;

	pthread_mutex_lock(&lock);
	ret = device_request_add_locked(path);
	pthread_mutex_unlock(&lock);
	if (ret != 0)
		IOMMUFD_LOG(ERR, "%s: no memory for a request", path);
	return ret;
}

void
rte_iommufd_device_request_withdraw(const char *path)
{
	struct request *request;

	pthread_mutex_lock(&lock);
	request = device_request_find_locked(path);
	if (request != NULL)
		TAILQ_REMOVE(&requests, request, next);
	pthread_mutex_unlock(&lock);
	free(request);
}

bool
rte_iommufd_device_wants_empty(const char *path)
{
	bool wants;

	pthread_mutex_lock(&lock);
	wants = device_request_find_locked(path) != NULL;
	pthread_mutex_unlock(&lock);
	return wants;
}
