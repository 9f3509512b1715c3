/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The options of the running kernel; see kernel_config.h. */

#include <stdio.h>
#include <string.h>

#include "kernel/kernel_config.h"

static FILE *
open_config(const char *root, const char *release, char path[PATH_MAX])
{
	static const char *const places[] = { "%s/boot/config-%s",
		"%s/lib/modules/%s/config", "%s/usr/lib/modules/%s/config" };
	FILE *file = NULL;
	size_t i;

	for (i = 0; file == NULL && i < sizeof(places) / sizeof(places[0]);
		i++) {
		snprintf(path, PATH_MAX, places[i], root, release);
		file = fopen(path, "re");
	}
	if (file == NULL)
		path[0] = '\0';
	return file;
}

/* "CONFIG_NAME=y"; one that is off is a comment or has no line. */
static void
take_line(const char *line, struct kernel_option *option)
{
	const size_t length = strlen(option->name);

	if (strncmp(line, option->name, length) != 0 || line[length] != '=')
		return;
	snprintf(option->value, sizeof(option->value), "%.*s",
		(int)strcspn(line + length + 1, "\n"), line + length + 1);
}

void
kernel_config_read(const char *root, const char *release,
	struct kernel_option *options, unsigned int count, char path[PATH_MAX])
{
	FILE *file = open_config(root, release, path);
	char line[512];
	unsigned int i;

	for (i = 0; i < count; i++)
		snprintf(options[i].value, sizeof(options[i].value), "%s",
			file == NULL ? "" : "n");
	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL)
		for (i = 0; i < count; i++)
			take_line(line, &options[i]);
	fclose(file);
}
