/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Why memory could not be mapped: limits on what may be pinned, and addresses that
 * the IOMMU does not reach. See explain.h.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "explain/explain.h"
#include "explain/explain_say.h"
#include "kernel/memory_limits.h"
#include "rte_iommufd.h"
#include "util/iova_map.h"

#define HOW_TO_RAISE \
	"(ulimit -l, LimitMEMLOCK= of a systemd unit, memlock in limits.conf)"

/* SMMUv3 translates an interrupt like any write; the kernel keeps this window for it. */
static const char interrupt_addresses[] =
#ifdef RTE_ARCH_ARM64
	" (on arm64 0x8000000-0x80fffff)";
#else
	" (on x86 0xfee00000-0xfeefffff)";
#endif

/* " (VmPin of this process; 4096 KiB more of other programs of this user)" */
static void
name_charge(char *text, size_t size, enum memory_charge charge,
	const struct memory_limits *limits)
{
	if (charge == MEMORY_CHARGED_TO_PROCESS)
		snprintf(text, size, "VmLck of this process");
	else if (limits->others_kib == 0)
		snprintf(text, size, "VmPin of this process");
	else
		snprintf(text, size,
			"VmPin of this process, and %" PRIu64
			" KiB more of other programs of this user",
			limits->others_kib);
}

/* The limit is certainly the cause: with this request the charge would be above it. */
static const char *
explain_limit(struct explanation *explanation, uint64_t wanted,
	enum memory_charge charge, const struct memory_limits *limits)
{
	char name[128];

	name_charge(name, sizeof(name), charge, limits);
	return say(explanation,
		"cannot pin %" PRIu64
		" KiB for DMA: the limit on locked memory is %" PRIu64
		" KiB, and %" PRIu64
		" KiB are charged against it already (%s); raise it to at least %" PRIu64
		" " HOW_TO_RAISE ", or give the program CAP_IPC_LOCK",
		wanted, limits->locked_kib, limits->charged_kib, name,
		wanted + limits->charged_kib + limits->others_kib);
}

/* "a limit on locked memory of 8192 KiB, ..." */
static void
describe_limit(char *text, size_t size, enum memory_charge charge,
	const struct memory_limits *limits)
{
	char name[128];

	name_charge(name, sizeof(name), charge, limits);
	if (limits->unlimited || limits->locked_kib == UINT64_MAX ||
		charge == MEMORY_NOT_CHARGED)
		snprintf(text, size, "no limit on locked memory applies");
	else
		snprintf(text, size,
			"the limit on locked memory, %" PRIu64
			" KiB, has room for it (%" PRIu64
			" KiB are charged: %s)%s",
			limits->locked_kib, limits->charged_kib, name,
			charge == MEMORY_CHARGED_TO_USER
				? ", unless programs of this user that cannot be seen use it up"
				: "");
}

/* "; the memory cgroup /a uses ..." or "" */
static void
describe_cgroup(char *text, size_t size, const struct memory_limits *limits)
{
	text[0] = '\0';
	if (limits->cgroup[0] != '\0')
		snprintf(text, size,
			"; the memory cgroup %s, where I/O page tables count, uses %" PRIu64
			" of %" PRIu64
			" KiB (memory.max, MemoryMax= of a systemd unit)",
			limits->cgroup, limits->cgroup_used_kib,
			limits->cgroup_max_kib);
}

static const char *
explain_out_of_memory(struct explanation *explanation, uint64_t wanted,
	enum memory_charge charge, const struct memory_limits *limits)
{
	char available[64] = "";
	char cgroup[320];
	char limit[320];

	if (limits->unreadable)
		return say(explanation,
			"cannot pin %" PRIu64
			" KiB for DMA: out of memory (ENOMEM), also for a look at limits and charges: the machine, or a memory cgroup of this process (memory.max, MemoryMax= of a systemd unit), is full",
			wanted);
	describe_limit(limit, sizeof(limit), charge, limits);
	describe_cgroup(cgroup, sizeof(cgroup), limits);
	if (limits->available_kib != 0)
		snprintf(available, sizeof(available),
			"; the machine has %" PRIu64 " KiB available",
			limits->available_kib);
	return say(explanation,
		"cannot pin %" PRIu64
		" KiB for DMA: out of memory (ENOMEM). Looked at: %s%s%s",
		wanted, limit, cgroup, available);
}

static const char *
explain_pinning(struct explanation *explanation, uint64_t length,
	enum memory_charge charge)
{
	const uint64_t wanted = length >> 10;
	struct memory_limits limits;

	memory_limits_read(&limits, charge);
	if (!limits.unreadable && charge != MEMORY_NOT_CHARGED &&
		!limits.unlimited && limits.locked_kib != UINT64_MAX &&
		wanted + limits.charged_kib + limits.others_kib >
			limits.locked_kib)
		return explain_limit(explanation, wanted, charge, &limits);
	return explain_out_of_memory(explanation, wanted, charge, &limits);
}

/* "0x0-0xfedfffff, 0xfef00000-0x7fffffffff": as many as fit. */
static void
list_ranges(char *text, size_t size, const struct rte_iommufd_range *ranges,
	unsigned int count)
{
	size_t used = 0;
	unsigned int i;

	text[0] = '\0';
	for (i = 0; i < count && used < size; i++)
		used += snprintf(text + used, size - used,
			"%s%#" PRIx64 "-%#" PRIx64, i == 0 ? "" : ", ",
			ranges[i].first, ranges[i].last);
}

static unsigned int
bits_of(uint64_t last)
{
	return last == 0 ? 0 : 64 - __builtin_clzll(last);
}

static const char *
explain_address(struct explanation *explanation, const struct mapping *run,
	const struct rte_iommufd_range *ranges, unsigned int count)
{
	const uint64_t last = run->iova + (run->length - 1);
	const uint64_t end = count == 0 ? 0 : ranges[count - 1].last;
	char text[160];

	if (count != 0 && last > end)
		return say(explanation,
			"cannot map %#" PRIx64 "-%#" PRIx64
			": the IOMMU of an attached device reaches only up to %#" PRIx64
			" (%u bits): have EAL reserve lower addresses (--base-virtaddr=0x100000000), use physical ones (--iova-mode=pa), or map memory of the program's own at a lower IOVA",
			run->iova, last, end, bits_of(end));
	list_ranges(text, sizeof(text), ranges, count);
	return say(explanation,
		"cannot map %#" PRIx64 "-%#" PRIx64
		": not in whole pages, or reserved by the IOMMU%s%s: choose other addresses (--base-virtaddr for EAL's memory)",
		run->iova, last,
		count == 0 ? interrupt_addresses : "; what can be mapped is ",
		text);
}

static const char *
cannot_map(struct explanation *explanation, const struct mapping *run,
	const char *why)
{
	return say(explanation, "cannot map %#" PRIx64 "-%#" PRIx64 ": %s",
		run->iova, run->iova + (run->length - 1), why);
}

const char *
explain_map(struct explanation *explanation, const struct mapping *run,
	const struct rte_iommufd_range *ranges, unsigned int range_count,
	enum memory_charge charge, int err)
{
	const uint64_t last = run->iova + (run->length - 1);

	switch (-err) {
	case ENOMEM:
		return explain_pinning(explanation, run->length, charge);
	case EINVAL:
		return explain_address(explanation, run, ranges, range_count);
	case EEXIST:
		return cannot_map(
			explanation, run, "something is mapped there already");
	case EADDRINUSE:
		return cannot_map(explanation, run,
			"something is mapped there that this library has not mapped (by type1 calls of a driver)");
	case ENOENT:
		return say(explanation,
			"cannot copy %#" PRIx64 "-%#" PRIx64
			": another thread has unmapped it meanwhile",
			run->iova, last);
	case EPERM:
		return cannot_map(explanation, run,
			"the memory may not be written, but the device should");
	case EFAULT:
		return say(explanation,
			"cannot map %#" PRIx64 "-%#" PRIx64 ": at %#" PRIx64
			" of this process there is no memory, or none that the device may write",
			run->iova, last, run->va);
	case ENOTTY:
		return cannot_map(explanation, run,
			"this kernel does not map files (Linux 6.13 does): leave out map=file of RTE_IOMMUFD");
	case ENOSPC:
		return cannot_map(explanation, run,
			"over the limit on mappings of a legacy container; use larger hugepages, allocate at start (-m), or raise dma_entry_limit of the module vfio_iommu_type1");
	default:
		return cannot_map(explanation, run, strerror(-err));
	}
}

/* vfio_pci_core_feature_dma_buf() */
const char *
explain_region(struct explanation *explanation, unsigned int region,
	uint64_t offset, uint64_t length, int err)
{
	switch (-err) {
	case ENOTTY:
		return say(explanation,
			"this kernel does not give out device registers for P2P (Linux 6.19 does)");
	case EOPNOTSUPP:
	case ENODEV:
		return say(explanation,
			"region %u cannot be given out for P2P: it is no memory, the platform knows no way between devices, or the device is being reset",
			region);
	case EINVAL:
		return say(explanation,
			"region %u has no %#" PRIx64 " + %#" PRIx64
			" in whole pages that a program could map (VFIO_DEVICE_GET_REGION_INFO tells)",
			region, offset, length);
	default:
		return say(explanation,
			"region %u cannot be given out for P2P: %s", region,
			strerror(-err));
	}
}
