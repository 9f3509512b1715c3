/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * When the plugin takes over DPDK's VFIO functions, and when it does nothing.
 *
 * This code runs in three cases. As a plugin (dlopen() by EAL) it has to rebind the
 * loaded objects. Under LD_PRELOAD, or linked before librte_eal, the dynamic linker has
 * already bound the calls to this library, and rebinding changes nothing. In a static
 * program the linker option --wrap has bound them, and nothing is rebound.
 *
 * A failure here must leave the program unchanged: the plugin may be in a folder from
 * which every DPDK program of the machine loads it.
 *
 * Must not know: what the functions do.
 */

#include <stdbool.h>
#include <stddef.h>

#include <rte_common.h>
#include <rte_iommufd.h>

#include "bus_log.h"
#include "dpdk_vfio.h"
#include "plugin.h"
#include "vfio_shim.h"

RTE_LOG_REGISTER(bus_iommufd_logtype, bus.pci.iommufd, INFO)

static bool plugin_version_logged;

/*
 * Once. EAL knows the log level when it loads a plugin, but not yet when this library is
 * preloaded or linked: then the line comes with rte_vfio_enable().
 */
static void
plugin_log_version(void)
{
	if (plugin_version_logged ||
		!rte_log_can_log(bus_iommufd_logtype, RTE_LOG_DEBUG))
		return;
	plugin_version_logged = true;
	BUS_LOG(DEBUG,
		"librte_bus_pci_iommufd " DPDK_IOMMUFD_VERSION
		" is loaded, with librte_eal_iommufd %s",
		rte_iommufd_version());
}

#ifdef VFIO_SHIM_BY_WRAP

void
plugin_take_over(void)
{
	plugin_log_version();
}

#else

#include "rebind.h"

/* A function of this plugin and of DPDK, or the other way round, as rebind() wants them. */
#define PLUGIN_TAKE(type, name, parameters) \
	{ #name, (void *)name, (void *)own->name },
#define PLUGIN_GIVE_BACK(type, name, parameters) \
	{ #name, (void *)own->name, (void *)name },

static void
plugin_give_back(const struct dpdk_vfio *own)
{
	const struct rebind_function vfio[] = { VFIO_SHIM_FUNCTIONS(
		PLUGIN_GIVE_BACK) };
	const struct rebind_function dev_vfio[] = { DEV_VFIO_SHIM_FUNCTIONS(
		PLUGIN_GIVE_BACK) };
	const struct rebind_function probe[] = { PROBE_SHIM_FUNCTIONS(
		PLUGIN_GIVE_BACK) };

	rebind(vfio, RTE_DIM(vfio));
	rebind(dev_vfio, RTE_DIM(dev_vfio));
	rebind(probe, RTE_DIM(probe));
}

/* Negative: not all of it could be redirected. */
static int
plugin_take(const struct dpdk_vfio *own, enum dpdk_vfio_generation generation)
{
	const struct rebind_function vfio[] = { VFIO_SHIM_FUNCTIONS(
		PLUGIN_TAKE) };
	const struct rebind_function dev_vfio[] = { DEV_VFIO_SHIM_FUNCTIONS(
		PLUGIN_TAKE) };
	const struct rebind_function probe[] = { PROBE_SHIM_FUNCTIONS(
		PLUGIN_TAKE) };
	int ret = generation == DPDK_VFIO_DEV
		? rebind(dev_vfio, RTE_DIM(dev_vfio))
		: rebind(vfio, RTE_DIM(vfio));

	return ret < 0 ? ret : rebind(probe, RTE_DIM(probe));
}

void
plugin_take_over(void)
{
	const enum dpdk_vfio_generation generation = dpdk_vfio_generation();

	plugin_log_version();
	if (generation == DPDK_VFIO_UNKNOWN)
		return;
	if (plugin_take(dpdk_vfio_functions(), generation) >= 0)
		return;
	plugin_give_back(dpdk_vfio_functions());
	BUS_LOG(ERR,
		"this system does not let a plugin redirect calls (mprotect is refused): start the program with LD_PRELOAD=librte_bus_pci_iommufd.so instead; DPDK's own VFIO code is used");
}

RTE_INIT(plugin_loaded)
{
	plugin_log_version();
	if (dpdk_vfio_generation() == DPDK_VFIO_UNKNOWN) {
		BUS_LOG(INFO,
			"this librte_eal has neither the VFIO functions of DPDK 22.11 to 26.07 (rte_vfio_*) nor those of 26.11 (dev_vfio_*): DPDK's own code is used");
		return;
	}
	plugin_take_over();
}

#endif
