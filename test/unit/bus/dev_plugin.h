/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef DEV_PLUGIN_H
#define DEV_PLUGIN_H

/*
 * The bus plugin as a program of DPDK 26.11 gets it, but on the stand-in kernel: librte_eal is
 * dev_eal.c, "EAL, the PCI bus and drivers" are dev_caller.c, and the plugin is opened as EAL
 * opens it. Its library is the test program's own. Its state begins anew with each test.
 *
 * Must not know: what is tested.
 */

#include <stdbool.h>

#include "dev_caller.h"
#include "dev_eal.h"

struct rte_iommufd_context;

/* Paths of objects, from the command line. */
extern const char *dev_plugin_path, *dev_caller_path;

/* As EAL, the bus and drivers call it; from dev_plugin_load() to dev_plugin_unload(). */
extern const struct dev_caller *dpdk;

/* Whether /dev/vfio/vfio can be used; true at first. */
extern bool dev_plugin_has_containers;

/* For a machine with VFIO; once the test's sysfs is there. */
void dev_plugin_start(void);

/* Opens the caller and then the plugin, whose process context this is. */
void dev_plugin_load(struct rte_iommufd_context *context);
void dev_plugin_unload(void);

/* The kernel's module, in the test's sysfs. */
void dev_plugin_load_module(const char *name);
void dev_plugin_unload_module(const char *name);
/* The switch for devices without an IOMMU. */
void dev_plugin_turn_switch(const char *value);

#endif /* DEV_PLUGIN_H */
