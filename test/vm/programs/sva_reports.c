/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* What the library reads, and when; see sva_reports.h. */

#include <errno.h>
#include <sched.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <linux/userfaultfd.h>

#include "sva_reports.h"
#include "sva_scene.h"

/* --- A thread that gets no CPU when its report was read --- */

/*
 * The thread that changes memory has the last CPU, together with one of real time, which takes it
 * from the moment at which a report is about to be read. All others are elsewhere.
 */
#define STARVED_MS 40

atomic_bool is_starving;
static atomic_bool has_taken_cpu;
static sem_t take_cpu;

void
use_cpu(bool last)
{
	const long count = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t cpus;
	long i;

	must(count > 1, "a second CPU");
	CPU_ZERO(&cpus);
	for (i = 0; i < count; i++)
		if ((i == count - 1) == last)
			CPU_SET(i, &cpus);
	must(sched_setaffinity(0, sizeof(cpus), &cpus) == 0, "affinity");
}

void *
take_cpu_for_a_while(void *argument)
{
	const struct sched_param priority = { .sched_priority = 1 };
	uint64_t last;

	use_cpu(true);
	must(sched_setscheduler(0, SCHED_FIFO, &priority) == 0, "priority");
	while (sem_wait(&take_cpu) == 0 && atomic_load(&is_starving)) {
		last = now_ms() + STARVED_MS;
		atomic_store(&has_taken_cpu, true);
		while (now_ms() < last)
			;
	}
	return argument;
}

/* The library's threads, which are wherever they were started. */
static void
keep_elsewhere(void)
{
	static _Thread_local bool is_elsewhere;

	if (!is_elsewhere)
		use_cpu(false);
	is_elsewhere = true;
}

/* Before a report is read. */
static void
starve_who_has_reported(void)
{
	keep_elsewhere();
	atomic_store(&has_taken_cpu, false);
	sem_post(&take_cpu);
	while (!atomic_load(&has_taken_cpu))
		sched_yield();
}

/* --- What the library reads --- */

#define FOLLOWERS_MAX 256
#define HEAD_START_US 300

static int set_fd = -1;	  /* the set of its userfaultfds */
static int queue_fd = -1; /* its queue of page requests */
static int
	followers[FOLLOWERS_MAX]; /* the descriptor of each number in the set */
static struct uffd_msg early[FOLLOWERS_MAX]; /* event 0: none */
_Atomic enum order order;
static atomic_bool paused; /* requests are not read */
static sem_t go_on;

/* The library's calls come here, because a program's symbols come before the C library's. */
int
epoll_ctl(int set, int operation, int fd, struct epoll_event *event)
{
	if (event->data.u32 < FOLLOWERS_MAX) {
		set_fd = set;
		followers[event->data.u32] = fd;
	}
	return syscall(SYS_epoll_ctl, set, operation, fd, event);
}

/* The thread that makes the change goes on here. */
static void
read_early(unsigned int number)
{
	if (early[number].event == 0 &&
		syscall(SYS_read, followers[number], &early[number],
			sizeof(early[number])) < 0)
		early[number].event = 0;
	if (atomic_load(&order) == BLIND)
		early[number].event = 0;
}

int
epoll_wait(int set, struct epoll_event *events, int capacity, int timeout)
{
	int count = syscall(
		SYS_epoll_pwait, set, events, capacity, timeout, NULL, 0);
	int i;

	if (set != set_fd || atomic_load(&order) == AS_IT_IS ||
		atomic_load(&order) == RASH || count <= 0)
		return count;
	for (i = 0; i < count; i++)
		read_early(events[i].data.u32);
	if (atomic_load(&order) == BLIND)
		return 0;
	usleep(HEAD_START_US);
	return count;
}

static bool
take_early(int fd, void *buffer)
{
	unsigned int i;

	for (i = 0; i < FOLLOWERS_MAX; i++) {
		if (followers[i] != fd || early[i].event == 0)
			continue;
		memcpy(buffer, &early[i], sizeof(early[i]));
		early[i].event = 0;
		return true;
	}
	return false;
}

ssize_t
read(int fd, void *buffer, size_t length)
{
	if (fd == queue_fd && atomic_load(&is_starving))
		keep_elsewhere();
	if (fd == queue_fd && fd >= 0 && atomic_load(&paused))
		while (sem_wait(&go_on) != 0)
			;
	if (length == sizeof(struct uffd_msg) && take_early(fd, buffer))
		return length;
	if (length == sizeof(struct uffd_msg) && atomic_load(&is_starving))
		starve_who_has_reported();
	return syscall(SYS_read, fd, buffer, length);
}

/* That it protects nothing, is the answer when nothing is under way. */
int
ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (request == UFFDIO_WRITEPROTECT && atomic_load(&order) == RASH) {
		errno = EINVAL;
		return -1;
	}
	return syscall(SYS_ioctl, fd, request, argument);
}

static int
find_descriptor(const char *name)
{
	char path[64], link[64];
	ssize_t length;
	int fd;

	for (fd = 0; fd < 256; fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		length = readlink(path, link, sizeof(link) - 1);
		link[length < 0 ? 0 : length] = '\0';
		if (strstr(link, name) != NULL)
			return fd;
	}
	printf("WRONG: no %s is open\n", name);
	exit(EXIT_FAILURE);
}

void
watch_reports(void)
{
	sem_init(&go_on, 0, 0);
	sem_init(&take_cpu, 0, 0);
	queue_fd = find_descriptor("iommufd-pgfault");
}

void
pause_requests(void)
{
	atomic_store(&paused, true);
}

void
resume_requests(void)
{
	atomic_store(&paused, false);
	sem_post(&go_on);
}

void
stop_starving(void)
{
	if (atomic_exchange(&is_starving, false))
		sem_post(&take_cpu);
}
