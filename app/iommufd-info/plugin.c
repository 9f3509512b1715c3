/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The plugin in DPDK's folder; see plugin.h. */

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>

#include "plugin.h"

#define PLUGIN_NAME "librte_bus_pci_iommufd.so"

/* Or with a version at its end. */
static bool
is_name_of_plugin(const char *name)
{
	const size_t length = strlen(PLUGIN_NAME);

	if (strncmp(name, PLUGIN_NAME, length) != 0)
		return false;
	name += length;
	return name[0] == '\0' ||
		(name[0] == '.' && name[1] != '\0' &&
			name[strspn(name, ".0123456789")] == '\0');
}

/* As EAL does: a link that leads nowhere is found as well. */
static bool
find_in_folder(struct plugin *plugin)
{
	struct dirent *entry;
	bool found = false;
	DIR *entries = opendir(plugin->folder);

	if (entries == NULL) {
		plugin->state = PLUGIN_NO_FOLDER;
		return false;
	}
	while (!found && (entry = readdir(entries)) != NULL) {
		found = is_name_of_plugin(entry->d_name);
		if (found)
			snprintf(plugin->path, sizeof(plugin->path), "%s/%s",
				plugin->folder, entry->d_name);
	}
	closedir(entries);
	plugin->state = found ? PLUGIN_UNTRIED : PLUGIN_MISSING;
	return found;
}

/* Its constructor acts on the process that loads it, so that it gets one of its own. */
static void
load_in_child(const char *path, int fd)
{
	const char *problem;

	if (dlopen(path, RTLD_NOW) != NULL)
		_exit(EXIT_SUCCESS);
	problem = dlerror();
	if (problem != NULL && write(fd, problem, strlen(problem)) < 0)
		_exit(2);
	_exit(EXIT_FAILURE);
}

static void
read_error(struct plugin *plugin, int fd)
{
	ssize_t length = read(fd, plugin->error, sizeof(plugin->error) - 1);

	plugin->error[length < 0 ? 0 : length] = '\0';
}

static void
plugin_untried(struct plugin *plugin, const char *call)
{
	snprintf(plugin->error, sizeof(plugin->error), "%s: %s", call,
		strerror(errno));
}

static void
try_to_load(struct plugin *plugin)
{
	int ends[2], status = -1;
	pid_t child;

	fflush(stdout);
	if (pipe(ends) < 0) {
		plugin_untried(plugin, "pipe()");
		return;
	}
	child = fork();
	if (child == 0)
		load_in_child(plugin->path, ends[1]);
	if (child < 0)
		plugin_untried(plugin, "fork()");
	close(ends[1]);
	if (child > 0)
		read_error(plugin, ends[0]);
	close(ends[0]);
	if (child < 0)
		return;
	if (waitpid(child, &status, 0) < 0) {
		plugin_untried(plugin, "waitpid()");
		return;
	}
	plugin->state = PLUGIN_BROKEN;
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS)
		plugin->state = PLUGIN_LOADS;
	else if (WIFSIGNALED(status))
		snprintf(plugin->error, sizeof(plugin->error),
			"a program that loads it ends by signal %d",
			WTERMSIG(status));
}

void
plugin_look(const char *folder, struct plugin *plugin)
{
	*plugin = (struct plugin){ .state = PLUGIN_NO_FOLDER };
	snprintf(plugin->folder, sizeof(plugin->folder), "%s", folder);
	if (folder[0] != '\0' && find_in_folder(plugin))
		try_to_load(plugin);
}
