/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The bus plugin in a program of DPDK 26.11; see dev_plugin.h. */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_iommufd.h>

#include "dev_plugin.h"
#include "fake_sysfs.h"
#include "unit.h"

const char *dev_plugin_path, *dev_caller_path;
const struct dev_caller *dpdk;
bool dev_plugin_has_containers;

static const char *sysfs;
static void *plugin, *caller;
static struct rte_iommufd_context *process_context;

/* --- what the plugin calls, in the place of the library's and libc's ------------------------ */

int __wrap_rte_iommufd_context_default(struct rte_iommufd_context **found);
int __wrap_access(const char *path, int mode);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
	__attribute__((alias("__wrap_open64")));

int
__wrap_rte_iommufd_context_default(struct rte_iommufd_context **found)
{
	*found = process_context;
	return 0;
}

/* The last one only is kept; the plugin asks too often for fake_sysfs_path(). */
static const char *
in_fake_sysfs(const char *path)
{
	static char found[PATH_MAX];

	if (strncmp(path, "/sys/", 5) != 0)
		return path;
	snprintf(found, sizeof(found), "%s%s", sysfs, path);
	return found;
}

int
__wrap_access(const char *path, int mode)
{
	if (strcmp(path, "/dev/vfio/vfio") != 0)
		return access(in_fake_sysfs(path), mode);
	errno = ENOENT;
	return dev_plugin_has_containers ? 0 : -1;
}

int
__wrap_open64(const char *path, int flags, ...)
{
	assert_int_equal(flags & O_CREAT, 0);
	return open(in_fake_sysfs(path), flags);
}

/* --- the kernel's modules ------------------------------------------------------------------- */

static const char *
module_file(const char *name)
{
	char file[64];

	snprintf(file, sizeof(file), "/sys/module/%s/refcnt", name);
	return in_fake_sysfs(file);
}

void
dev_plugin_start(void)
{
	sysfs = fake_sysfs_path("");
	dev_plugin_load_module("vfio");
	dev_plugin_load_module("vfio_pci");
}

void
dev_plugin_load_module(const char *name)
{
	fake_sysfs_write(module_file(name), "1\n");
}

void
dev_plugin_unload_module(const char *name)
{
	char folder[64];

	unlink(module_file(name));
	snprintf(folder, sizeof(folder), "/sys/module/%s", name);
	rmdir(in_fake_sysfs(folder));
}

void
dev_plugin_turn_switch(const char *value)
{
	fake_sysfs_write(
		in_fake_sysfs(
			"/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"),
		value);
}

/* --- the program ------------------------------------------------------------------------------ */

static void *
open_object(const char *path)
{
	void *object = dlopen(path, RTLD_NOW);

	if (object == NULL)
		fail_msg("%s", dlerror());
	return object;
}

void
dev_plugin_load(struct rte_iommufd_context *context)
{
	memset(dev_eal, 0, sizeof(dev_eal));
	process_context = context;
	dev_plugin_has_containers = true;
	caller = open_object(dev_caller_path);
	dpdk = dlsym(caller, "dev_caller_calls");
	assert_non_null(dpdk);
	plugin = open_object(dev_plugin_path);
}

void
dev_plugin_unload(void)
{
	dlclose(caller);
	dlclose(plugin);
	dpdk = NULL;
}
