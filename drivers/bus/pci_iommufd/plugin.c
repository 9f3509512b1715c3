/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * When the plugin takes over the rte_vfio_* functions, and when it does nothing.
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

static void
plugin_give_back(const struct dpdk_vfio *stock)
{
#define VFIO_SHIM_STOCK(name, parameters) \
	{ #name, (void *)stock->name, (void *)name },
	const struct rebind_function theirs[] = { VFIO_SHIM_FUNCTIONS(
		VFIO_SHIM_STOCK) };
#undef VFIO_SHIM_STOCK

	rebind(theirs, RTE_DIM(theirs));
}

void
plugin_take_over(void)
{
	const struct dpdk_vfio *stock = dpdk_vfio_functions();

	plugin_log_version();
	if (stock == NULL)
		return;
#define VFIO_SHIM_OURS(name, parameters) \
	{ #name, (void *)name, (void *)stock->name },
	const struct rebind_function ours[] = { VFIO_SHIM_FUNCTIONS(
		VFIO_SHIM_OURS) };
#undef VFIO_SHIM_OURS

	if (rebind(ours, RTE_DIM(ours)) >= 0)
		return;
	plugin_give_back(stock);
	BUS_LOG(ERR,
		"this system does not let a plugin redirect calls (mprotect is refused): start the program with LD_PRELOAD=librte_bus_pci_iommufd.so instead; DPDK's own VFIO code is used");
}

RTE_INIT(plugin_loaded)
{
	plugin_log_version();
	if (dpdk_vfio_functions() == NULL) {
		BUS_LOG(INFO,
			"this DPDK release keeps its VFIO functions to itself (26.11 and later): its own code is used");
		return;
	}
	plugin_take_over();
}

#endif
