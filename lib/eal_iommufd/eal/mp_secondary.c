/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The requests of a secondary process to its primary: for devices, and to map its own
 * memory in the primary's address space.
 *
 * One request at a time: EAL's channel keeps requests apart by their name only. The answer to
 * a request that was given up can come in place of the next one's, so each has a number. To
 * wait on, the request has to be sent again: it keeps its number, by which the primary acts
 * on it once and answers as before.
 *
 * Must not know: backends, spaces.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "backend/objects.h"
#include "core/inventory.h"
#include "eal/mp_message.h"
#include "kernel/kernel.h"
#include "util/log.h"

/* The limit for all attempts of one request without an answer. */
#define PATIENCE_SECONDS 3
/* For the request whether the primary uses DPDK's own code. */
#define STOCK_PATIENCE_SECONDS 1
/* For this time after a timeout no request is sent. */
#define SILENCE_SECONDS 5
/* Answers to requests that timed out are ignored. */
#define LATE_ANSWERS 8
#define LARGEST_ERRNO 4095

enum own_map_state {
	OWN_MAPPED,
	OWN_OF_EAL, /* the primary has it mapped already */
	/* The primary did not answer in time, and may act on the request later: */
	OWN_MAYBE_INTENDED,
	OWN_MAYBE_COMMITTED, /* the kernel has it */
	OWN_MAYBE_UNMAPPED,
};

struct own_map {
	TAILQ_ENTRY(own_map) next;
	uint64_t va;
	uint64_t iova;
	uint64_t length;
	unsigned int count; /* how often it was requested */
	enum own_map_state state;
};

/* All of it guarded by the lock, which is held while the primary answers. */
static struct {
	pthread_mutex_t lock;
	uint32_t count; /* of requests */
	pid_t answered; /* the process that got the last answer; 0: none yet */
	bool is_told; /* the last request has no answer, and the cause was logged */
	struct timespec silent_until;
	struct mp_answer space; /* how to map; way 0: not asked for yet */
	int space_fd;
	TAILQ_HEAD(, own_map) maps;
} secondary = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.space_fd = -1,
	.maps = TAILQ_HEAD_INITIALIZER(secondary.maps),
};

static void
mp_secondary_lock(void)
{
	pthread_mutex_lock(&secondary.lock);
	secondary.is_told = false;
}

static void
mp_secondary_unlock(void)
{
	pthread_mutex_unlock(&secondary.lock);
}

/* The error is that of a request without an answer, for which no other line is wanted. */
static int
mp_secondary_told(int err)
{
	secondary.is_told = true;
	return err;
}

/*
 * Whether it is such an error: the cause was logged where it was found, and what the primary has
 * done is not known. Any errno can come from the primary as well.
 */
static bool
mp_secondary_is_told(int err)
{
	return err != 0 && secondary.is_told;
}

static bool
mp_secondary_is_silent(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec < secondary.silent_until.tv_sec;
}

static void
mp_secondary_note_silence(void)
{
	clock_gettime(CLOCK_MONOTONIC, &secondary.silent_until);
	secondary.silent_until.tv_sec += SILENCE_SECONDS;
}

/* 0 and the one reply; -ECONNREFUSED: the primary does not run. */
static int
mp_secondary_ask_once(
	struct rte_mp_msg *message, time_t seconds, struct rte_mp_msg *reply)
{
	const struct timespec patience = { .tv_sec = seconds };
	struct rte_mp_reply replies = { 0 };
	int ret = 0;

	if (rte_mp_request_sync(message, &replies, &patience) != 0)
		ret = -rte_errno;
	else if (replies.nb_received != 1)
		ret = replies.nb_sent == 0 ? -ECONNREFUSED : -ETIMEDOUT;
	else
		*reply = replies.msgs[0];
	free(replies.msgs);
	return ret;
}

/*
 * EAL's own channel for VFIO, on which every primary answers. 0x400 asks for the IOMMU's
 * type, or in some releases for the container: DPDK's own code answers this only when it
 * is in use.
 */
static bool
is_stock_in_use(void)
{
	struct {
		int request;
		int result;
		int value;
	} vfio = { .request = 0x400, .result = -1 };
	struct rte_mp_msg message = {
		.name = "eal_vfio_mp_sync",
		.len_param = sizeof(vfio),
	};
	struct rte_mp_msg reply;
	int fd;

	memcpy(message.param, &vfio, sizeof(vfio));
	if (mp_secondary_ask_once(&message, STOCK_PATIENCE_SECONDS, &reply) !=
		0)
		return false;
	fd = mp_message_take_fd(&reply);
	if (fd >= 0)
		kernel_close(fd);
	if (reply.len_param != sizeof(vfio))
		return false;
	memcpy(&vfio, reply.param, sizeof(vfio));
	return vfio.result == 0;
}

/* Logs why there is no answer, in one line; the lock is held. */
static int
mp_secondary_complain(int err)
{
	if (err == -ETIMEDOUT) {
		if (is_stock_in_use())
			return -EOPNOTSUPP;
		mp_secondary_note_silence();
		IOMMUFD_LOG(ERR,
			"the primary process does not answer: is it stopped, or without this library? (RTE_IOMMUFD=backend=stock leaves devices to DPDK's own code)");
	} else if (err == -EPROTO) {
		IOMMUFD_LOG(ERR,
			"the answer of the primary process is not understood: does it use another version of this library? start both with the same one");
	} else {
		IOMMUFD_LOG(ERR,
			"cannot send a request to the primary process: %s",
			err == -ECONNREFUSED
				? "it has ended, or has not started yet"
				: rte_strerror(-err));
	}
	return mp_secondary_told(err);
}

static int
mp_secondary_read_answer(
	const struct rte_mp_msg *reply, struct mp_answer *answer)
{
	if (reply->len_param != sizeof(*answer))
		return -EPROTO;
	memcpy(answer, reply->param, sizeof(*answer));
	return answer->version == MP_VERSION ? 0 : -EPROTO;
}

/* Whether a primary that is as it should be gives this answer to a request of that kind. */
static bool
mp_secondary_makes_sense(
	const struct mp_request *request, const struct mp_answer *answer)
{
	const int32_t most = request->kind == MP_INTEND ? MP_IS_EALS : 0;

	if (answer->result > most || answer->result < -LARGEST_ERRNO)
		return false;
	return request->kind != MP_BORROW_SPACE || answer->result != 0 ||
		(answer->way >= MP_WAY_IOAS && answer->way <= MP_WAY_NONE);
}

/*
 * A child of fork() has the socket's name and the count of its parent: the primary must not
 * take its request for one of the parent's that is sent again.
 */
static uint64_t
next_number(void)
{
	return (uint64_t)getpid() << 32 | ++secondary.count;
}

/*
 * EAL's channel thread, which gets the answers, is in the process that called rte_eal_init():
 * a child that it has made by fork() would wait in vain.
 */
static int
mp_secondary_check_process(void)
{
	if (secondary.answered == 0 || secondary.answered == getpid())
		return 0;
	IOMMUFD_LOG(ERR,
		"process %d is a child of fork() of process %d, which alone gets answers from the primary process: let that one do it, or call rte_eal_init() in the child only",
		getpid(), secondary.answered);
	return mp_secondary_told(-ECHILD);
}

/*
 * What the primary answers; logs when it does not. Of a descriptor in the answer the caller
 * becomes the owner; without fd, none is expected. The lock is held.
 */
static int
mp_secondary_ask(struct mp_request *request, int own_fd,
	struct mp_answer *answer, int *fd)
{
	struct rte_mp_msg message = { .len_param = sizeof(*request) };
	struct rte_mp_msg reply;
	int received, ret, tries;
	bool is_answered;

	secondary.is_told = false;
	ret = mp_secondary_check_process();
	if (ret != 0)
		return ret;
	if (mp_secondary_is_silent())
		return mp_secondary_told(-ETIMEDOUT);
	request->version = MP_VERSION;
	strcpy(message.name, MP_ACTION);
	if (own_fd >= 0) {
		message.num_fds = 1;
		message.fds[0] = own_fd;
	}
	request->number = next_number();
	memcpy(message.param, request, sizeof(*request));
	for (tries = 0; tries < LATE_ANSWERS; tries++) {
		ret = mp_secondary_ask_once(&message, PATIENCE_SECONDS, &reply);
		if (ret != 0)
			return mp_secondary_complain(ret);
		secondary.answered = getpid();
		ret = mp_secondary_read_answer(&reply, answer);
		received = mp_message_take_fd(&reply);
		is_answered = ret == 0 && answer->number == request->number;
		if (is_answered && !mp_secondary_makes_sense(request, answer))
			ret = -EPROTO;
		if (is_answered && ret == 0 && answer->result == 0 &&
			fd != NULL) {
			*fd = received;
			return 0;
		}
		if (received >= 0)
			kernel_close(received);
		if (ret != 0)
			return mp_secondary_complain(ret);
		if (is_answered)
			return answer->result;
	}
	return mp_secondary_complain(-ETIMEDOUT);
}

static int
borrow_fd(const char *device_path, int *fd)
{
	struct mp_request request = { .kind = MP_BORROW_DEVICE };
	struct mp_answer answer = { 0 };
	bool is_told;
	int ret;

	if (strlen(device_path) >= sizeof(request.path)) {
		IOMMUFD_LOG(ERR, "%s: the path is too long for a request",
			device_path);
		return -EINVAL;
	}
	strcpy(request.path, device_path);
	mp_secondary_lock();
	ret = mp_secondary_ask(&request, -1, &answer, fd);
	is_told = mp_secondary_is_told(ret);
	mp_secondary_unlock();
	if (ret == 0 && *fd < 0) {
		IOMMUFD_LOG(ERR,
			"%s: the answer of the primary process has no descriptor: may this process open no more files? (ulimit -n)",
			device_path);
		return -EIO;
	}
	if (ret != 0 && !is_told && ret != -EOPNOTSUPP)
		IOMMUFD_LOG(ERR,
			"%s: the primary process does not lend this device: %s; start it with the same -a options",
			device_path, rte_strerror(-ret));
	return ret;
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
	made->fd = -1;
	ret = sysfs_device_find(device_path, &made->place);
	if (ret != 0) {
		IOMMUFD_LOG(ERR, "%s: there is no such device", device_path);
		ret = -ENOENT;
	} else {
		ret = borrow_fd(device_path, &made->fd);
	}
	if (ret != 0) {
		free(made);
		return ret;
	}
	inventory_add_device(made);
	*device = made;
	return 0;
}

/* Requests once how to map into the primary's space; the lock is held. */
static int
require_space(void)
{
	struct mp_request request = { .kind = MP_BORROW_SPACE };
	struct mp_answer answer = { 0 };
	int fd = -1;
	int pidfd, ret;

	if (secondary.space.way != 0)
		return 0;
	pidfd = kernel_open_own_process();
	if (pidfd < 0)
		return pidfd;
	ret = mp_secondary_ask(&request, pidfd, &answer, &fd);
	kernel_close(pidfd);
	if (ret != 0)
		return ret;
	if (fd < 0 && answer.way != MP_WAY_NONE)
		return -EIO;
	secondary.space = answer;
	secondary.space_fd = fd;
	return 0;
}

static int
map_in_kernel(uint64_t va, uint64_t iova, uint64_t length)
{
	const uint32_t rights = RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE;

	if (secondary.space.way == MP_WAY_IOAS)
		return kernel_ioas_map(secondary.space_fd,
			secondary.space.ioas_id, va, iova, length, rights);
	if (secondary.space.way == MP_WAY_CONTAINER)
		return kernel_type1_map(
			secondary.space_fd, va, iova, length, rights);
	return 0;
}

static void
unmap_in_kernel(uint64_t iova, uint64_t length)
{
	uint64_t unmapped;

	if (secondary.space.way == MP_WAY_IOAS)
		kernel_ioas_unmap(secondary.space_fd, secondary.space.ioas_id,
			iova, length, &unmapped);
	else if (secondary.space.way == MP_WAY_CONTAINER)
		kernel_type1_unmap(secondary.space_fd, iova, length, &unmapped);
}

static int
mp_secondary_tell(
	enum mp_kind kind, uint64_t va, uint64_t iova, uint64_t length)
{
	struct mp_request request = {
		.kind = kind,
		.va = va,
		.iova = iova,
		.length = length,
	};
	struct mp_answer answer = { 0 };

	return mp_secondary_ask(&request, -1, &answer, NULL);
}

/*
 * Tells the primary the state of the mapping. When the primary answers, it has handled
 * all earlier requests.
 */
static int
mp_secondary_settle(struct own_map *map)
{
	int ret = mp_secondary_tell(MP_UNMAP, map->va, map->iova, map->length);

	if (ret == -ENOENT && map->state != OWN_MAYBE_UNMAPPED)
		ret = mp_secondary_tell(
			MP_WITHDRAW, map->va, map->iova, map->length);
	else if (ret == 0)
		map->state = OWN_MAYBE_UNMAPPED;
	if (mp_secondary_is_told(ret))
		return ret;
	if (map->state == OWN_MAYBE_COMMITTED)
		unmap_in_kernel(map->iova, map->length);
	TAILQ_REMOVE(&secondary.maps, map, next);
	free(map);
	return 0;
}

static int
mp_secondary_settle_all(void)
{
	struct own_map *map, *following;
	int ret = 0;

	for (map = TAILQ_FIRST(&secondary.maps); ret == 0 && map != NULL;
		map = following) {
		following = TAILQ_NEXT(map, next);
		if (map->state >= OWN_MAYBE_INTENDED)
			ret = mp_secondary_settle(map);
	}
	return ret;
}

/* 0 or -errno, with the state in which it is then; the lock is held. */
static int
mp_secondary_map_locked(struct own_map *map)
{
	int ret = require_space();
	int withdrawn;

	if (ret != 0)
		return ret;
	map->state = OWN_MAYBE_INTENDED;
	ret = mp_secondary_tell(MP_INTEND, map->va, map->iova, map->length);
	if (ret == MP_IS_EALS) {
		map->state = OWN_OF_EAL;
		return 0;
	}
	if (ret != 0)
		return ret;
	ret = map_in_kernel(map->va, map->iova, map->length);
	if (ret != 0) {
		/* Unanswered, it is withdrawn before the next one. */
		withdrawn = mp_secondary_tell(
			MP_WITHDRAW, map->va, map->iova, map->length);
		return mp_secondary_is_told(withdrawn) ? withdrawn : ret;
	}
	map->state = OWN_MAYBE_COMMITTED;
	ret = mp_secondary_tell(MP_COMMIT, map->va, map->iova, map->length);
	if (ret == 0)
		map->state = OWN_MAPPED;
	else if (!mp_secondary_is_told(ret))
		unmap_in_kernel(map->iova, map->length);
	return ret;
}

static const char *
mp_secondary_map_failure(int err)
{
	switch (err) {
	case -EEXIST:
		return "part of it is mapped already, by the primary or another secondary process";
	case -EOPNOTSUPP:
		return "the primary process uses DPDK's own code, or type1 with ioas=per-device, where its memory cannot be copied to each device: use RTE_IOMMUFD=ioas=shared";
	case -EFAULT:
		return "there is no memory at its address in this process, or not all of it may be written";
	case -ESTALE:
		return "the primary process has ended the address space";
	}
	return rte_strerror(-err);
}

static struct own_map *
mp_secondary_find_own(uint64_t va, uint64_t iova, uint64_t limit, bool exact)
{
	struct own_map *found = NULL;
	struct own_map *map;

	TAILQ_FOREACH(map, &secondary.maps, next)
		if (map->va == va && map->iova == iova &&
			(exact ? map->length == limit : map->length <= limit) &&
			(found == NULL || map->length > found->length))
			found = map;
	return found;
}

static int
mp_secondary_add_own(uint64_t va, uint64_t iova, uint64_t length)
{
	struct own_map *map;
	int ret = mp_secondary_settle_all();

	if (ret != 0)
		return ret;
	map = mp_secondary_find_own(va, iova, length, true);
	if (map != NULL) {
		map->count++;
		return 0;
	}
	map = calloc(1, sizeof(*map));
	if (map == NULL)
		return -ENOMEM;
	map->va = va;
	map->iova = iova;
	map->length = length;
	map->count = 1;
	ret = mp_secondary_map_locked(map);
	/* A mapping in doubt is kept and settled before the next request. */
	if (ret == 0 ||
		(mp_secondary_is_told(ret) && map->state >= OWN_MAYBE_INTENDED))
		TAILQ_INSERT_TAIL(&secondary.maps, map, next);
	else
		free(map);
	return ret;
}

int
rte_iommufd_process_map(const void *va, uint64_t iova, uint64_t length)
{
	bool is_told;
	int ret;

	if (rte_eal_process_type() != RTE_PROC_SECONDARY)
		return -EINVAL;
	mp_secondary_lock();
	ret = mp_secondary_add_own((uintptr_t)va, iova, length);
	is_told = mp_secondary_is_told(ret);
	mp_secondary_unlock();
	if (ret != 0 && ret != -ENODEV && !is_told)
		IOMMUFD_LOG(ERR,
			"cannot map %#" PRIx64 " + %#" PRIx64
			" for the primary's devices: %s",
			iova, length, mp_secondary_map_failure(ret));
	return ret;
}

static int
mp_secondary_check_own(uint64_t va, uint64_t iova, uint64_t length)
{
	const struct own_map *map;
	uint64_t done;

	for (done = 0; done < length; done += map->length) {
		map = mp_secondary_find_own(
			va + done, iova + done, length - done, false);
		if (map == NULL || map->state == OWN_MAYBE_INTENDED ||
			map->state == OWN_MAYBE_COMMITTED)
			return -EINVAL;
	}
	return length == 0 ? -EINVAL : 0;
}

static int
mp_secondary_remove_one(struct own_map *map)
{
	int ret = 0;

	if (map->count > 1) {
		map->count--;
		return 0;
	}
	if (map->state != OWN_OF_EAL)
		ret = mp_secondary_tell(
			MP_UNMAP, map->va, map->iova, map->length);
	if (mp_secondary_is_told(ret)) {
		map->state = OWN_MAYBE_UNMAPPED;
		return ret;
	}
	/* It was unmapped by an earlier request, of which the answer came too late. */
	if (ret == -ENOENT && map->state == OWN_MAYBE_UNMAPPED)
		ret = 0;
	TAILQ_REMOVE(&secondary.maps, map, next);
	free(map);
	return ret;
}

static int
mp_secondary_remove_own(uint64_t va, uint64_t iova, uint64_t length)
{
	int ret = mp_secondary_check_own(va, iova, length);
	struct own_map *map;
	uint64_t done, step;

	for (done = 0; ret == 0 && done < length; done += step) {
		map = mp_secondary_find_own(
			va + done, iova + done, length - done, false);
		step = map->length;
		ret = mp_secondary_remove_one(map);
	}
	return ret;
}

int
rte_iommufd_process_unmap(const void *va, uint64_t iova, uint64_t length)
{
	bool is_told;
	int ret;

	if (rte_eal_process_type() != RTE_PROC_SECONDARY)
		return -EINVAL;
	mp_secondary_lock();
	ret = mp_secondary_remove_own((uintptr_t)va, iova, length);
	is_told = mp_secondary_is_told(ret);
	mp_secondary_unlock();
	if (ret != 0 && !is_told)
		IOMMUFD_LOG(ERR, "cannot unmap %#" PRIx64 " + %#" PRIx64 ": %s",
			iova, length,
			ret == -EINVAL ? "this process has not mapped it so"
				       : rte_strerror(-ret));
	return ret;
}
