/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Errno and step -> cause and remedy, for page tables of programs; see explain_nested.h. */

#include <errno.h>
#include <string.h>

#include "explain/explain_nested.h"
#include "explain/explain_say.h"
#include "kernel/iommu_unit.h"
#include "kernel/sysfs_device.h"
#include "util/smmuv3.h"

static const char *
explain_registers(struct explanation *explanation,
	const struct sysfs_device *place, int err)
{
	struct iommu_unit unit;

	if (err == -ENOTTY)
		return say(explanation,
			"a program cannot own its page table, this kernel does not describe IOMMUs (Linux 6.6 does)");
	if (err == -EOPNOTSUPP && iommu_unit_of(place->path, &unit) &&
		unit.kind[0] != '\0' && strcmp(unit.kind, "arm-smmu-v3") != 0)
		return say(explanation,
			"a program cannot own its page table, its IOMMU is %s: so far only Arm's SMMUv3 is served",
			unit.kind);
	if (err == -EOPNOTSUPP)
		return say(explanation,
			"a program cannot own its page table, its IOMMU is no SMMUv3 of Arm's: so far no other is served");
	return say(explanation,
		"a program cannot own its page table, the kernel does not describe its IOMMU: %s",
		strerror(-err));
}

/* arm_smmu_domain_alloc_paging_flags(), iopt_table_add_domain() */
static const char *
explain_parent(struct explanation *explanation, int err)
{
	if (err == -EADDRINUSE)
		return say(explanation,
			"a program cannot own its page table, memory is mapped in its address space where the SMMU's second stage does not reach (SMMU_IDR5.OAS)");
	if (err == -EOPNOTSUPP)
		return say(explanation,
			"a program cannot own its page table, its SMMU does not translate in two stages (SMMU_IDR0.S1P and S2P)");
	return say(explanation,
		"a program cannot own its page table, the kernel makes no second stage for it: %s",
		strerror(-err));
}

/* arm_smmu_get_viommu_size(), where this SMMU has both stages. */
static const char *
explain_viommu(struct explanation *explanation,
	const struct smmuv3_registers *registers, int err)
{
	if (err == -ENOTTY)
		return say(explanation,
			"a program cannot own its page table, this kernel lends no part of an IOMMU (Linux 6.13 does)");
	if (err != -EOPNOTSUPP)
		return say(explanation,
			"a program cannot own its page table, the kernel lends no part of its SMMU: %s",
			strerror(-err));
	if (smmuv3_has_s2fwb(registers))
		return say(explanation,
			"a program cannot own its page table, the kernel lends no part of its SMMU, though that has S2FWB: it wants CONFIG_ARM_SMMU_V3_IOMMUFD");
	return say(explanation,
		"a program cannot own its page table, the kernel lends no part of its SMMU: it has no S2FWB (SMMU_IDR3.FWB is 0), and then the firmware has to say CANWBS of the PCI root complex (table IORT); it also wants CONFIG_ARM_SMMU_V3_IOMMUFD");
}

static const char *
explain_vdevice(struct explanation *explanation, int err)
{
	if (err == -EOPNOTSUPP)
		return say(explanation,
			"a program cannot own its page table, the device has not exactly one stream ID, as one behind a PCI bridge may");
	if (err == -EEXIST)
		return say(explanation,
			"a program cannot own its page table, whoever shares this /dev/iommu has taken the device for that already");
	return say(explanation,
		"a program cannot own its page table, the kernel does not enter the device into the part of the SMMU: %s",
		strerror(-err));
}

/* arm_smmu_attach_dev_nested(), pci_dev_reset_iommu_prepare() */
static const char *
explain_attachment(struct explanation *explanation, int err)
{
	if (err == -EBUSY)
		return say(explanation,
			"cannot go to the program's page table, a PASID of it is attached, or it is being reset: detach the PASIDs, or try again");
	if (err == -ENOENT)
		return say(explanation,
			"cannot go to the program's page table, another device of its IOMMU group has none: give each its own group");
	return say(explanation, "cannot go to the program's page table: %s",
		strerror(-err));
}

const char *
explain_nested(struct explanation *explanation,
	const struct sysfs_device *place, enum nest_step step,
	const struct smmuv3_registers *registers, int err)
{
	switch (step) {
	case NEST_REGISTERS:
		return explain_registers(explanation, place, err);
	case NEST_FORMAT:
		return say(explanation,
			"a program cannot own its page table, its SMMU does not read little-endian tables of AArch64 with pages of 4 KiB (SMMU_IDR0.TTF and TTENDIAN, SMMU_IDR5.GRAN4K)");
	case NEST_PARENT:
		return explain_parent(explanation, err);
	case NEST_VIOMMU:
		return explain_viommu(explanation, registers, err);
	case NEST_VDEVICE:
		return explain_vdevice(explanation, err);
	case NEST_TABLE:
		return say(explanation,
			"a program cannot own its page table, the kernel does not take it: %s",
			strerror(-err));
	case NEST_EVENTS:
		return say(explanation,
			"the kernel makes no queue for faults of the program's page table: %s",
			strerror(-err));
	case NEST_INVALIDATION:
		return say(explanation,
			"the SMMU may go on with what was unmapped, the kernel does not invalidate it: %s",
			strerror(-err));
	case NEST_ATTACHMENT:
		return explain_attachment(explanation, err);
	}
	return say(explanation, "%s", strerror(-err));
}
