/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The suite `account`: devices with a space each that all have the same memory.
 * How much of it is counted as pinned, and how large must the limit on locked
 * memory be? Measured in a child that has given up CAP_IPC_LOCK: who has that
 * is counted, but not limited.
 *
 * Must not know: how any way does it.
 */

#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/param.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scene.h"
#include "statistics.h"
#include "suites.h"

#define MOST (UINT64_C(1) << 30)
#define KIB 1024

/* What a child found, in bytes. */
struct account {
	uint64_t pinned; /* VmPin: pinned pages, whoever is charged */
	uint64_t locked; /* VmLck: charged to this process */
};

static const struct way ways[] = {
	{ "ours", "backend=iommufd,threads=1", &ours_ops },
	{ "type1", "", &stock_ops },
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))
#define OURS 0

static int
read_account(struct account *account)
{
	FILE *file = fopen("/proc/self/status", "r");
	unsigned long kib;
	char line[256];
	int found = 0;

	if (file == NULL) {
		warn("/proc/self/status");
		return -1;
	}
	while (fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, "VmPin: %lu kB", &kib) == 1) {
			account->pinned = kib * KIB;
			found++;
		} else if (sscanf(line, "VmLck: %lu kB", &kib) == 1) {
			account->locked = kib * KIB;
			found++;
		}
	}
	fclose(file);
	return found == 2 ? 0 : -1;
}

static int
give_up_privilege(uint64_t limit)
{
	const struct rlimit locked = { limit, limit };
	const cap_value_t lock = CAP_IPC_LOCK;
	cap_t set = cap_get_proc();
	int ret = -1;

	if (set != NULL && setrlimit(RLIMIT_MEMLOCK, &locked) == 0 &&
		cap_set_flag(set, CAP_EFFECTIVE, 1, &lock, CAP_CLEAR) == 0 &&
		cap_set_flag(set, CAP_PERMITTED, 1, &lock, CAP_CLEAR) == 0 &&
		cap_set_proc(set) == 0)
		ret = 0;
	if (ret != 0)
		warn("cannot give up CAP_IPC_LOCK");
	cap_free(set);
	return ret;
}

/* The first space gets the memory, the others the same. */
static int
map_for_all(struct scene *scene, const struct memory *memory)
{
	const struct way_ops *ops = scene->way->ops;
	unsigned int i;
	int ret = ops->map(scene->spaces[0], memory, 0, memory->size);

	for (i = 1; i < scene->space_count && ret == 0; i++) {
		if (ops->mirror != NULL)
			ret = ops->mirror(scene->spaces[i], scene->spaces[0]);
		else
			ret = ops->map(
				scene->spaces[i], memory, 0, memory->size);
	}
	return ret;
}

static int
try_in_child(const struct options *options, const struct way *way,
	const struct memory *memory, uint64_t limit, struct account *account)
{
	struct account before = { 0 };
	struct scene scene = { .way = way };
	int ret = give_up_privilege(limit);

	if (ret == 0)
		ret = read_account(&before);
	if (ret == 0)
		ret = scene_begin_with_devices(
			&scene, way, options, options->device_count);
	if (ret == 0)
		ret = map_for_all(&scene, memory);
	if (ret == 0)
		ret = read_account(account);
	account->pinned -= before.pinned;
	account->locked -= before.locked;
	scene_end(&scene);
	return ret;
}

/* That a limit is too small is an answer, of which no line is wanted. */
static void
be_silent(void)
{
	int null = open("/dev/null", O_WRONLY);

	if (null >= 0)
		dup2(null, STDERR_FILENO);
}

/* true when all could be mapped with this limit. */
static bool
fits(const struct options *options, const struct way *way,
	const struct memory *memory, uint64_t limit, struct account *account,
	bool silent)
{
	bool done = false;
	int ends[2];
	int status;
	pid_t child;

	fflush(NULL);
	if (pipe(ends) != 0)
		err(1, "pipe");
	child = fork();
	if (child < 0)
		err(1, "fork");
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (silent)
			be_silent();
		if (try_in_child(options, way, memory, limit, account) != 0)
			_exit(1);
		_exit(write(ends[1], account, sizeof(*account)) ==
					sizeof(*account)
				? 0
				: 1);
	}
	close(ends[1]);
	done = read(ends[0], account, sizeof(*account)) == sizeof(*account);
	close(ends[0]);
	if (waitpid(child, &status, 0) != child || status != 0)
		return false;
	return done;
}

/* The smallest limit with which it succeeds, to a page of 2 MiB. */
static uint64_t
smallest_limit(const struct options *options, const struct way *way,
	const struct memory *memory, uint64_t enough)
{
	uint64_t too_small = 0;
	struct account account;
	uint64_t middle;

	while (enough - too_small > MEMORY_PAGE) {
		middle = too_small + (enough - too_small) / 2;
		middle -= middle % MEMORY_PAGE;
		if (fits(options, way, memory, middle, &account, true))
			enough = middle;
		else
			too_small = middle;
	}
	return enough;
}

static int
measure(const struct options *options, const struct memory *memory,
	const struct way *way, struct samples *pinned, struct samples *limit)
{
	uint64_t enough = (options->device_count + 1) * memory->size;
	struct account account = { 0 };

	if (!fits(options, way, memory, enough, &account, false)) {
		warnx("account: %s: not even with a limit of %lu MiB",
			way->name, (unsigned long)(enough >> 20));
		return -1;
	}
	if (samples_add(pinned,
		    (double)(account.pinned + account.locked) / memory->size) !=
		0)
		return -1;
	return samples_add(limit,
		(double)smallest_limit(options, way, memory, enough) /
			memory->size);
}

/* What is pinned once needs its size, and what the kernel rounds. */
#define SLACK 0.02

static void
report_way(struct report *report, const struct options *options,
	unsigned int way, const struct samples *pinned,
	const struct samples *limit)
{
	struct report_figure *figures[] = {
		report_add(report, &report_cost, pinned,
			"account, %u devices: %s: VmPin + VmLck / memory",
			options->device_count, ways[way].name),
		report_add(report, &report_cost, limit,
			"account, %u devices: %s: smallest limit / memory",
			options->device_count, ways[way].name),
	};
	unsigned int i;

	if (way != OURS)
		return;
	for (i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		report_want_at_least(figures[i], 1 - SLACK);
		report_want_at_most(figures[i], 1 + SLACK);
	}
}

int
suite_account(const struct options *options, struct report *report)
{
	struct samples pinned, limit;
	struct memory memory;
	unsigned int way;
	int ret = 0;

	if (memory_create(&memory, MEMORY_ONE_FILE, MIN(options->size, MOST)) !=
		0)
		return -1;
	for (way = 0; way < WAYS && ret == 0; way++) {
		pinned = (struct samples){ 0 };
		limit = (struct samples){ 0 };
		ret = measure(options, &memory, &ways[way], &pinned, &limit);
		if (ret == 0)
			report_way(report, options, way, &pinned, &limit);
		samples_clear(&pinned);
		samples_clear(&limit);
	}
	memory_destroy(&memory);
	return ret;
}
