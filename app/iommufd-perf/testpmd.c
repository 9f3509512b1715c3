/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* A testpmd that sends; see testpmd.h. */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hugetlbfs.h>

#include "scene.h"
#include "testpmd.h"
#include "wire.h"

#define PREFIX "iommufd-perf" /* of EAL's files */
#define PATIENCE 240000	      /* milliseconds for all of it */
#define WORDS 48

struct life {
	const struct testpmd *testpmd;
	pid_t pid; /* of testpmd, or of strace; leads a process group */
	int output;
	char *text; /* all that it has printed */
	size_t length;
	size_t seen; /* up to here the lines have been looked at */
	double started;
	double first_packet; /* 0: not yet */
	bool backend_named;
	bool stopped;
	bool ended;
};

static void
add_words(const char **words, unsigned int *count, const char *const *more)
{
	for (; *more != NULL && *count < WORDS - 1; more++)
		words[(*count)++] = *more;
	words[*count] = NULL;
}

static void
command_line(const struct testpmd *testpmd, const char **words)
{
	const char *const strace[] = { "strace", "-ff", "--seccomp-bpf", "-T",
		"-e", "trace=mmap,ioctl", "-o", testpmd->trace, NULL };
	const char *const start[] = { "dpdk-testpmd", "-a", testpmd->device,
		"--iova-mode=va", "--file-prefix=" PREFIX, NULL };
	const char *const end[] = { "--", "--forward-mode=txonly",
		"--stats-period=1", "--total-num-mbufs=16384", NULL };
	unsigned int count = 0;

	if (testpmd->trace != NULL)
		add_words(words, &count, strace);
	add_words(words, &count, start);
	add_words(words, &count, testpmd->eal);
	add_words(words, &count, end);
}

static void
become_testpmd(const struct testpmd *testpmd, int output)
{
	const char *words[WORDS];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	setenv("RTE_IOMMUFD", testpmd->settings, 1);
	command_line(testpmd, words);
	execvp(words[0], (char **)(uintptr_t)words);
	err(127, "%s", words[0]);
}

static int
start(struct life *life)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0) {
		warn("pipe");
		return -1;
	}
	fflush(NULL);
	life->started = scene_clock();
	life->pid = fork();
	if (life->pid == 0)
		become_testpmd(life->testpmd, ends[1]);
	close(ends[1]);
	if (life->pid > 0) {
		life->output = ends[0];
		return 0;
	}
	warn("fork");
	close(ends[0]);
	return -1;
}

static void
look_at_line(struct life *life, const char *line)
{
	char named[64];

	snprintf(named, sizeof(named), "backend %s: ", life->testpmd->backend);
	if (strstr(line, "IOMMUFD: ") != NULL && strstr(line, named) != NULL)
		life->backend_named = true;
}

static void
look_at_lines(struct life *life)
{
	char *end;

	while ((end = strchr(life->text + life->seen, '\n')) != NULL) {
		*end = '\0';
		look_at_line(life, life->text + life->seen);
		*end = '\n';
		life->seen = end + 1 - life->text;
	}
}

static int
read_output(struct life *life)
{
	char part[4096];
	ssize_t length = read(life->output, part, sizeof(part));
	char *text;

	if (length <= 0) {
		life->ended = true;
		return 0;
	}
	text = realloc(life->text, life->length + length + 1);
	if (text == NULL) {
		warn("testpmd's output");
		return -1;
	}
	memcpy(text + life->length, part, length);
	life->text = text;
	life->length += length;
	text[life->length] = '\0';
	look_at_lines(life);
	return 0;
}

static int
packet_came(struct life *life)
{
	if (!wire_received(life->testpmd->wire))
		return 0;
	life->first_packet = scene_clock();
	return wire_down(life->testpmd->wire, life->testpmd->interface);
}

/* Waits for what comes first: a packet, or output. */
static int
step(struct life *life)
{
	struct pollfd polls[] = {
		{ .fd = life->output, .events = POLLIN },
		{ .fd = life->first_packet == 0 ? life->testpmd->wire : -1,
			.events = POLLIN },
	};
	int ret = 0;

	if (poll(polls, 2, 1000) < 0 && errno != EINTR) {
		warn("poll");
		return -1;
	}
	if (polls[1].revents != 0)
		ret = packet_came(life);
	if (ret == 0 && polls[0].revents != 0)
		ret = read_output(life);
	if (ret == 0 && life->first_packet != 0 && !life->stopped) {
		life->stopped = true;
		kill(-life->pid, SIGINT);
	}
	return ret;
}

static int
live(struct life *life)
{
	while (!life->ended) {
		if (step(life) != 0)
			return -1;
		if (scene_clock() - life->started < PATIENCE)
			continue;
		warnx("testpmd was given up after %d s", PATIENCE / 1000);
		return -1;
	}
	return 0;
}

static int
end(struct life *life)
{
	int status;

	if (!life->ended)
		kill(-life->pid, SIGKILL);
	if (waitpid(life->pid, &status, 0) != life->pid)
		return -1;
	if (life->ended && status == 0 && life->first_packet != 0)
		return 0;
	warnx("testpmd ended with status %#x before all was measured", status);
	return -1;
}

void
testpmd_remove_files(const char *prefix)
{
	const char *folder = hugetlbfs_find_path_for_size(MEMORY_PAGE);
	char pattern[256];
	glob_t found;
	size_t i;

	if (folder == NULL)
		return;
	snprintf(pattern, sizeof(pattern), "%s/%smap_*", folder, prefix);
	if (glob(pattern, 0, NULL, &found) != 0)
		return;
	for (i = 0; i < found.gl_pathc; i++)
		unlink(found.gl_pathv[i]);
	globfree(&found);
}

static void
fill_result(const struct life *life, struct testpmd_result *result)
{
	result->first_packet = (life->first_packet - life->started) / 1000;
}

/* A suite has many lives, and some take half a minute. */
static void
show_progress(
	const struct testpmd *testpmd, const struct testpmd_result *result)
{
	fprintf(stderr,
		"dpdk-iommufd-perf: testpmd, RTE_IOMMUFD=%s%s: first packet after %.2f s\n",
		testpmd->settings, testpmd->trace != NULL ? ", traced" : "",
		result->first_packet);
}

static int
judge(const struct life *life, int ret)
{
	if (ret == 0 && !life->backend_named) {
		warnx("no line of testpmd names the backend %s",
			life->testpmd->backend);
		ret = -1;
	}
	if (ret != 0)
		fprintf(stderr, "--- testpmd, RTE_IOMMUFD=%s:\n%s\n---\n",
			life->testpmd->settings,
			life->text == NULL ? "" : life->text);
	return ret;
}

int
testpmd_run(const struct testpmd *testpmd, struct testpmd_result *result)
{
	struct life life = { .testpmd = testpmd };
	int ret;

	testpmd_remove_files(PREFIX);
	if (wire_up(testpmd->wire, testpmd->interface) != 0 ||
		start(&life) != 0)
		return -1;
	ret = live(&life);
	if (end(&life) != 0)
		ret = -1;
	ret = judge(&life, ret);
	if (ret == 0) {
		fill_result(&life, result);
		show_progress(testpmd, result);
	}
	close(life.output);
	free(life.text);
	testpmd_remove_files(PREFIX);
	return ret;
}
