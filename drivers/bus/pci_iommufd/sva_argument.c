/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* The device argument sva=1; see sva_argument.h. */

#include <string.h>

#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_kvargs.h>
#include <rte_pci.h>

#include "sva_argument.h"

static bool
is_address_of(const struct rte_devargs *device, const char *address)
{
	struct rte_pci_addr asked, own;

	return rte_pci_addr_parse(device->name, &asked) == 0 &&
		rte_pci_addr_parse(address, &own) == 0 &&
		rte_pci_addr_cmp(&asked, &own) == 0;
}

/* What is wrong with the arguments is the driver's to say. */
static bool
has_sva(const char *text)
{
	struct rte_kvargs *arguments;
	const char *value;
	bool has;

	if (text == NULL || text[0] == '\0')
		return false;
	arguments = rte_kvargs_parse(text, NULL);
	if (arguments == NULL)
		return false;
	value = rte_kvargs_get(arguments, "sva");
	has = value != NULL && strcmp(value, "1") == 0;
	rte_kvargs_free(arguments);
	return has;
}

bool
sva_is_asked_for(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *address = slash == NULL ? path : slash + 1;
	struct rte_devargs *device;
	bool asked = false;

	RTE_EAL_DEVARGS_FOREACH("pci", device) {
		if (device->policy == RTE_DEV_ALLOWED &&
			is_address_of(device, address))
			asked = has_sva(device->args);
	}
	return asked;
}
