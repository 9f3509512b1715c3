/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The life of a DPDK program with one NIC: it starts, sends, maps memory, gives the NIC back,
 * takes it again and ends. Once for each place where our libraries call the system, with that
 * call failing: fault_points.h. Each life is a child of its own, so that nothing is loaded anew.
 *
 *   fault_life EAL-OPTIONS -- ADDRESS STEP START CALLS [kernel]
 *                       every STEP-th of the first CALLS calls at each place, from number
 *                       START % STEP on; of the options, -a ADDRESS is one, and of our libraries
 *                       only errors may be logged. With --proc-type=secondary it is the life of
 *                       a secondary process: it has the primary's NIC, maps memory, and ends.
 *                       kernel: the calls are made, and in a life for each of them one of the
 *                       kernel's allocations in the call fails
 *
 * A life may fail, with one line of ours for each step that did, and that step succeeds when
 * it is tried once more; what a life without a failure leaves at its end is all that any may
 * leave. Knows DPDK's public API only, nothing of ours.
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <dirent.h>

#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "fault_points.h"

#define MBUFS 512
#define DESCRIPTORS 64
#define FRAMES 32
#define FRAME_LENGTH 60
#define GROWTH (UINT64_C(32) << 20) /* more than EAL has at the start */
#define OWN_LENGTH (UINT64_C(2) << 20)
#define OWN_PAGE 4096
#define OWN_IOVA UINT64_C(0x40000000) /* EAL's memory lies above 4 GiB */
#define HANGS_MS (3 * 60 * 1000)
#define UNPINNED_MS (30 * 1000)
#define LIVES_BETWEEN_PLAIN 16

enum doing { START, SEND, GROW, MAP, DETACH, ATTACH, END, DOINGS };

static const char *const doing_names[DOINGS] = { "start", "send", "grow", "map",
	"detach", "attach", "end" };

/* What a life tells the parent. */
struct life {
	unsigned int refused; /* steps that have failed */
	unsigned int files;   /* of VFIO and IOMMUFD that are open at the end */
	bool whole;	      /* it has come to its end */
	char problem[256];    /* "" if there was none */
};

static struct fault_points *points;
static struct life *life;
static int eal_argc;
static char **eal_argv;
static const char *address;
static int log_file;
static unsigned int failures;
static bool of_kernel;	     /* its allocations fail */
static long pinned_at_first; /* pages, by other programs */

/* --- the life itself, in the child ------------------------------------------------------ */

static void
problem(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(life->problem, sizeof(life->problem), format, arguments);
	va_end(arguments);
	_exit(EXIT_FAILURE);
}

static bool
may_have_failed(enum doing what)
{
	life->refused++;
	if (__atomic_load_n(&points->hits, __ATOMIC_ACQUIRE) == 0)
		problem("%s fails though nothing was made to fail",
			doing_names[what]);
	return true;
}

/* What fails is tried once more. */
static void
attempt(enum doing what, bool (*step)(void))
{
	fault_points_doing(what);
	if (!step() && may_have_failed(what) && !step())
		problem("%s fails a second time", doing_names[what]);
}

static struct rte_mempool *pool;

static bool
has_port(void)
{
	return rte_eth_dev_is_valid_port(0);
}

static void
insist(bool good, const char *what)
{
	if (!good)
		problem("%s: %s", what, rte_strerror(rte_errno));
}

static void
send_burst(void)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);

	if (mbuf == NULL)
		return; /* all of them are on their way */
	memset(rte_pktmbuf_append(mbuf, FRAME_LENGTH), 0xff, FRAME_LENGTH);
	if (rte_eth_tx_burst(0, 0, &mbuf, 1) == 0)
		rte_pktmbuf_free(mbuf);
}

/* The device has to read descriptors and frames, and says how many. */
static bool
send_frames(void)
{
	struct rte_eth_conf conf = { 0 };
	struct rte_eth_stats stats = { 0 };

	insist(rte_eth_dev_configure(0, 1, 1, &conf) == 0, "configure");
	insist(rte_eth_rx_queue_setup(
		       0, 0, DESCRIPTORS, SOCKET_ID_ANY, NULL, pool) == 0,
		"rx queue");
	insist(rte_eth_tx_queue_setup(0, 0, DESCRIPTORS, SOCKET_ID_ANY, NULL) ==
			0,
		"tx queue");
	insist(rte_eth_dev_start(0) == 0, "start of the port");
	while (stats.opackets < FRAMES) {
		send_burst();
		rte_eth_stats_get(0, &stats);
	}
	insist(rte_eth_dev_stop(0) == 0, "stop of the port");
	return true;
}

/* What was freed is given back to the system. */
static bool
grow(void)
{
	void *memory = rte_malloc(NULL, GROWTH, 0);

	rte_free(memory);
	return memory != NULL;
}

/* Memory of the program's own. */
static bool
map_own(void)
{
	struct rte_eth_dev_info info;
	bool mapped, unmapped;
	void *memory;

	memory = mmap(NULL, OWN_LENGTH, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	insist(memory != MAP_FAILED, "memory");
	insist(rte_extmem_register(memory, OWN_LENGTH, NULL, 0, OWN_PAGE) == 0,
		"registration of memory");
	insist(rte_eth_dev_info_get(0, &info) == 0, "device");
	mapped = rte_dev_dma_map(info.device, memory, OWN_IOVA, OWN_LENGTH) ==
		0;
	unmapped = !mapped ||
		rte_dev_dma_unmap(info.device, memory, OWN_IOVA, OWN_LENGTH) ==
			0;
	if (!unmapped)
		insist(rte_dev_dma_unmap(
			       info.device, memory, OWN_IOVA, OWN_LENGTH) == 0,
			"second try to unmap");
	insist(rte_extmem_unregister(memory, OWN_LENGTH) == 0,
		"end of the registration");
	munmap(memory, OWN_LENGTH);
	return mapped && unmapped;
}

/* Without it is as good: a device that could not be closed in order is gone as well. */
static bool
detach(void)
{
	int ret = 0;

	if (has_port())
		insist(rte_eth_dev_close(0) == 0, "close of the port");
	ret = rte_eal_hotplug_remove("pci", address);
	return ret == 0 || ret == -ENOENT || ret == -ENODEV;
}

static bool
attach(void)
{
	return rte_eal_hotplug_add("pci", address, "") == 0 && has_port();
}

static unsigned int
count_files(void)
{
	DIR *folder = opendir("/proc/self/fd");
	char path[64], target[128];
	unsigned int count = 0;
	struct dirent *entry;
	ssize_t length;

	insist(folder != NULL, "/proc/self/fd");
	while ((entry = readdir(folder)) != NULL) {
		snprintf(path, sizeof(path), "/proc/self/fd/%.20s",
			entry->d_name);
		length = readlink(path, target, sizeof(target) - 1);
		target[length > 0 ? length : 0] = '\0';
		if (strstr(target, "vfio") != NULL ||
			strstr(target, "iommu") != NULL)
			count++;
	}
	closedir(folder);
	return count;
}

static void
live_as_secondary(void)
{
	if (!has_port()) {
		may_have_failed(START);
		return;
	}
	attempt(MAP, map_own);
	attempt(MAP, map_own);
}

static void
live_as_primary(void)
{
	pool = rte_pktmbuf_pool_create(
		"life", MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	insist(pool != NULL, "a pool");
	if (!has_port()) {
		may_have_failed(START);
		insist(attach(), "attach after a start without the NIC");
	}
	attempt(SEND, send_frames);
	attempt(GROW, grow);
	attempt(MAP, map_own);
	attempt(DETACH, detach);
	attempt(ATTACH, attach);
	attempt(SEND, send_frames);
	attempt(DETACH, detach);
}

static void
live(void)
{
	int parsed;

	fault_points_doing(START);
	parsed = rte_eal_init(eal_argc, eal_argv);
	if (parsed < 0) {
		may_have_failed(START);
		return;
	}
	if (rte_eal_process_type() == RTE_PROC_SECONDARY)
		live_as_secondary();
	else
		live_as_primary();
	fault_points_doing(END);
	if (rte_eal_cleanup() != 0)
		may_have_failed(END);
	fault_points_stop();
	life->files = count_files();
	life->whole = true;
}

/* --- many lives ---------------------------------------------------------------------------- */

static pid_t
begin_life(uint64_t id, unsigned int nth, unsigned int allocation)
{
	pid_t child;

	*life = (struct life){ .refused = 0 };
	points->tried = 0;
	points->hits = 0;
	if (ftruncate(log_file, 0) != 0)
		exit(EXIT_FAILURE);
	fflush(stdout);
	child = fork();
	if (child != 0)
		return child;
	lseek(log_file, 0, SEEK_SET);
	dup2(log_file, STDOUT_FILENO);
	dup2(log_file, STDERR_FILENO);
	fault_points_start(points, id, nth, allocation);
	live();
	fflush(stdout);
	_exit(EXIT_SUCCESS);
}

/* Its status; one that does not end is ended. */
static int
end_life(pid_t child)
{
	struct pollfd end = { .fd = syscall(SYS_pidfd_open, child, 0),
		.events = POLLIN };
	int status;

	if (poll(&end, 1, HANGS_MS) == 0) {
		snprintf(life->problem, sizeof(life->problem), "it hangs");
		kill(child, SIGKILL);
	}
	close(end.fd);
	waitpid(child, &status, 0);
	return status;
}

static void
show_log(void)
{
	char line[4096];
	FILE *log = fdopen(dup(log_file), "r");

	rewind(log);
	while (fgets(line, sizeof(line), log) != NULL)
		printf("    %s", line);
	fclose(log);
}

/* How many lines of the log have this in them. */
static unsigned int
count_lines(const char *words)
{
	char line[4096];
	unsigned int count = 0;
	FILE *log = fdopen(dup(log_file), "r");

	rewind(log);
	while (fgets(line, sizeof(line), log) != NULL)
		count += strstr(line, words) != NULL;
	fclose(log);
	return count;
}

/*
 * What the kernel does without when it opens a device, registers that it cannot reserve or map,
 * DPDK's code comes to later, and has a line of its own.
 */
static bool
is_explained(unsigned int allocation)
{
	return count_lines("IOMMUFD: ") > 0 ||
		(allocation != 0 && count_lines("PCI_BUS: Failed to map") > 0);
}

static long
pinned_pages(void)
{
	FILE *refresh = fopen("/proc/sys/vm/stat_refresh", "w");
	char name[64];
	long value, pinned = 0;
	FILE *file;

	if (refresh != NULL) {
		fputs("1", refresh);
		fclose(refresh);
	}
	file = fopen("/proc/vmstat", "r");
	while (fscanf(file, "%63s %ld", name, &value) == 2) {
		if (strcmp(name, "nr_foll_pin_acquired") == 0)
			pinned += value;
		if (strcmp(name, "nr_foll_pin_released") == 0)
			pinned -= value;
	}
	fclose(file);
	return pinned;
}

/*
 * What a life has left pinned. What a secondary process has mapped is unmapped by its primary,
 * after the end.
 */
static long
pinned_more(void)
{
	unsigned int tries;
	long more = 0;

	for (tries = 0; tries < UNPINNED_MS / 10; tries++) {
		more = pinned_pages() - pinned_at_first;
		if (more == 0)
			break;
		usleep(10000);
	}
	return more;
}

static void
print_place(const struct fault_point *point, unsigned int nth,
	unsigned int allocation)
{
	unsigned int i;

	if (allocation != 0)
		printf("allocation %u of the kernel's in ", allocation);
	printf("call %u of %s while it does %s, at", nth, point->call,
		doing_names[point->doing]);
	for (i = 0; i < FAULT_POINT_FRAMES && point->library[i] != '\0'; i++)
		printf(" %c+%#lx", point->library[i], (long)point->at[i]);
	printf("\n");
}

/* Lives once; says what is wrong. Returns whether it was right. */
static bool
live_once(const struct fault_point *point, unsigned int nth,
	unsigned int allocation, unsigned int files_at_most)
{
	static const struct fault_point none = { .id = 1 };
	int status = end_life(begin_life(
		point == NULL ? none.id : point->id, nth, allocation));
	char *said = life->problem;
	const size_t size = sizeof(life->problem);
	unsigned int lines = count_lines("IOMMUFD: ");

	if (said[0] != '\0')
		; /* it has said it itself */
	else if (WIFSIGNALED(status))
		snprintf(said, size, "signal %d ends it", WTERMSIG(status));
	else if (status != 0)
		snprintf(said, size, "its status is %#x", status);
	else if (pinned_more() != 0)
		snprintf(said, size, "%ld pages stay pinned", pinned_more());
	else if (life->whole && life->files > files_at_most)
		snprintf(said, size, "%u files are open at the end, not %u",
			life->files, files_at_most);
	else if (life->refused > 0 && !is_explained(allocation))
		snprintf(said, size, "no line says what has failed");
	else if (lines > 1)
		snprintf(said, size, "%u lines of ours", lines);
	if (said[0] == '\0')
		return true;
	failures++;
	printf("fault_life: FAILED: %s; ", said);
	if (point == NULL)
		printf("nothing was made to fail\n");
	else
		print_place(point, nth, allocation);
	show_log();
	return false;
}

/* All places are known when a life finds no new one. */
static unsigned int
find_places(void)
{
	unsigned int before, i;

	do {
		before = points->count;
		for (i = 0; i < points->count; i++)
			points->points[i].calls = 0;
		if (end_life(begin_life(0, 1, 0)) != 0 || !life->whole) {
			printf("fault_life: FAILED: a life without a failure: %s\n",
				life->problem);
			show_log();
			exit(EXIT_FAILURE);
		}
	} while (points->count > before);
	if (points->count == FAULT_POINTS_MAX) {
		printf("fault_life: FAILED: too many places\n");
		exit(EXIT_FAILURE);
	}
	return life->files;
}

/*
 * A place was called at least once where it was found, and maybe not since. Where the kernel's
 * allocations fail, only system calls are tried.
 */
static unsigned int
calls_tried(const struct fault_point *point, unsigned int calls_at_most)
{
	if (of_kernel && !point->is_system_call)
		return 0;
	return RTE_MIN(RTE_MAX(point->calls, 1u), calls_at_most);
}

static unsigned int
count_calls(unsigned int calls_at_most)
{
	unsigned int i, count = 0;

	for (i = 0; i < points->count; i++)
		count += calls_tried(&points->points[i], calls_at_most);
	return count;
}

static struct {
	unsigned int calls, lives, refused, went_on, missed;
} counts;

/* Returns whether something was made to fail. */
static bool
try_once(const struct fault_point *point, unsigned int nth,
	unsigned int allocation, unsigned int files)
{
	bool has_hit;

	live_once(point, nth, allocation, files);
	has_hit = points->hits != 0;
	if (!has_hit)
		counts.missed++;
	else if (life->refused > 0)
		counts.refused++;
	else
		counts.went_on++;
	if (++counts.lives % LIVES_BETWEEN_PLAIN == 0)
		live_once(NULL, 1, 0, files);
	return has_hit;
}

/* Of the kernel's allocations each one, until a life passes in which none was left to fail. */
static void
try_call(const struct fault_point *point, unsigned int nth, unsigned int files)
{
	unsigned int allocation = 1;

	counts.calls++;
	if (!of_kernel)
		try_once(point, nth, 0, files);
	else
		while (try_once(point, nth, allocation, files))
			allocation++;
}

static void
sweep(unsigned int step, unsigned int start, unsigned int calls_at_most)
{
	const unsigned int files = find_places();
	unsigned int call = 0, i, nth;

	printf("fault_life: %u places, %u calls; a life leaves %u files open\n",
		points->count, count_calls(calls_at_most), files);
	for (i = 0; i < points->count; i++)
		for (nth = 1;
			nth <= calls_tried(&points->points[i], calls_at_most);
			nth++)
			if (call++ % step == start % step)
				try_call(&points->points[i], nth, files);
	live_once(NULL, 1, 0, files);
	printf("fault_life: %u calls tried in %u lives: %u ended in an error, %u in success, %u were not reached; %u wrong\n",
		counts.calls, counts.lives, counts.refused, counts.went_on,
		counts.missed, failures);
}

static void *
share(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		exit(EXIT_FAILURE);
	return memory;
}

int
main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		;
	of_kernel = i + 6 == argc && strcmp(argv[i + 5], "kernel") == 0;
	if (i + 5 + of_kernel != argc) {
		printf("fault_life: FAILED: arguments\n");
		return EXIT_FAILURE;
	}
	eal_argc = i;
	eal_argv = argv;
	address = argv[i + 1];
	points = share(sizeof(*points));
	life = share(sizeof(*life));
	log_file = memfd_create("log", 0);
	pinned_at_first = pinned_pages();
	sweep(strtoul(argv[i + 2], NULL, 0), strtoul(argv[i + 3], NULL, 0),
		strtoul(argv[i + 4], NULL, 0));
	return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
