/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef NODES_H
#define NODES_H

/*
 * The files that the program gets: /dev/iommu, and the node of each device.
 *
 * Must not know: who the program runs as; how descriptors are passed.
 */

#include "options.h"

struct node {
	char name[64]; /* as the library knows it: iommu, pci-0000-01-00.0 */
	int fd;
};

struct nodes {
	struct node items[1 + OPTIONS_MAX_DEVICES];
	unsigned int count;
};

/* Opens all of them, with close-on-exec. 0, or -1 with a line. */
int nodes_open(const struct options *options, struct nodes *nodes);

#endif /* NODES_H */
