/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* PASIDs: allocation, attachment, what is refused, and that nothing is left behind. */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/address_space.h"
#include "core/pasid.h"
#include "backend/backend.h"
#include "devices.h"
#include "fake_sysfs.h"
#include "backend/fault_queue.h"
#include "logs.h"
#include "mock_kernel.h"
#include "kernel/pci_config.h"
#include "rte_iommufd_pasid.h"
#include "unit.h"

#define RW (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)
#define VA(address) ((void *)(uintptr_t)(address))

static const struct fake_device nic_entry = { "0000:01:00.0", "vfio-pci",
	"vfio0", "511:0", "4", NULL };
static const struct fake_device second_entry = { "0000:02:00.0", "vfio-pci",
	"vfio1", "511:1", "5", NULL };

static const char *nic, *second_nic;

static void
make_devices(void)
{
	nic = fake_sysfs_add(&nic_entry);
	second_nic = fake_sysfs_add(&second_entry);
}

static int
setup(void **state)
{
	int ret = devices_start(state, false, "backend=iommufd");

	make_devices();
	return ret;
}

static int
setup_script(void **state)
{
	int ret = devices_start(state, true, "backend=iommufd");

	make_devices();
	return ret;
}

/* An attached device, the space it is in, and another. */
static struct {
	struct rte_iommufd_device *device;
	struct rte_iommufd_space *own;
	struct rte_iommufd_space *space;
} world;

static int
setup_world(void **state)
{
	int ret = setup(state);

	world.device = open_device(nic);
	world.own = create_space();
	world.space = create_space();
	assert_int_equal(rte_iommufd_device_attach(world.device, world.own), 0);
	return ret;
}

static int
end_world(void **state)
{
	rte_iommufd_device_close(world.device);
	assert_int_equal(rte_iommufd_space_destroy(world.own), 0);
	assert_int_equal(rte_iommufd_space_destroy(world.space), 0);
	assert_no_error();
	return devices_end(state);
}

/* The order of calls in a PASID's life, to the letter. */
static void
a_pasid_lives_by_the_book(void **state __rte_unused)
{
	struct rte_iommufd_device *device;
	struct rte_iommufd_space *own, *space;
	uint32_t pasid;

	mock_expect(10, "open /dev/iommu");
	mock_expect(0, "ioas_alloc iommu=10");
	mock_expect_value(3);
	own = create_space();
	mock_expect(0, "ioas_alloc iommu=10");
	mock_expect_value(4);
	space = create_space();
	mock_expect(12, "open /dev/vfio/devices/vfio0");
	mock_expect(0, "device_number fd=12");
	mock_expect(0, "device_bind fd=12 iommu=10 token=none");
	mock_expect_value(5);
	device = open_device(nic);
	mock_expect(0, "hw_info iommu=10 device=5");
	mock_expect(0, "hwpt_alloc device=5 ioas=3 flags=pasid fault=0");
	mock_expect_value(7);
	mock_expect(0, "device_attach fd=12 page_table=7");
	mock_expect(0, "ioas_ranges ioas=3 capacity=32");
	assert_int_equal(rte_iommufd_device_attach(device, own), 0);

	mock_expect(0, "hw_info iommu=10 device=5");
	mock_expect(0, "device_detach_pasid fd=12 pasid=1");
	assert_int_equal(rte_iommufd_pasid_alloc(device, &pasid), 0);
	assert_int_equal(pasid, 1);
	mock_expect(0, "hw_info iommu=10 device=5");
	mock_expect(0, "hwpt_alloc device=5 ioas=4 flags=pasid fault=0");
	mock_expect_value(8);
	mock_expect(0, "device_attach_pasid fd=12 pasid=1 page_table=8");
	mock_expect(0, "ioas_ranges ioas=4 capacity=32");
	assert_int_equal(rte_iommufd_pasid_attach(device, 1, space), 0);
	assert_ptr_equal(rte_iommufd_pasid_space(device, 1), space);

	mock_expect(0, "device_attach_pasid fd=12 pasid=1 page_table=7");
	mock_expect(0, "destroy id=8");
	mock_expect(0, "ioas_ranges ioas=3 capacity=32");
	mock_expect(0, "ioas_ranges ioas=4 capacity=32");
	assert_int_equal(rte_iommufd_pasid_replace(device, 1, own), 0);
	assert_ptr_equal(rte_iommufd_pasid_space(device, 1), own);
	assert_int_equal(rte_iommufd_pasid_replace(device, 1, own), 0);

	mock_expect(0, "device_detach_pasid fd=12 pasid=1");
	mock_expect(0, "ioas_ranges ioas=3 capacity=32");
	assert_int_equal(rte_iommufd_pasid_detach(device, 1), 0);
	assert_null(rte_iommufd_pasid_space(device, 1));
	assert_int_equal(rte_iommufd_pasid_free(device, 1), 0);
	mock_assert_script_done();

	mock_expect(0, "device_detach fd=12");
	mock_expect(0, "destroy id=7");
	mock_expect(0, "ioas_ranges ioas=3 capacity=32");
	assert_int_equal(rte_iommufd_device_detach(device), 0);
	mock_expect(0, "close fd=12");
	rte_iommufd_device_close(device);
	mock_expect(0, "destroy id=4");
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	mock_expect(0, "destroy id=3");
	assert_int_equal(rte_iommufd_space_destroy(own), 0);
	mock_expect(0, "close fd=10");
	assert_no_error();
}

static void
the_lowest_free_pasid_is_given_out(void **state __rte_unused)
{
	uint32_t pasid, i;

	for (i = 1; i <= 20; i++) {
		assert_int_equal(
			rte_iommufd_pasid_alloc(world.device, &pasid), 0);
		assert_int_equal(pasid, i);
	}
	assert_int_equal(rte_iommufd_pasid_free(world.device, 7), 0);
	assert_int_equal(rte_iommufd_pasid_free(world.device, 3), 0);
	assert_int_equal(rte_iommufd_pasid_alloc(world.device, &pasid), 0);
	assert_int_equal(pasid, 3);
	/* The caller's own are in use, too. */
	assert_int_equal(
		rte_iommufd_pasid_attach(world.device, 7, world.space), 0);
	assert_int_equal(rte_iommufd_pasid_alloc(world.device, &pasid), 0);
	assert_int_equal(pasid, 21);
	assert_int_equal(rte_iommufd_pasid_detach(world.device, 7), 0);
	assert_int_equal(rte_iommufd_pasid_alloc(world.device, &pasid), 0);
	assert_int_equal(pasid, 7);
}

static void
all_of_the_hardwares_pasids_can_be_used(void **state __rte_unused)
{
	uint32_t pasid, i;

	mock_answer_value("hw_info", 0, 4);
	for (i = 1; i < 16; i++) {
		assert_int_equal(
			rte_iommufd_pasid_alloc(world.device, &pasid), 0);
		assert_int_equal(rte_iommufd_pasid_attach(
					 world.device, pasid, world.space),
			0);
	}
	assert_int_equal(mock_pasids(), 15);
	assert_int_equal(
		rte_iommufd_pasid_alloc(world.device, &pasid), -ENOSPC);
	assert_one_error("0000:01:00.0: all 15 PASIDs are in use");
	assert_int_equal(
		rte_iommufd_pasid_attach(world.device, 16, world.space),
		-EINVAL);
	assert_one_error("PASID 16", "between 1 and 15");
	assert_int_equal(rte_iommufd_pasid_attach(world.device, 0, world.space),
		-EINVAL);
	assert_one_error("PASID 0", "between 1 and 15");
	/* One page table serves them all. */
	assert_int_equal(mock_page_tables(), 2);
	/* The world ends with all of them attached. */
}

static void
what_is_not_so_is_refused(void **state __rte_unused)
{
	struct rte_iommufd_device *const device = world.device;
	struct rte_iommufd_space *stranger;
	struct rte_iommufd_context *other;

	assert_int_equal(rte_iommufd_pasid_free(device, 5), -EINVAL);
	assert_one_error("PASID 5", "not allocated");
	assert_int_equal(rte_iommufd_pasid_detach(device, 5), -ENOENT);
	assert_one_error("cannot detach PASID 5", "no space");
	assert_int_equal(
		rte_iommufd_pasid_replace(device, 5, world.space), -ENOENT);
	assert_one_error("cannot replace PASID 5", "no space");
	assert_null(rte_iommufd_pasid_space(device, 5));
	assert_int_equal(rte_iommufd_pasid_attach(device, 5, world.space), 0);
	assert_int_equal(
		rte_iommufd_pasid_attach(device, 5, world.own), -EBUSY);
	assert_one_error("PASID 5", "rte_iommufd_pasid_replace()");
	assert_int_equal(rte_iommufd_pasid_free(device, 5), -EINVAL);
	assert_one_error("not allocated");
	assert_int_equal(rte_iommufd_space_destroy(world.space), -EBUSY);
	assert_one_error("1 PASIDs attached");
	assert_int_equal(rte_iommufd_device_detach(device), -EBUSY);
	assert_one_error("0000:01:00.0", "PASIDs are attached");

	assert_int_equal(
		rte_iommufd_context_create("backend=iommufd", &other), 0);
	assert_int_equal(rte_iommufd_space_create(other, &stranger), 0);
	assert_int_equal(
		rte_iommufd_pasid_attach(device, 6, stranger), -EINVAL);
	assert_one_error("PASID 6", "another context");
	assert_int_equal(
		rte_iommufd_pasid_replace(device, 5, stranger), -EINVAL);
	assert_one_error("PASID 5", "another context");
	assert_int_equal(rte_iommufd_space_destroy(stranger), 0);
	assert_int_equal(rte_iommufd_context_destroy(other), 0);

	assert_int_equal(rte_iommufd_pasid_detach(device, 5), 0);
	assert_int_equal(rte_iommufd_device_detach(device), 0);
	assert_int_equal(
		rte_iommufd_pasid_attach(device, 5, world.space), -EINVAL);
	assert_one_error("PASID 5", "attach it first");
	assert_int_equal(mock_pasids(), 0);
}

static void
an_attached_one_is_not_freed(void **state __rte_unused)
{
	uint32_t pasid;

	assert_int_equal(rte_iommufd_pasid_alloc(world.device, &pasid), 0);
	assert_int_equal(
		rte_iommufd_pasid_attach(world.device, pasid, world.space), 0);
	assert_int_equal(rte_iommufd_pasid_free(world.device, pasid), -EBUSY);
	assert_one_error("detach it first");
	assert_int_equal(rte_iommufd_pasid_detach(world.device, pasid), 0);
	assert_int_equal(rte_iommufd_pasid_free(world.device, pasid), 0);
	assert_int_equal(rte_iommufd_pasid_free(world.device, pasid), -EINVAL);
	assert_one_error("not allocated");
}

static void
a_refused_attachment_leaves_nothing(void **state __rte_unused)
{
	static const struct {
		int error;
		const char *words;
	} refusals[] = {
		{ -EINVAL, "does not fit" },
		{ -EOPNOTSUPP, "no page tables for PASIDs" },
		{ -EBUSY, "being reset" },
		{ -EADDRINUSE, "does not reach" },
		{ -ENOMEM, "out of memory" },
		{ -EIO, "Input/output error" },
	};
	uint32_t pasid;
	size_t i;

	for (i = 0; i < RTE_DIM(refusals); i++) {
		mock_answer("device_attach_pasid", refusals[i].error);
		assert_int_equal(
			rte_iommufd_pasid_attach(world.device, 1, world.space),
			refusals[i].error);
		assert_one_error("0000:01:00.0: cannot attach PASID 1",
			refusals[i].words);
		assert_int_equal(mock_page_tables(), 1);
		assert_null(rte_iommufd_pasid_space(world.device, 1));
	}
	/* Nothing keeps it from having memory where interrupts are written. */
	assert_int_equal(rte_iommufd_space_map(world.space, VA(0x10000),
				 0xfee00000, 0x1000, RW),
		0);
	assert_int_equal(rte_iommufd_pasid_alloc(world.device, &pasid), 0);
	assert_int_equal(pasid, 1);
}

static void
a_refused_replacement_leaves_the_old_space(void **state __rte_unused)
{
	assert_int_equal(
		rte_iommufd_pasid_attach(world.device, 9, world.space), 0);
	mock_answer("device_attach_pasid", -ENOMEM);
	assert_int_equal(
		rte_iommufd_pasid_replace(world.device, 9, world.own), -ENOMEM);
	assert_one_error("PASID 9");
	assert_ptr_equal(rte_iommufd_pasid_space(world.device, 9), world.space);
	mock_answer("device_detach_pasid", -EIO);
	assert_int_equal(rte_iommufd_pasid_detach(world.device, 9), -EIO);
	assert_one_error("0000:01:00.0: cannot detach PASID 9");
	assert_ptr_equal(rte_iommufd_pasid_space(world.device, 9), world.space);
	/* The end of the device's file does it. */
	rte_iommufd_device_close(world.device);
	assert_one_error("0000:01:00.0: cannot detach PASID 9");
	world.device = NULL;
}

static void
moving_the_device_leaves_its_pasids(void **state __rte_unused)
{
	struct rte_iommufd_space *third = create_space();

	assert_int_equal(
		rte_iommufd_pasid_attach(world.device, 2, world.space), 0);
	assert_int_equal(
		rte_iommufd_pasid_attach(world.device, 3, world.own), 0);
	assert_int_equal(rte_iommufd_device_move(world.device, third), 0);
	assert_int_equal(mock_pasids(), 2);
	assert_int_equal(mock_page_tables(), 3);
	assert_int_equal(rte_iommufd_pasid_detach(world.device, 3), 0);
	assert_int_equal(mock_page_tables(), 2);
	rte_iommufd_device_close(world.device);
	world.device = NULL;
	assert_int_equal(mock_page_tables(), 0);
	assert_int_equal(rte_iommufd_space_destroy(third), 0);
}

/* What two devices use the same PASID for is up to each of them. */
static void
devices_have_pasids_of_their_own(void **state __rte_unused)
{
	struct rte_iommufd_device *second = open_device(second_nic);
	uint32_t pasid;

	assert_int_equal(rte_iommufd_device_attach(second, world.own), 0);
	assert_int_equal(
		rte_iommufd_pasid_attach(world.device, 1, world.space), 0);
	assert_int_equal(rte_iommufd_pasid_alloc(second, &pasid), 0);
	assert_int_equal(pasid, 1);
	assert_int_equal(rte_iommufd_pasid_attach(second, 1, world.own), 0);
	assert_ptr_equal(rte_iommufd_pasid_space(world.device, 1), world.space);
	assert_ptr_equal(rte_iommufd_pasid_space(second, 1), world.own);
	/* Both devices and a PASID on one page table. */
	assert_int_equal(mock_page_tables(), 2);
	rte_iommufd_device_close(second);
	assert_int_equal(mock_pasids(), 1);
}

/* --- What is missing --- */

#define CONFIG_SIZE 4096

/* A configuration space with these extended capabilities, ended by 0. */
static void
write_config(const char *path, const uint16_t *capabilities, size_t size)
{
	static uint8_t config[CONFIG_SIZE];
	char name[PATH_MAX];
	unsigned int offset = 0x100;
	uint32_t header, next;
	FILE *file;

	memset(config, 0, sizeof(config));
	for (; *capabilities != 0; capabilities++, offset += 16) {
		next = capabilities[1] == 0 ? 0 : offset + 16;
		header = *capabilities | 1 << 16 | next << 20;
		memcpy(&config[offset], &header, sizeof(header));
	}
	snprintf(name, sizeof(name), "%s/config", path);
	file = fopen(name, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(config, 1, size, file), size);
	fclose(file);
}

#define CONFIG(path, ...)                                                \
	write_config(path, (const uint16_t[]){ 0x0001, __VA_ARGS__, 0 }, \
		CONFIG_SIZE)

static void
capabilities_are_found(void **state __rte_unused)
{
	static const uint16_t none[] = { 0 };

	assert_int_equal(pci_config_has(nic, PCI_CONFIG_PASID), -ENOENT);
	CONFIG(nic, PCI_CONFIG_ATS, PCI_CONFIG_PASID);
	assert_int_equal(pci_config_has(nic, PCI_CONFIG_ATS), 1);
	assert_int_equal(pci_config_has(nic, PCI_CONFIG_PASID), 1);
	assert_int_equal(pci_config_has(nic, PCI_CONFIG_PAGE_REQUESTS), 0);
	/* What others than root see; and a device without a place for them. */
	write_config(nic, none, 64);
	assert_int_equal(pci_config_has(nic, PCI_CONFIG_PASID), -EACCES);
	write_config(nic, none, 256);
	assert_int_equal(pci_config_has(nic, PCI_CONFIG_PASID), 0);
}

static void
a_list_in_a_circle_ends(void **state __rte_unused)
{
	uint8_t config[CONFIG_SIZE] = {
		[0x100] = 1, [0x102] = 1, [0x103] = 0x10
	};
	char name[PATH_MAX];
	FILE *file;

	snprintf(name, sizeof(name), "%s/config", nic);
	file = fopen(name, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(config, 1, sizeof(config), file), CONFIG_SIZE);
	fclose(file);
	assert_int_equal(pci_config_has(nic, PCI_CONFIG_PASID), 0);
}

static void
assert_unfit(const char *words)
{
	uint32_t pasid;

	assert_int_equal(
		rte_iommufd_pasid_alloc(world.device, &pasid), -EOPNOTSUPP);
	assert_one_error("0000:01:00.0: cannot use PASIDs", words);
	assert_int_equal(rte_iommufd_pasid_attach(world.device, 1, world.space),
		-EOPNOTSUPP);
	assert_one_error("0000:01:00.0: cannot use PASIDs", words);
	assert_int_equal(mock_calls("device_attach_pasid"), 0);
}

static void
the_missing_piece_is_named(void **state __rte_unused)
{
	mock_answer_value("hw_info", 0, 0);
	assert_unfit("lspci");
	CONFIG(nic, PCI_CONFIG_ATS);
	assert_unfit("the device has no PASID capability");
	CONFIG(nic, PCI_CONFIG_ATS, PCI_CONFIG_PASID);
	assert_unfit("its IOMMU does not translate by PASID");
	mock_answer("hw_info", -EOPNOTSUPP);
	assert_unfit("its IOMMU does not translate by PASID");
	mock_answer("hw_info", 0);
	mock_answer("device_detach_pasid", -EINVAL);
	assert_unfit("Linux 6.15");
	mock_answer("device_detach_pasid", -EOPNOTSUPP);
	assert_unfit("its driver vfio-pci");
}

/* The link in the device's folder that leads to its IOMMU. */
static void
put_behind(const char *unit)
{
	char name[PATH_MAX];
	char target[64];

	snprintf(name, sizeof(name), "%s/iommu", nic);
	snprintf(target, sizeof(target), "../../iommu/%s", unit);
	unlink(name);
	fake_sysfs_link(name, target);
}

static void
what_the_iommu_needs_is_said_of_its_kind(void **state __rte_unused)
{
	mock_answer_value("hw_info", 0, 0);
	CONFIG(nic, PCI_CONFIG_ATS, PCI_CONFIG_PASID);
	assert_unfit("not enabled it (a virtual one has to offer PASIDs)");
	put_behind("dmar0");
	assert_unfit("(VT-d: needs scalable mode, boot with intel_iommu=on");
	put_behind("smmu3.0x0000000009050000");
	assert_unfit("(SMMUv3: needs SubstreamIDs");
	put_behind("ivhd0");
	assert_unfit("not enabled it (a virtual one has to offer PASIDs)");
}

static void
a_page_table_of_the_kernels_fits_no_pasids(void **state __rte_unused)
{
	assert_int_equal(rte_iommufd_device_detach(world.device), 0);
	mock_answer("hwpt_alloc", -EOPNOTSUPP);
	assert_int_equal(rte_iommufd_device_attach(world.device, world.own), 0);
	assert_int_equal(rte_iommufd_pasid_attach(world.device, 1, world.space),
		-EOPNOTSUPP);
	assert_one_error("0000:01:00.0", "fits no PASIDs");
}

static void
other_backends_have_no_pasids(void **state)
{
	struct rte_iommufd_device *device;
	struct rte_iommufd_space *space;
	uint32_t pasid;

	assert_int_equal(devices_start(state, false, "backend=type1"), 0);
	device = open_device(fake_sysfs_add(&nic_entry));
	space = create_space();
	assert_int_equal(rte_iommufd_device_attach(device, space), 0);
	assert_int_equal(rte_iommufd_pasid_alloc(device, &pasid), -EOPNOTSUPP);
	assert_one_error("backend type1v2 has no PASIDs");
	assert_int_equal(
		rte_iommufd_pasid_attach(device, 1, space), -EOPNOTSUPP);
	assert_one_error("backend type1v2 has no PASIDs");
	rte_iommufd_device_close(device);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	assert_int_equal(address_space_create_faulting(context,
				 &(struct fault_queue){ .id = 1 }, &space),
		-EOPNOTSUPP);
	assert_one_error("type1v2 has no page requests");
}

/* --- Where devices write interrupts --- */

static void
nothing_is_mapped_where_interrupts_are_written(void **state __rte_unused)
{
#ifdef RTE_ARCH_X86
	assert_int_equal(
		rte_iommufd_pasid_attach(world.device, 1, world.space), 0);
	assert_int_equal(rte_iommufd_space_map(world.space, VA(0x10000),
				 0xfeeff000, 0x1000, RW),
		-EINVAL);
	assert_one_error("0xfeeff000-0xfeefffff", "interrupts");
	assert_int_equal(rte_iommufd_space_map(world.space, VA(0x10000),
				 0xfedff000, 0x200000, RW),
		-EINVAL);
	assert_one_error("0xfedff000-0xfeffefff", "interrupts");
	assert_int_equal(rte_iommufd_space_map(world.space, VA(0x10000),
				 0xfedff000, 0x1000, RW),
		0);
	assert_int_equal(rte_iommufd_space_map(world.space, VA(0x10000),
				 0xfef00000, 0x1000, RW),
		0);
	assert_int_equal(rte_iommufd_pasid_detach(world.device, 1), 0);
	assert_int_equal(rte_iommufd_space_map(world.space, VA(0x10000),
				 0xfee00000, 0x1000, RW),
		0);
	assert_int_equal(rte_iommufd_pasid_attach(world.device, 1, world.space),
		-EADDRINUSE);
	assert_one_error("0xfee00000-0xfee00fff", "interrupts");
	assert_int_equal(mock_pasids(), 0);
#else
	skip();
#endif
}

static void
mirrors_keep_it_free_too(void **state __rte_unused)
{
#ifdef RTE_ARCH_X86
	struct rte_iommufd_space *mirror = create_space();

	assert_int_equal(rte_iommufd_space_mirror(mirror, world.space), 0);
	assert_int_equal(rte_iommufd_pasid_attach(world.device, 1, mirror), 0);
	assert_int_equal(rte_iommufd_space_map(world.space, VA(0x10000),
				 0xfee00000, 0x1000, RW),
		-EINVAL);
	assert_one_error("interrupts");
	assert_int_equal(mock_mappings(), 0);
	assert_int_equal(rte_iommufd_pasid_detach(world.device, 1), 0);
	assert_int_equal(rte_iommufd_space_destroy(mirror), 0);
#else
	skip();
#endif
}

/* --- Page requests --- */

static struct rte_iommufd_space *
create_faulting(struct fault_queue *queue)
{
	struct rte_iommufd_space *space = NULL;

	assert_int_equal(fault_queue_open(queue, context->iommu_fd), 0);
	assert_int_equal(
		address_space_create_faulting(context, queue, &space), 0);
	return space;
}

static void
page_tables_report_page_requests(void **state __rte_unused)
{
	struct fault_queue queue;
	struct rte_iommufd_space *space = create_faulting(&queue);

	assert_int_equal(rte_iommufd_pasid_attach(world.device, 1, space), 0);
	assert_contains(mock_last_call("hwpt_alloc"), "flags=pasid+faults");
	assert_int_equal(rte_iommufd_pasid_detach(world.device, 1), 0);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	assert_int_equal(fault_queue_close(&queue), 0);
}

static void
a_pasid_of_a_fault_space_is_its_users(void **state __rte_unused)
{
	struct fault_queue queue;
	struct rte_iommufd_space *space = create_faulting(&queue);

	space->owned = true;
	assert_int_equal(rte_iommufd_pasid_attach(world.device, 1, space), 0);
	assert_int_equal(rte_iommufd_pasid_detach(world.device, 1), -EBUSY);
	assert_one_error("belongs to shared virtual addressing");
	pthread_mutex_lock(&context->lock);
	assert_int_equal(
		pasid_detach_owned(world.device, 1, world.space), -ENOENT);
	assert_int_equal(pasid_detach_owned(world.device, 1, space), 0);
	pthread_mutex_unlock(&context->lock);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	assert_int_equal(fault_queue_close(&queue), 0);
}

static void
assert_no_page_requests(
	struct rte_iommufd_space *space, int error, const char *words)
{
	mock_answer("device_attach_pasid", error);
	assert_int_equal(
		rte_iommufd_pasid_attach(world.device, 1, space), -ENODEV);
	assert_one_error("0000:01:00.0: cannot make page requests", words);
}

static void
what_page_requests_lack_is_named(void **state __rte_unused)
{
	const char *const pf = fake_sysfs_path("devices/0000:01:00.7");
	struct fault_queue queue;
	struct rte_iommufd_space *space = create_faulting(&queue);
	char name[PATH_MAX];

	CONFIG(nic, PCI_CONFIG_PASID);
	assert_no_page_requests(space, -ENODEV, "no ATS capability");
	CONFIG(nic, PCI_CONFIG_PASID, PCI_CONFIG_ATS);
	assert_no_page_requests(space, -ENODEV, "(PRI)");
	CONFIG(nic, PCI_CONFIG_PASID, PCI_CONFIG_ATS, PCI_CONFIG_PAGE_REQUESTS);
	assert_no_page_requests(space, -ENODEV, "IOMMU does not take them");
	/* A VF has its PF's. */
	snprintf(name, sizeof(name), "%s/config", pf);
	fake_sysfs_write(name, "");
	CONFIG(pf, PCI_CONFIG_PASID, PCI_CONFIG_PAGE_REQUESTS);
	CONFIG(nic, PCI_CONFIG_ATS);
	snprintf(name, sizeof(name), "%s/physfn", nic);
	fake_sysfs_link(name, "../0000:01:00.7");
	assert_no_page_requests(space, -EINVAL, "it is a VF");
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	assert_int_equal(fault_queue_close(&queue), 0);
}

/* The device itself goes there as well, but never to a page table of the kernel's. */
static void
devices_in_a_faulting_space_report_page_requests(void **state __rte_unused)
{
	struct rte_iommufd_device *second = open_device(second_nic);
	struct fault_queue queue;
	struct rte_iommufd_space *space = create_faulting(&queue);

	mock_answer("device_attach fd=", -EINVAL);
	assert_int_equal(rte_iommufd_device_attach(second, space), -EINVAL);
	assert_one_error("0000:02:00.0");
	assert_int_equal(mock_calls("device_attach fd="), 2);
	mock_answer("device_attach fd=", 0);
	assert_int_equal(rte_iommufd_device_attach(second, space), 0);
	assert_contains(mock_last_call("hwpt_alloc"), "flags=pasid+faults");
	rte_iommufd_device_close(second);
	assert_int_equal(rte_iommufd_space_destroy(space), 0);
	assert_int_equal(fault_queue_close(&queue), 0);
}

/* --- Whatever fails --- */

#define check(condition, what)                                            \
	do {                                                              \
		if (!(condition))                                         \
			fail_msg("%s, when \"%s\" failed; log: %s", what, \
				mock_failed_call(), logs_text());         \
	} while (0)

/* An error was logged once, success never. */
static bool
step(int ret)
{
	check(logs_errors() == (ret < 0), "not one error line for an error");
	logs_start();
	return ret >= 0;
}

static void
end_step(int ret)
{
	check(ret == 0, "something cannot be ended");
	check(logs_errors() <= 1, "more than one error line");
	logs_start();
}

static void
use_pasids(struct rte_iommufd_device *device, struct rte_iommufd_space *own,
	struct rte_iommufd_space *space, struct rte_iommufd_space *faulting)
{
	uint32_t pasid;

	if (step(rte_iommufd_pasid_alloc(device, &pasid)) &&
		step(rte_iommufd_pasid_attach(device, pasid, space))) {
		check(rte_iommufd_pasid_space(device, pasid) == space,
			"the PASID is in no space");
		step(rte_iommufd_pasid_replace(device, pasid, own));
		if (step(rte_iommufd_pasid_detach(device, pasid)))
			step(rte_iommufd_pasid_free(device, pasid));
	}
	if (faulting != NULL)
		step(rte_iommufd_pasid_attach(device, 9, faulting));
	step(rte_iommufd_pasid_attach(device, 10, space));
	step(rte_iommufd_device_move(device, space));
	step(rte_iommufd_space_map(space, VA(0x10000), 0x1000, 0x1000, RW));
}

static void
live(void)
{
	struct rte_iommufd_context *own_context;
	struct rte_iommufd_space *own = NULL, *space = NULL, *faulting = NULL;
	struct rte_iommufd_device *device = NULL;
	struct fault_queue queue = { .fd = -1 };

	assert_int_equal(
		rte_iommufd_context_create("backend=iommufd", &own_context), 0);
	if (!step(rte_iommufd_device_open(own_context, nic, NULL, &device)))
		device = NULL;
	if (!step(rte_iommufd_space_create(own_context, &own)))
		own = NULL;
	if (!step(rte_iommufd_space_create(own_context, &space)))
		space = NULL;
	if (own_context->iommu_fd < 0 ||
		fault_queue_open(&queue, own_context->iommu_fd) < 0)
		queue.fd = -1;
	else if (!step(address_space_create_faulting(
			 own_context, &queue, &faulting)))
		faulting = NULL;
	if (device != NULL && own != NULL && space != NULL &&
		step(rte_iommufd_device_attach(device, own)))
		use_pasids(device, own, space, faulting);
	rte_iommufd_device_close(device);
	end_step(0);
	end_step(rte_iommufd_space_destroy(own));
	end_step(rte_iommufd_space_destroy(space));
	end_step(rte_iommufd_space_destroy(faulting));
	if (queue.fd >= 0)
		fault_queue_close(&queue);
	end_step(rte_iommufd_context_destroy(own_context));
}

static void
whatever_fails_nothing_is_left(void **state __rte_unused)
{
	static const int errors[] = { -ENOMEM, -EINVAL, -EBUSY, -EOPNOTSUPP,
		-ENODEV };
	void *nothing = NULL;
	unsigned int number;
	size_t i;

	for (i = 0; i < RTE_DIM(errors); i++) {
		number = 0;
		do {
			mock_start_permissive(&nothing);
			mock_fail_call(++number, errors[i]);
			logs_start();
			live();
			mock_finish(&nothing);
		} while (mock_call_has_failed());
		/* No life is shorter than that. */
		assert_true(number > 30);
	}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, devices_end)
#define WORLD(name) \
	cmocka_unit_test_setup_teardown(name, setup_world, end_world)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_pasid_lives_by_the_book, setup_script, devices_end),
		WORLD(the_lowest_free_pasid_is_given_out),
		WORLD(all_of_the_hardwares_pasids_can_be_used),
		WORLD(what_is_not_so_is_refused),
		WORLD(an_attached_one_is_not_freed),
		WORLD(a_refused_attachment_leaves_nothing),
		WORLD(a_refused_replacement_leaves_the_old_space),
		WORLD(moving_the_device_leaves_its_pasids),
		WORLD(devices_have_pasids_of_their_own),
		TEST(capabilities_are_found),
		TEST(a_list_in_a_circle_ends),
		WORLD(the_missing_piece_is_named),
		WORLD(what_the_iommu_needs_is_said_of_its_kind),
		WORLD(a_page_table_of_the_kernels_fits_no_pasids),
		cmocka_unit_test_teardown(
			other_backends_have_no_pasids, devices_end),
		WORLD(nothing_is_mapped_where_interrupts_are_written),
		WORLD(mirrors_keep_it_free_too),
		WORLD(page_tables_report_page_requests),
		WORLD(a_pasid_of_a_fault_space_is_its_users),
		WORLD(what_page_requests_lack_is_named),
		WORLD(devices_in_a_faulting_space_report_page_requests),
		TEST(whatever_fails_nothing_is_left),
	};

	return RUN_TESTS("pasid", tests);
}
