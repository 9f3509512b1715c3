/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef EXPLAIN_PASID_H
#define EXPLAIN_PASID_H

/*
 * The same as explain.h, for PASIDs and page requests: which one of device, IOMMU and
 * kernel lacks what.
 *
 * Must not know: contexts, backends; how the text is shown.
 */

#include <stdbool.h>
#include <stdint.h>

#include "explain/explain.h"

/* Where a write of a device is an interrupt: x86 (VT-d 3.14). */
#define INTERRUPT_WINDOW_FIRST UINT64_C(0xfee00000)
#define INTERRUPT_WINDOW_LAST UINT64_C(0xfeefffff)

/* Why the kernel reports PASIDs of no bits for the device. */
const char *explain_no_pasids(
	struct explanation *explanation, const struct sysfs_device *place);
/* Why VFIO does not know the PASIDs of the device. */
const char *explain_vfio_without_pasids(struct explanation *explanation,
	const struct sysfs_device *place, int err);
/*
 * Why a PASID could not be attached to a space, which takes page requests or not. Where
 * page requests are what is missing, *err becomes -ENODEV.
 */
const char *explain_attach_pasid(struct explanation *explanation,
	const struct sysfs_device *place, uint32_t pasid, bool page_requests,
	int *err);
/* Why something is not mapped where devices write interrupts. */
const char *explain_interrupt_window(
	struct explanation *explanation, const struct mapping *run);

#endif /* EXPLAIN_PASID_H */
