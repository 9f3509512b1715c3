/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The suite `parallel`: two threads of the program that each map a part of the
 * memory, into two spaces or into one, and unmap it, against one thread that
 * does both.
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

typedef int (*work_t)(struct way_space *space, const struct memory *memory,
	uint64_t offset, uint64_t length);

struct job {
	work_t work;
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
	/* Whether the kernel lets them, whatever the library does. */
	{ "ioas", "file", &ioas_ops },
	{ "ours", "backend=iommufd,threads=1", &ours_ops },
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

enum { MAP, UNMAP, WORKS };
enum { ALONE, TOGETHER, MANNERS };

struct series {
	struct samples samples[WORKS][MANNERS];
};

static void
do_job(struct job *job)
{
	job->begun = scene_clock();
	job->result = job->work(
		job->space, job->memory, job->offset, job->length);
	job->ended = scene_clock();
}

static void *
thread_main(void *argument)
{
	struct job *job = argument;

	pthread_barrier_wait(job->barrier);
	do_job(job);
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
do_together(struct job *jobs)
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
do_alone(struct job *jobs)
{
	unsigned int i;

	for (i = 0; i < THREADS; i++)
		do_job(&jobs[i]);
}

/* From the begin of the first to the end of the last; -1 when one failed. */
static int
time_of(const struct job *jobs, double *taken)
{
	double begun = jobs[0].begun;
	double ended = jobs[0].ended;
	unsigned int i;

	for (i = 0; i < THREADS; i++) {
		if (jobs[i].result != 0)
			return -1;
		begun = MIN(begun, jobs[i].begun);
		ended = MAX(ended, jobs[i].ended);
	}
	*taken = ended - begun;
	return 0;
}

static int
do_work(struct scene *scene, const struct memory *memory, work_t work,
	unsigned int manner, double *taken)
{
	struct job jobs[THREADS];
	unsigned int i;

	for (i = 0; i < THREADS; i++)
		jobs[i] = (struct job){
			.work = work,
			.space = scene->spaces[i % scene->space_count],
			.memory = memory,
			.offset = i * memory->size / THREADS,
			.length = memory->size / THREADS,
		};
	if (manner == TOGETHER)
		do_together(jobs);
	else
		do_alone(jobs);
	return time_of(jobs, taken);
}

/* Each manner once before it counts: a new space's first calls make what later ones find. */
#define ROUNDS 2

/* Maps and unmaps. */
static int
measure_manner(struct scene *scene, const struct memory *memory,
	unsigned int manner, struct series *series, bool warmup)
{
	const work_t works[WORKS] = {
		[MAP] = scene->way->ops->map,
		[UNMAP] = scene->way->ops->unmap,
	};
	unsigned int work;
	double taken;

	for (work = 0; work < WORKS; work++) {
		if (do_work(scene, memory, works[work], manner, &taken) != 0)
			return -1;
		if (!warmup &&
			samples_add(&series->samples[work][manner], taken) != 0)
			return -1;
	}
	return 0;
}

static int
one_turn(const struct options *options, const struct way *way,
	unsigned int spaces, const struct memory *memory, struct series *series,
	bool warmup)
{
	struct scene scene;
	int ret = scene_begin_with_devices(&scene, way, options, spaces);
	unsigned int i;

	for (i = 0; i < ROUNDS * MANNERS && ret == 0; i++)
		ret = measure_manner(&scene, memory, i % MANNERS, series,
			warmup || i < MANNERS);
	scene_end(&scene);
	return ret;
}

static void
report_series(struct report *report, const struct series *series,
	const struct way *way, unsigned int spaces)
{
	static const char *const works[WORKS] = { "map", "unmap" };
	const char *where = spaces == 1 ? "one space" : "two spaces";
	const struct samples *samples;
	unsigned int work;

	for (work = 0; work < WORKS; work++) {
		samples = series->samples[work];
		report_add(report, &report_milliseconds, &samples[ALONE],
			"parallel, %s: %s, %s: 1 thread", where, way->name,
			works[work]);
		report_add(report, &report_milliseconds, &samples[TOGETHER],
			"parallel, %s: %s, %s: 2 threads", where, way->name,
			works[work]);
		report_add_ratio(report, &report_ratio, &samples[ALONE],
			&samples[TOGETHER],
			"parallel, %s: %s, %s: 1 thread / 2 threads", where,
			way->name, works[work]);
	}
}

static void
clear(struct series *series)
{
	unsigned int work, manner;

	for (work = 0; work < WORKS; work++)
		for (manner = 0; manner < MANNERS; manner++)
			samples_clear(&series->samples[work][manner]);
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
		clear(&series[way]);
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
