/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The address translation cache (datasheet, section 10; PCI Express, section 10.2): asks
 * the IOMMU for what is not in it, and removes what the IOMMU invalidates. The property
 * ignore-invalidations makes it keep that: a defect for tests that are to find it.
 *
 * A PASID's translations are kept only while the IOMMU is known to tell of their end.
 *
 * Must not know: what is transferred, page requests.
 */

#include <stdlib.h>
#include <string.h>

#include "svanic.h"
#include "translations.h"

/* Of one PASID. The IOMMU can have it longer than the device lives, then nic is NULL. */
struct watch {
	struct qemu_iotlb_notifier notifier; /* first: notify() gets it */
	struct svanic *nic;
	struct watch *next;
	uint32_t pasid;
	bool is_registered;
};

struct svanic_atc {
	struct translations cache;
	struct watch *watches;
};

/* --- invalidations ---------------------------------------------------------------- */

static void
invalidate(struct svanic *nic, uint32_t pasid, uint64_t first, uint64_t last)
{
	nic->translations.invalidations++;
	if (!nic->properties.ignores_invalidations)
		nic->translations.removed += translations_remove(
			&nic->atc->cache, pasid, first, last);
}

static void
notify(struct qemu_iotlb_notifier *notifier, struct qemu_translation *what)
{
	struct watch *watch = (struct watch *)notifier;
	uint64_t last = what->address | what->mask;

	if (watch->nic != NULL)
		invalidate(watch->nic, watch->pasid, what->address, last);
}

/* --- watches ---------------------------------------------------------------------- */

static struct watch *
find_watch(struct svanic *nic, uint32_t pasid)
{
	struct watch *watch = nic->atc->watches;

	while (watch != NULL && watch->pasid != pasid)
		watch = watch->next;
	return watch;
}

static struct watch *
new_watch(struct svanic *nic, uint32_t pasid)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (watch == NULL)
		return NULL;
	watch->nic = nic;
	watch->pasid = pasid;
	watch->next = nic->atc->watches;
	nic->atc->watches = watch;
	return watch;
}

/*
 * Whether QEMU fills a notifier in where qemu_abi.h has its fields. There is nothing to
 * be seen without an IOMMU.
 */
static bool
is_initialized(const struct watch *watch)
{
	return watch->notifier.notify == notify &&
		watch->notifier.flags == QEMU_DEVICE_IOTLB_EVENTS &&
		watch->notifier.first == 0 &&
		watch->notifier.last == UINT64_MAX &&
		watch->notifier.opaque == watch;
}

bool
svanic_atc_knows_notifiers(struct svanic *nic)
{
	struct watch watch = { .nic = NULL };

	pci_iommu_init_iotlb_notifier(
		nic->device, &watch.notifier, notify, &watch);
	return watch.notifier.notify == NULL || is_initialized(&watch);
}

/* QEMU ends when a notifier is registered with an IOMMU that has no device IOTLB. */
static bool
tells_of_invalidations(struct svanic *nic)
{
	void *iommu = svanic_iommu(nic);

	return iommu != NULL &&
		object_property_get_bool(iommu, "device-iotlb", NULL);
}

static void
start_watching(struct svanic *nic, struct watch *watch)
{
	if (!tells_of_invalidations(nic))
		return;
	pci_iommu_init_iotlb_notifier(
		nic->device, &watch->notifier, notify, watch);
	watch->is_registered = is_initialized(watch) &&
		pci_iommu_register_iotlb_notifier(
			nic->device, watch->pasid, &watch->notifier) == 0;
}

static bool
is_watched(struct svanic *nic, uint32_t pasid)
{
	struct watch *watch = find_watch(nic, pasid);

	if (watch == NULL)
		watch = new_watch(nic, pasid);
	if (watch != NULL && !watch->is_registered)
		start_watching(nic, watch);
	return watch != NULL && watch->is_registered;
}

/* A notifier that cannot be taken back now is left to the IOMMU, without a device. */
static void
end_watch(struct svanic *nic, struct watch *watch)
{
	watch->nic = NULL;
	if (!watch->is_registered ||
		pci_iommu_unregister_iotlb_notifier(
			nic->device, watch->pasid, &watch->notifier) == 0)
		free(watch);
}

/* --- translations ----------------------------------------------------------------- */

/* The device says that it only reads, and then may not write by what it gets. */
static bool
ask(struct svanic *nic, uint32_t pasid, uint64_t page, uint32_t wanted,
	struct translation *translation)
{
	bool only_reads = !(wanted & QEMU_MAY_WRITE);
	struct qemu_translation answer[2];
	uint32_t errors = 0, given;

	memset(answer, 0, sizeof(answer));
	if (pci_ats_request_translation(nic->device, pasid, false, false, page,
		    RING_PAGE_SIZE, only_reads, answer, 1, &errors) < 1)
		return false;
	if (((answer[0].address ^ page) & ~answer[0].mask) != 0 &&
		(answer[0].permissions & (int)wanted)) {
		error_report(
			"svanic: asked for a translation of %#jx, QEMU gave one of %#jx: its IOMMUTLBEntry is not laid out as known",
			(uintmax_t)page, (uintmax_t)answer[0].address);
		return false;
	}
	given = (uint32_t)answer[0].permissions &
		(only_reads ? QEMU_MAY_READ : QEMU_MAY_READ | QEMU_MAY_WRITE);
	*translation = (struct translation){
		.page = page,
		.translated = ((answer[0].translated & ~answer[0].mask) |
				      (page & answer[0].mask)) &
			~(uint64_t)(RING_PAGE_SIZE - 1),
		.pasid = pasid,
		.permissions = given,
	};
	return (given & wanted) == wanted;
}

bool
svanic_atc_translate(struct svanic *nic, uint32_t pasid, uint64_t address,
	uint32_t wanted, uint64_t *translated)
{
	uint64_t in_page = address % RING_PAGE_SIZE;
	const struct translation *entry;
	struct translation answer;
	bool is_kept;

	entry = translations_find(
		&nic->atc->cache, pasid, address - in_page, wanted);
	if (entry != NULL) {
		nic->translations.hits++;
		*translated = entry->translated + in_page;
		return true;
	}
	nic->translations.misses++;
	/* before it is asked for: so no invalidation comes between */
	is_kept = is_watched(nic, pasid);
	if (!ask(nic, pasid, address - in_page, wanted, &answer))
		return false;
	if (is_kept)
		translations_add(&nic->atc->cache, &answer);
	*translated = answer.translated + in_page;
	return true;
}

/* --- life ------------------------------------------------------------------------- */

void
svanic_atc_clear(struct svanic *nic)
{
	translations_clear(&nic->atc->cache);
}

bool
svanic_atc_init(struct svanic *nic)
{
	nic->atc = calloc(1, sizeof(*nic->atc));
	return nic->atc != NULL;
}

void
svanic_atc_exit(struct svanic *nic)
{
	struct watch *watch, *next;

	for (watch = nic->atc->watches; watch != NULL; watch = next) {
		next = watch->next;
		end_watch(nic, watch);
	}
	free(nic->atc);
	nic->atc = NULL;
}
