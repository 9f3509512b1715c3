/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * What dpdk-iommufd-info finds in DPDK's plugin folder, by folders of this test.
 *
 * Must not know: devices.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/resource.h>

#include "../../../app/iommufd-info/plugin.h"
#include "unit.h"

static char folder[] = "/tmp/info-plugin-XXXXXX";
static char file[128];
static struct plugin plugin;

static void
make_file(const char *name)
{
	int fd;

	snprintf(file, sizeof(file), "%s/%s", folder, name);
	fd = open(file, O_CREAT | O_WRONLY, 0755);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "no library", 10), 10);
	close(fd);
}

static int
setup(void **state __rte_unused)
{
	strcpy(folder, "/tmp/info-plugin-XXXXXX");
	file[0] = '\0';
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int
teardown(void **state __rte_unused)
{
	if (file[0] != '\0')
		unlink(file);
	return rmdir(folder);
}

static void
an_empty_folder_has_none(void **state __rte_unused)
{
	plugin_look(folder, &plugin);
	assert_int_equal(plugin.state, PLUGIN_MISSING);
}

static void
no_folder_is_told_apart(void **state __rte_unused)
{
	plugin_look("/nowhere", &plugin);
	assert_int_equal(plugin.state, PLUGIN_NO_FOLDER);
	plugin_look("", &plugin);
	assert_int_equal(plugin.state, PLUGIN_NO_FOLDER);
}

/* A copy that the administrator has put away is none, and EAL does not load it. */
static void
other_names_are_not_the_plugin(void **state __rte_unused)
{
	make_file("librte_bus_pci_iommufd.so.away");
	plugin_look(folder, &plugin);
	assert_int_equal(plugin.state, PLUGIN_MISSING);
}

static void
one_with_a_version_is_the_plugin(void **state __rte_unused)
{
	make_file("librte_bus_pci_iommufd.so.25.0");
	plugin_look(folder, &plugin);
	assert_int_equal(plugin.state, PLUGIN_BROKEN);
	assert_string_equal(plugin.path, file);
	assert_true(plugin.error[0] != '\0');
}

static int
lowest_free_descriptor(void)
{
	int fd = open("/dev/null", O_RDONLY);

	assert_true(fd >= 0);
	close(fd);
	return fd;
}

/* What was not tried is not said to be broken. */
static void
one_that_cannot_be_tried_is_not_broken(void **state __rte_unused)
{
	struct rlimit before, limit;

	make_file("librte_bus_pci_iommufd.so");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = before;
	/* The folder can be opened, a pipe cannot. */
	limit.rlim_cur = lowest_free_descriptor() + 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	plugin_look(folder, &plugin);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(plugin.state, PLUGIN_UNTRIED);
	assert_non_null(strstr(plugin.error, "pipe()"));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(an_empty_folder_has_none),
		TEST(no_folder_is_told_apart),
		TEST(other_names_are_not_the_plugin),
		TEST(one_with_a_version_is_the_plugin),
		TEST(one_that_cannot_be_tried_is_not_broken),
	};

	return RUN_TESTS("info_plugin", tests);
}
