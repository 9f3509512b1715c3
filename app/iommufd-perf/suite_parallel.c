/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The suite `parallel`: two threads of the program that each map a part of the
 * memory, into two spaces or into one, against one thread that maps both.
 *
 * Must not know: how any way does it.
 */

#include <err.h>
#include <pthread.h>
#include <string.h>
#include <sys/param.h>

#include "scene.h"
#include "statistics.h"
#include "suites.h"

#define THREADS 2
#define SHARE (UINT64_C(1) << 30)

struct job {
	struct scene *scene;
	struct way_space *space;
	const struct memory *memory;
	uint64_t offset;
	uint64_t length;
	pthread_barrier_t *barrier;
	double begun;
	double ended;
	int result;
};

static const struct way ways[] = {
	{ "type1", "", &stock_ops },
	{ "ours", "backend=iommufd,threads=1", &ours_ops },
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

static void
map_part(struct job *job)
{
	job->begun = scene_clock();
	job->result = job->scene->way->ops->map(
		job->space, job->memory, job->offset, job->length);
	job->ended = scene_clock();
}

static void *
thread_main(void *argument)
{
	struct job *job = argument;

	pthread_barrier_wait(job->barrier);
	map_part(job);
	return NULL;
}

/* Ends the program when it fails: the others wait at the barrier. */
static void
start_threads(pthread_t *threads, struct job *jobs)
{
	unsigned int i;
	int ret;

	for (i = 0; i < THREADS; i++) {
		ret = pthread_create(&threads[i], NULL, thread_main, &jobs[i]);
		if (ret != 0)
			errx(1, "thread: %s", strerror(ret));
	}
}

static void
map_side_by_side(struct job *jobs)
{
	pthread_barrier_t barrier;
	pthread_t threads[THREADS];
	unsigned int i;

	pthread_barrier_init(&barrier, NULL, THREADS);
	for (i = 0; i < THREADS; i++)
		jobs[i].barrier = &barrier;
	start_threads(threads, jobs);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&barrier);
}

static void
map_in_turn(struct job *jobs)
{
	unsigned int i;

	for (i = 0; i < THREADS; i++)
		map_part(&jobs[i]);
}

/* From the begin of the first to the end of the last. */
static double
time_of(const struct job *jobs)
{
	double begun = jobs[0].begun;
	double ended = jobs[0].ended;
	unsigned int i;

	for (i = 1; i < THREADS; i++) {
		begun = MIN(begun, jobs[i].begun);
		ended = MAX(ended, jobs[i].ended);
	}
	return ended - begun;
}

static int
unmap_all(struct job *jobs)
{
	unsigned int i;

	for (i = 0; i < THREADS; i++)
		if (jobs[i].result != 0 ||
			jobs[i].scene->way->ops->unmap(jobs[i].space,
				jobs[i].memory, jobs[i].offset,
				jobs[i].length) != 0)
			return -1;
	return 0;
}

static int
map_both(struct scene *scene, const struct memory *memory, bool threads,
	double *taken)
{
	struct job jobs[THREADS];
	unsigned int i;

	for (i = 0; i < THREADS; i++)
		jobs[i] = (struct job){
			.scene = scene,
			.space = scene->spaces[i % scene->space_count],
			.memory = memory,
			.offset = i * memory->size / THREADS,
			.length = memory->size / THREADS,
		};
	if (threads)
		map_side_by_side(jobs);
	else
		map_in_turn(jobs);
	*taken = time_of(jobs);
	return unmap_all(jobs);
}

struct series {
	struct samples one_thread;
	struct samples two_threads;
};

static int
one_turn(const struct options *options, const struct way *way,
	unsigned int spaces, const struct memory *memory, struct series *series,
	bool warmup)
{
	struct scene scene;
	double alone = 0, together = 0;
	int ret = scene_begin_with_devices(&scene, way, options, spaces);

	if (ret == 0)
		ret = map_both(&scene, memory, false, &alone);
	if (ret == 0)
		ret = map_both(&scene, memory, true, &together);
	scene_end(&scene);
	if (ret != 0 || warmup)
		return ret;
	if (samples_add(&series->one_thread, alone) != 0)
		return -1;
	return samples_add(&series->two_threads, together);
}

static void
report_series(struct report *report, const struct series *series,
	const struct way *way, unsigned int spaces)
{
	const char *into = spaces == 1 ? "one space" : "two spaces";

	report_add(report, &report_milliseconds, &series->one_thread,
		"parallel, %s: %s, 1 thread", into, way->name);
	report_add(report, &report_milliseconds, &series->two_threads,
		"parallel, %s: %s, 2 threads", into, way->name);
	report_add_ratio(report, &report_ratio, &series->one_thread,
		&series->two_threads, "parallel, %s: %s, 1 thread / 2 threads",
		into, way->name);
}

static int
measure(const struct options *options, struct report *report,
	unsigned int spaces, const struct memory *memory)
{
	struct series series[WAYS] = { 0 };
	unsigned int turn, way;
	int ret = 0;

	for (turn = 0; turn < options->warmup + options->repeat; turn++)
		for (way = 0; way < WAYS && ret == 0; way++)
			ret = one_turn(options, &ways[way], spaces, memory,
				&series[way], turn < options->warmup);
	for (way = 0; way < WAYS; way++) {
		if (ret == 0)
			report_series(report, &series[way], &ways[way], spaces);
		samples_clear(&series[way].one_thread);
		samples_clear(&series[way].two_threads);
	}
	return ret;
}

int
suite_parallel(const struct options *options, struct report *report)
{
	uint64_t size = MIN(options->size, THREADS * SHARE);
	struct memory memory;
	unsigned int spaces;
	int ret = 0;

	size -= size % (THREADS * MEMORY_PAGE);
	if (size == 0) {
		warnx("parallel: the size is less than a page for each thread");
		return -1;
	}
	if (memory_create(&memory, MEMORY_FILE_PER_PAGE, size) != 0)
		return -1;
	for (spaces = THREADS; spaces >= 1 && ret == 0; spaces--)
		ret = measure(options, report, spaces, &memory);
	memory_destroy(&memory);
	return ret;
}
