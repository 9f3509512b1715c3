/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * A testpmd that sends in bursts; see sender.h. It is on a terminal, since it keeps what
 * it prints to itself otherwise.
 */

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "scene.h"
#include "sender.h"
#include "testpmd.h"

#define PATIENCE 120000 /* milliseconds for one answer */
#define PROMPT "testpmd> "

struct sender {
	struct sender_settings settings;
	pid_t pid;
	int terminal;
	char *text; /* what it has printed since the last command */
	size_t length;
};

static void
use_all_processors(void)
{
	cpu_set_t all;

	memset(&all, 0xff, sizeof(all));
	sched_setaffinity(0, sizeof(all), &all);
}

static void
become_testpmd(const struct sender_settings *settings)
{
	char prefix[64];
	const char *const words[] = { "dpdk-testpmd", "-a", settings->device,
		"--iova-mode=va", prefix, "-l", "0,1", "--", "--interactive",
		"--forward-mode=txonly", "--total-num-mbufs=16384", NULL };

	snprintf(prefix, sizeof(prefix), "--file-prefix=%s", settings->prefix);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	use_all_processors();
	personality(ADDR_NO_RANDOMIZE);
	setenv("RTE_IOMMUFD", settings->settings, 1);
	execvp(words[0], (char **)(uintptr_t)words);
	err(127, "%s", words[0]);
}

/* A piece of output; -1 when there is none any more, or none in time. */
static int
read_more(struct sender *sender)
{
	struct pollfd poll_terminal = {
		.fd = sender->terminal,
		.events = POLLIN,
	};
	char part[4096];
	ssize_t length = -1;
	char *text;

	if (poll(&poll_terminal, 1, PATIENCE) == 1)
		length = read(sender->terminal, part, sizeof(part));
	if (length <= 0)
		return -1;
	text = realloc(sender->text, sender->length + length + 1);
	if (text == NULL)
		return -1;
	memcpy(text + sender->length, part, length);
	sender->text = text;
	sender->length += length;
	text[sender->length] = '\0';
	return 0;
}

/* Until it asks for the next command. */
static int
await_prompt(struct sender *sender)
{
	while (sender->text == NULL || strstr(sender->text, PROMPT) == NULL)
		if (read_more(sender) != 0) {
			warnx("testpmd, RTE_IOMMUFD=%s, does not answer:\n%s\n---",
				sender->settings.settings,
				sender->text == NULL ? "" : sender->text);
			return -1;
		}
	return 0;
}

static int
command(struct sender *sender, const char *words)
{
	free(sender->text);
	sender->text = NULL;
	sender->length = 0;
	if (dprintf(sender->terminal, "%s\n", words) > 0)
		return 0;
	warn("testpmd's terminal");
	return -1;
}

static int
command_and_wait(struct sender *sender, const char *words)
{
	if (command(sender, words) != 0)
		return -1;
	return await_prompt(sender);
}

static int
check_backend(const struct sender *sender)
{
	char named[64];

	snprintf(
		named, sizeof(named), "backend %s: ", sender->settings.backend);
	if (strstr(sender->text, named) != NULL)
		return 0;
	warnx("no line of testpmd names the backend %s:\n%s\n---",
		sender->settings.backend, sender->text);
	return -1;
}

static int
start(struct sender *sender)
{
	/* As raw as a pipe: nothing is echoed, and no line is ended twice. */
	struct termios raw = {
		.c_cflag = CS8 | CREAD,
		.c_cc[VMIN] = 1,
	};
	/* Wide enough that no line is broken. */
	const struct winsize size = { .ws_row = 50, .ws_col = 500 };

	fflush(NULL);
	sender->pid = forkpty(&sender->terminal, NULL, &raw, &size);
	if (sender->pid == 0)
		become_testpmd(&sender->settings);
	if (sender->pid > 0)
		return 0;
	warn("fork");
	return -1;
}

struct sender *
sender_start(const struct sender_settings *settings)
{
	struct sender *sender = calloc(1, sizeof(*sender));

	if (sender == NULL)
		return NULL;
	sender->settings = *settings;
	testpmd_remove_files(settings->prefix);
	if (start(sender) != 0) {
		free(sender);
		return NULL;
	}
	if (await_prompt(sender) == 0 && check_backend(sender) == 0)
		return sender;
	kill(sender->pid, SIGKILL);
	sender_end(sender);
	return NULL;
}

int
sender_burst(struct sender *sender, unsigned int milliseconds, double *packets,
	double *taken)
{
	const double started = scene_clock();
	const char *line;

	if (command_and_wait(sender, "start") != 0)
		return -1;
	usleep(milliseconds * 1000);
	if (command_and_wait(sender, "stop") != 0)
		return -1;
	*taken = scene_clock() - started;
	line = strstr(sender->text, "TX-packets:");
	if (line != NULL && sscanf(line, "TX-packets: %lf", packets) == 1 &&
		*packets > 0)
		return 0;
	warnx("testpmd, RTE_IOMMUFD=%s, has sent nothing:\n%s\n---",
		sender->settings.settings, sender->text);
	return -1;
}

void
sender_leave_processor(cpu_set_t *before)
{
	cpu_set_t others;

	sched_getaffinity(0, sizeof(*before), before);
	others = *before;
	CPU_CLR(SENDER_POLLS_ON, &others);
	if (CPU_COUNT(&others) > 0)
		sched_setaffinity(0, sizeof(others), &others);
}

int
sender_counter(struct sender *sender, const char *name, double *value)
{
	char wanted[64];
	const char *line;

	if (command_and_wait(sender, "show port xstats 0") != 0)
		return -1;
	snprintf(wanted, sizeof(wanted), "\n%s: ", name);
	line = strstr(sender->text, wanted);
	if (line != NULL && sscanf(line + strlen(wanted), "%lf", value) == 1)
		return 0;
	warnx("testpmd -a %s has no counter %s:\n%s\n---",
		sender->settings.device, name, sender->text);
	return -1;
}

int
sender_end(struct sender *sender)
{
	int ret = -1;
	int status;

	if (sender == NULL)
		return 0;
	command(sender, "quit");
	while (read_more(sender) == 0)
		;
	kill(sender->pid, SIGKILL); /* without effect when it has ended */
	if (waitpid(sender->pid, &status, 0) == sender->pid && status == 0)
		ret = 0;
	else
		warnx("testpmd, RTE_IOMMUFD=%s, did not end in order",
			sender->settings.settings);
	testpmd_remove_files(sender->settings.prefix);
	close(sender->terminal);
	free(sender->text);
	free(sender);
	return ret;
}
