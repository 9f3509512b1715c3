/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Errno and situation -> cause and remedy, for PASIDs; see explain_pasid.h. */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "explain/explain_pasid.h"
#include "explain/explain_say.h"
#include "kernel/iommu_unit.h"
#include "kernel/pci_config.h"
#include "kernel/sysfs_device.h"
#include "util/iova_map.h"

/*
 * What an IOMMU of this kind needs. SMMUv3: arm_smmu_enable_pasid() takes the smaller
 * width of the device's and SSIDSIZE's.
 */
static const char *
needed_for_pasids(const struct sysfs_device *place)
{
	struct iommu_unit unit;

	if (!iommu_unit_of(place->path, &unit))
		return "a virtual one has to offer PASIDs";
	if (strcmp(unit.kind, "intel-iommu") == 0)
		return "VT-d: needs scalable mode, boot with intel_iommu=on,sm_on; a virtual one has to offer PASIDs";
	if (strcmp(unit.kind, "arm-smmu-v3") == 0)
		return "SMMUv3: needs SubstreamIDs, SMMU_IDR1.SSIDSIZE is not 0 then; a virtual one has to offer them";
	return "a virtual one has to offer PASIDs";
}

/* iommufd_get_hw_info() describes the device and its IOMMU together. */
const char *
explain_no_pasids(
	struct explanation *explanation, const struct sysfs_device *place)
{
	const int has = pci_config_has(place->path, PCI_CONFIG_PASID);

	if (has == 0)
		return say(explanation,
			"cannot use PASIDs, the device has no PASID capability: give this work to a device that has one");
	if (has < 0)
		return say(explanation,
			"cannot use PASIDs, the device has no PASID capability, or its IOMMU does not translate by PASID (\"lspci -vv -s %s\" as root shows which)",
			place->address);
	return say(explanation,
		"cannot use PASIDs, the device has the capability, but its IOMMU does not translate by PASID, or the kernel has not enabled it (%s)",
		needed_for_pasids(place));
}

const char *
explain_vfio_without_pasids(struct explanation *explanation,
	const struct sysfs_device *place, int err)
{
	switch (-err) {
	case EINVAL:
		return say(explanation,
			"cannot use PASIDs, this kernel's VFIO attaches none (Linux 6.15 does)");
	case EOPNOTSUPP:
		return say(explanation,
			"cannot use PASIDs, its driver %s attaches none: bind it to vfio-pci",
			place->found.driver);
	default:
		return say(
			explanation, "cannot use PASIDs: %s", strerror(-err));
	}
}

/* VFs are refused by iommufd_hwpt_compatible_device(). */
static bool
is_vf_with_page_requests(const struct sysfs_device *place)
{
	return pci_config_is_vf(place->path) &&
		pci_config_has(place->path, PCI_CONFIG_PAGE_REQUESTS) == 1;
}

/* intel_iommu_enable_iopf() returns this without a reason. */
static const char *
explain_no_page_requests(
	struct explanation *explanation, const struct sysfs_device *place)
{
	if (is_vf_with_page_requests(place))
		return say(explanation,
			"cannot make page requests, it is a VF, and Linux takes them from physical functions only: use its PF");
	if (pci_config_has(place->path, PCI_CONFIG_ATS) == 0)
		return say(explanation,
			"cannot make page requests, the device has no ATS capability");
	if (pci_config_has(place->path, PCI_CONFIG_PAGE_REQUESTS) == 0)
		return say(explanation,
			"cannot make page requests, the device has no capability for them (PRI)");
	return say(explanation,
		"cannot make page requests, its IOMMU does not take them, or the kernel has not enabled ATS and page requests (PRI) of the device");
}

static const char *
explain_refused_attach(struct explanation *explanation, uint32_t pasid, int err)
{
	switch (-err) {
	case EINVAL:
		return say(explanation,
			"cannot attach PASID %u, the device's IOMMU does not fit the address space, or another device of its IOMMU group has this PASID in another one",
			pasid);
	case EOPNOTSUPP:
	case ENOTTY:
		return say(explanation,
			"cannot attach PASID %u, the driver of the device's IOMMU makes no page tables for PASIDs in this kernel",
			pasid);
	case EBUSY:
		return say(explanation,
			"cannot attach PASID %u, the device or one of its group is being reset: try again",
			pasid);
	case EADDRINUSE:
		return say(explanation,
			"cannot attach PASID %u, memory is mapped at an address that the device's IOMMU does not reach",
			pasid);
	case ENOMEM:
		return say(explanation,
			"cannot attach PASID %u, out of memory for I/O page tables (a memory cgroup limits them, too)",
			pasid);
	default:
		return say(explanation, "cannot attach PASID %u: %s", pasid,
			strerror(-err));
	}
}

const char *
explain_attach_pasid(struct explanation *explanation,
	const struct sysfs_device *place, uint32_t pasid, bool page_requests,
	int *err)
{
	if (page_requests && *err == -EINVAL && is_vf_with_page_requests(place))
		*err = -ENODEV;
	if (page_requests && *err == -ENODEV)
		return explain_no_page_requests(explanation, place);
	return explain_refused_attach(explanation, pasid, *err);
}

const char *
explain_interrupt_window(
	struct explanation *explanation, const struct mapping *run)
{
	return say(explanation,
		"cannot map %#" PRIx64 "-%#" PRIx64
		": the address space is for PASIDs, and what devices write to %#" PRIx64
		"-%#" PRIx64
		" are interrupts, which are not translated: choose other addresses",
		run->iova, run->iova + (run->length - 1),
		INTERRUPT_WINDOW_FIRST, INTERRUPT_WINDOW_LAST);
}
