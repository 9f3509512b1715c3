/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef PLUGIN_H
#define PLUGIN_H

/*
 * Makes the calls of everything that is loaded by now arrive in vfio_api.c,
 * or in dev_vfio_api.c, and in probe.c.
 * Called again when EAL has loaded all plugins, for those loaded after this one.
 */
void plugin_take_over(void);

#endif /* PLUGIN_H */
