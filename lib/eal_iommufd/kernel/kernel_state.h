/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef KERNEL_STATE_H
#define KERNEL_STATE_H

/*
 * What the kernel shows about itself, without opening a device: which drivers it has,
 * how its modules are set, whether the machine remaps interrupts.
 *
 * Must not know: devices; the purpose of the caller.
 */

#include <stdbool.h>

enum kernel_switch {
	KERNEL_SWITCH_UNKNOWN, /* cannot be seen */
	KERNEL_SWITCH_ON,
	KERNEL_SWITCH_OFF,
};

/* Whether a driver has registered the node /dev/iommu ("iommu") or /dev/vfio/vfio ("vfio"). */
bool kernel_state_has_node(const char *name);

/* The parameter allow_unsafe_interrupts of the module iommufd or vfio_iommu_type1. */
enum kernel_switch kernel_state_unsafe_interrupts(const char *module);

/*
 * Whether interrupts are remapped, as the names of the interrupt controllers in
 * /proc/interrupts say: on x86 "IR-IO-APIC" or "IO-APIC", on arm64 "ITS-PCI-MSI" (the ITS knows
 * which device writes, and the kernel calls its interrupts isolated); elsewhere it is unknown.
 */
enum kernel_switch kernel_state_remaps_interrupts(void);

/* Whether this process has the capability now (CAP_SYS_RAWIO, for example). */
bool kernel_state_has_capability(unsigned int capability);

#endif /* KERNEL_STATE_H */
