/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The files that were passed to this process; see passed_fds.h. */

#include <ctype.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/kernel.h"
#include "kernel/passed_fds.h"
#include "kernel/sysfs_device.h"
#include "util/log.h"

/* SD_LISTEN_FDS_START */
#define FIRST_PASSED_FD 3

#define IOMMU_NAME "iommu"
#define PCI_PREFIX "pci-"

static struct {
	pthread_mutex_t lock; /* nothing else is locked while it is held */
	bool read;
	struct passed_fd *items;
	unsigned int count;
} passed_fds = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* The number of the variable, or -1. */
static int
read_number(const char *variable)
{
	const char *text = secure_getenv(variable);
	char *end;
	long number;

	if (text == NULL || !isdigit((unsigned char)text[0]))
		return -1;
	number = strtol(text, &end, 10);
	return *end != '\0' || number > INT_MAX ? -1 : (int)number;
}

/* "vfio" or "noiommu-vfio", and a number. */
static bool
is_cdev_name(const char *name)
{
	size_t length;

	if (strncmp(name, "noiommu-", strlen("noiommu-")) == 0)
		name += strlen("noiommu-");
	if (strncmp(name, "vfio", strlen("vfio")) != 0)
		return false;
	name += strlen("vfio");
	length = strspn(name, "0123456789");
	return length > 0 && name[length] == '\0';
}

static bool
is_device_name(const char *name)
{
	return is_cdev_name(name) ||
		strncmp(name, PCI_PREFIX, strlen(PCI_PREFIX)) == 0;
}

static unsigned int
count_names(const char *names)
{
	unsigned int count = 1;

	for (; *names != '\0'; names++)
		count += *names == ':';
	return count;
}

/* A name that does not fit is none of the library's. */
static void
add_passed(const char *name, size_t length, int fd)
{
	struct passed_fd *passed = &passed_fds.items[passed_fds.count];

	if (length >= sizeof(passed->name))
		return;
	*passed = (struct passed_fd){ .fd = fd };
	memcpy(passed->name, name, length);
	if (strcmp(passed->name, IOMMU_NAME) != 0 &&
		!is_device_name(passed->name))
		return;
	kernel_set_cloexec(fd);
	passed_fds.count++;
	IOMMUFD_LOG(
		DEBUG, "file descriptor %d was passed as %s", fd, passed->name);
}

static void
read_names(const char *names, unsigned int count)
{
	size_t length;
	unsigned int i;

	/* One more for passed_fds_keep_iommu(). */
	passed_fds.items = calloc(count + 1, sizeof(*passed_fds.items));
	if (passed_fds.items == NULL) {
		IOMMUFD_LOG(WARNING,
			"no memory for what LISTEN_FDNAMES says; the descriptors that were passed are not used");
		return;
	}
	for (i = 0; i < count; i++) {
		length = strcspn(names, ":");
		add_passed(names, length, FIRST_PASSED_FD + i);
		names += length + 1;
	}
}

/* Without names there is nothing to tell the library's descriptors by. */
static void
passed_fds_read_environment(void)
{
	const char *names = secure_getenv("LISTEN_FDNAMES");
	const int count = read_number("LISTEN_FDS");

	if (names == NULL || count <= 0)
		return;
	if (read_number("LISTEN_PID") != getpid()) {
		IOMMUFD_LOG(DEBUG,
			"the descriptors of LISTEN_FDS are another process's (LISTEN_PID)");
		return;
	}
	if (count_names(names) != (unsigned int)count) {
		IOMMUFD_LOG(WARNING,
			"LISTEN_FDNAMES has %u names, but LISTEN_FDS says %d descriptors: none of them is used; give each a name, with colons between them",
			count_names(names), count);
		return;
	}
	read_names(names, count);
}

/* The lock is held. */
static void
passed_fds_read_once(void)
{
	if (passed_fds.read)
		return;
	passed_fds.read = true;
	passed_fds_read_environment();
}

static struct passed_fd *
find_named(const char *name)
{
	struct passed_fd *found = NULL;
	unsigned int i;

	pthread_mutex_lock(&passed_fds.lock);
	passed_fds_read_once();
	for (i = 0; i < passed_fds.count && found == NULL; i++)
		if (passed_fds.items[i].fd >= 0 &&
			strcmp(passed_fds.items[i].name, name) == 0)
			found = &passed_fds.items[i];
	pthread_mutex_unlock(&passed_fds.lock);
	return found;
}

struct passed_fd *
passed_fds_find_iommu(void)
{
	return find_named(IOMMU_NAME);
}

int
passed_fds_keep_iommu(int fd)
{
	int copy = kernel_duplicate_fd(fd);

	if (copy < 0)
		return copy;
	pthread_mutex_lock(&passed_fds.lock);
	passed_fds.items[passed_fds.count++] = (struct passed_fd){
		.name = IOMMU_NAME, .fd = copy
	};
	pthread_mutex_unlock(&passed_fds.lock);
	return 0;
}

struct passed_fd *
passed_fds_find_device(const struct sysfs_device *place)
{
	char name[sizeof(PCI_PREFIX) + sizeof(place->address)];
	struct passed_fd *passed;
	char *colon;

	if (place->found.cdev[0] == '\0')
		return NULL;
	passed = find_named(place->found.cdev);
	if (passed != NULL)
		return passed;
	snprintf(name, sizeof(name), PCI_PREFIX "%s", place->address);
	while ((colon = strchr(name, ':')) != NULL)
		*colon = '-';
	return find_named(name);
}

bool
passed_fds_have_devices(void)
{
	bool have = false;
	unsigned int i;

	pthread_mutex_lock(&passed_fds.lock);
	passed_fds_read_once();
	for (i = 0; i < passed_fds.count; i++)
		have |= is_device_name(passed_fds.items[i].name);
	pthread_mutex_unlock(&passed_fds.lock);
	return have;
}

bool
passed_fds_is_unbound(int fd)
{
	bool unbound = false;
	unsigned int i;

	pthread_mutex_lock(&passed_fds.lock);
	for (i = 0; i < passed_fds.count; i++)
		unbound |= passed_fds.items[i].fd == fd &&
			passed_fds.items[i].state == PASSED_UNBOUND;
	pthread_mutex_unlock(&passed_fds.lock);
	return unbound;
}

void
passed_fds_set_state(struct passed_fd *passed, enum passed_state state)
{
	pthread_mutex_lock(&passed_fds.lock);
	passed->state = state;
	pthread_mutex_unlock(&passed_fds.lock);
}

void
passed_fds_close(struct passed_fd *passed)
{
	int fd;

	pthread_mutex_lock(&passed_fds.lock);
	fd = passed->fd;
	passed->fd = -1;
	passed->state = PASSED_UNBOUND;
	pthread_mutex_unlock(&passed_fds.lock);
	if (fd >= 0)
		kernel_close(fd);
}

void
passed_fds_forget(void)
{
	unsigned int i;

	/* Devices first: they are bound to the other. */
	for (i = 0; i < passed_fds.count; i++)
		if (is_device_name(passed_fds.items[i].name))
			passed_fds_close(&passed_fds.items[i]);
	for (i = 0; i < passed_fds.count; i++)
		passed_fds_close(&passed_fds.items[i]);
	free(passed_fds.items);
	passed_fds.items = NULL;
	passed_fds.count = 0;
	passed_fds.read = false;
}
