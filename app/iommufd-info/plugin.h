/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef INFO_PLUGIN_H
#define INFO_PLUGIN_H

/*
 * The plugin of the bus in the folder from which every DPDK program loads its drivers: whether
 * it is there, and whether it can be loaded.
 *
 * Must not know: what it does.
 */

#include <limits.h>

enum plugin_state {
	PLUGIN_NO_FOLDER, /* this DPDK loads no drivers by itself, or its folder is missing */
	PLUGIN_MISSING,
	PLUGIN_BROKEN, /* it cannot be loaded: then rte_eal_init() fails in every program */
	PLUGIN_UNTRIED, /* there is one, and no process could be made to load it */
	PLUGIN_LOADS,
};

struct plugin {
	char folder[PATH_MAX];
	char path[PATH_MAX];
	enum plugin_state state;
	char error
		[512]; /* of one that is broken: the dynamic linker's; why it was not tried */
};

/* The folder may be "". */
void plugin_look(const char *folder, struct plugin *plugin);

#endif /* INFO_PLUGIN_H */
