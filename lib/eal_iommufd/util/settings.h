/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SETTINGS_H
#define SETTINGS_H

/*
 * The settings of a context: `key=value,...`, from the environment variable
 * RTE_IOMMUFD or from rte_iommufd_configure().
 *
 * Must not know: its callers, the effect of a setting.
 */

#include <stddef.h>

#define SETTINGS_VARIABLE "RTE_IOMMUFD"

enum settings_backend {
	SETTINGS_BACKEND_AUTO,
	SETTINGS_BACKEND_IOMMUFD,
	SETTINGS_BACKEND_TYPE1,
	SETTINGS_BACKEND_NOIOMMU,
	SETTINGS_BACKEND_STOCK,
};

enum settings_ioas {
	SETTINGS_IOAS_SHARED,
	SETTINGS_IOAS_PER_DEVICE,
};

enum settings_map {
	SETTINGS_MAP_AUTO,
	SETTINGS_MAP_FILE,
	SETTINGS_MAP_VA,
};

/* Whom the kernel charges for what is pinned by IOMMUFD. */
enum settings_rlimit {
	SETTINGS_RLIMIT_AUTO, /* as it is set already: the user, by default */
	SETTINGS_RLIMIT_USER,
	SETTINGS_RLIMIT_PROCESS,
};

#define SETTINGS_THREADS_MAX 64

struct settings {
	enum settings_backend backend;
	enum settings_ioas ioas;
	enum settings_map map;
	enum settings_rlimit rlimit;
	int threads; /* 1 to SETTINGS_THREADS_MAX; 0: as the CPUs allow */
};

/*
 * Reads the text into settings; NULL and "" mean the defaults. Returns 0, or
 * -EINVAL with a sentence in problem that names the wrong part and what is
 * allowed there, or -ENOMEM.
 */
int settings_parse(const char *text, struct settings *settings, char *problem,
	size_t problem_size);

#endif /* SETTINGS_H */
