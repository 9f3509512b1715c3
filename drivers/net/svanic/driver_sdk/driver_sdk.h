/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef DRIVER_SDK_H
#define DRIVER_SDK_H

/*
 * What DPDK shows drivers and hides from programs: its own headers where they are
 * installed (-Denable_driver_sdk=true; distributions leave them out), else declarations
 * of our own of what a PCI Ethernet driver touches, for the releases we know.
 *
 * meson.build asks the same question to decide whether the driver can be built:
 * DRIVER_SDK_IS_MISSING. Must not know svanic.
 */

#include <rte_version.h>

#if !defined(DRIVER_SDK_OWN) && defined(__has_include)
#if __has_include(<ethdev_driver.h>) && __has_include(<bus_pci_driver.h>)
#define DRIVER_SDK_REAL
#endif
#endif

#ifdef DRIVER_SDK_REAL
#include <ethdev_driver.h>
#include <ethdev_pci.h>
#include <rte_flow_driver.h>
#elif RTE_VER_YEAR == 22 && RTE_VER_MONTH == 11
#include "dpdk_22.h"
#include "declarations.h"
#elif RTE_VER_YEAR == 24 && RTE_VER_MONTH == 11
#include "dpdk_24.h"
#include "declarations.h"
#elif RTE_VER_YEAR == 25 && RTE_VER_MONTH == 11
#include "dpdk_25.h"
#include "declarations.h"
#else
#define DRIVER_SDK_IS_MISSING
#endif

#endif /* DRIVER_SDK_H */
