/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * VFIO nodes for mock devices; see mock_vfio.h.
 *
 * What allocates nothing in VFIO, and so cannot fail there, is kept from fault injection
 * here.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "fail_nth.h"
#include "fake_sysfs.h"
#include "kernel/kernel.h"
#include "mock.h"
#include "mock_vfio.h"
#include "rte_iommufd.h"
#include "unit.h"

#define NODES "/dev/vfio/devices/vfio"
#define MAJOR 511	/* only compared */
#define HW_INFO_INTEL 1 /* IOMMU_HW_INFO_TYPE_INTEL_VTD */
#define MAX_NODES 16
#define MAX_PASIDS 64

/* An open node. */
struct node {
	int fd; /* -1: the place is free */
	unsigned int number;
	struct mock_device device; /* handle 0: not bound */
	uint32_t nowhere;	   /* the IOAS that stands for none */
	struct {
		uint32_t number; /* 0: a free place */
		uint32_t page_table_id;
	} pasids[MAX_PASIDS]; /* that are attached */
};

static struct node nodes[MAX_NODES];
static unsigned int added;

/* The functions themselves, for all other descriptors. */
int __real_kernel_open(const char *path);
int __real_kernel_close(int fd);
int __real_kernel_device_number(int fd, dev_t *number);

int __real_kernel_hw_info(int iommu_fd, uint32_t device_id, uint32_t *type,
	uint64_t *capabilities, uint8_t *max_pasid_log2);

int __wrap_kernel_open(const char *path);
int __wrap_kernel_close(int fd);
int __wrap_kernel_device_number(int fd, dev_t *number);
int __wrap_kernel_device_bind(int device_fd, int iommu_fd,
	const uint8_t *vf_token, uint32_t *device_id);
int __wrap_kernel_device_attach(int device_fd, uint32_t page_table_id);
int __wrap_kernel_device_detach(int device_fd);
int __wrap_kernel_device_attach_pasid(
	int device_fd, uint32_t pasid, uint32_t page_table_id);
int __wrap_kernel_device_detach_pasid(int device_fd, uint32_t pasid);
int __wrap_kernel_hw_info(int iommu_fd, uint32_t device_id, uint32_t *type,
	uint64_t *capabilities, uint8_t *max_pasid_log2);

void
mock_vfio_start(void)
{
	unsigned int i;

	fake_sysfs_make();
	added = 0;
	for (i = 0; i < MAX_NODES; i++)
		nodes[i] = (struct node){ .fd = -1 };
}

void
mock_vfio_end(void)
{
	unsigned int i;

	fake_sysfs_remove();
	for (i = 0; i < MAX_NODES; i++)
		assert_int_equal(nodes[i].fd, -1);
}

const char *
mock_vfio_add(void)
{
	char address[16], cdev[16], number[16], group[16];
	const struct fake_device device = {
		.address = address,
		.driver = "vfio-pci",
		.cdev = cdev,
		.cdev_number = number,
		.group = group,
	};

	snprintf(address, sizeof(address), "0000:%02x:00.0", added + 1);
	snprintf(cdev, sizeof(cdev), "vfio%u", added);
	snprintf(number, sizeof(number), "%u:%u", MAJOR, added);
	snprintf(group, sizeof(group), "%u", added);
	added++;
	return fake_sysfs_add(&device);
}

/* NULL when the descriptor is of something else. */
static struct node *
find_node(int fd)
{
	unsigned int i;

	for (i = 0; fd >= 0 && i < MAX_NODES; i++)
		if (nodes[i].fd == fd)
			return &nodes[i];
	return NULL;
}

static struct node *
bound_node(int fd)
{
	struct node *node = find_node(fd);

	assert_non_null(node);
	assert_int_not_equal(node->device.handle, 0);
	return node;
}

struct mock_device *
mock_vfio_device(const struct rte_iommufd_device *device)
{
	return &bound_node(rte_iommufd_device_fd(device))->device;
}

int
__wrap_kernel_open(const char *path)
{
	const bool is_node = strncmp(path, NODES, strlen(NODES)) == 0;
	unsigned int i;
	int fd;

	fd = __real_kernel_open(is_node ? "/dev/null" : path);
	if (!is_node || fd < 0)
		return fd;
	for (i = 0; nodes[i].fd >= 0; i++)
		assert_true(i + 1 < MAX_NODES);
	nodes[i] = (struct node){ .fd = fd };
	assert_int_equal(
		sscanf(path + strlen(NODES), "%u", &nodes[i].number), 1);
	return fd;
}

int
__wrap_kernel_device_number(int fd, dev_t *number)
{
	const struct node *node = find_node(fd);

	if (node == NULL)
		return __real_kernel_device_number(fd, number);
	*number = makedev(MAJOR, node->number);
	return 0;
}

int
__wrap_kernel_device_bind(int device_fd, int iommu_fd,
	const uint8_t *vf_token __rte_unused, uint32_t *device_id)
{
	struct node *node = find_node(device_fd);
	int ret;

	assert_non_null(node);
	ret = kernel_ioas_alloc(iommu_fd, &node->nowhere);
	if (ret != 0)
		return ret;
	ret = mock_create(
		iommu_fd, node->nowhere, UAPI_TEST_DEVICE_PASID, &node->device);
	if (ret != 0) {
		kernel_object_destroy(iommu_fd, node->nowhere);
		return ret;
	}
	*device_id = node->device.device_id;
	return 0;
}

int
__wrap_kernel_device_attach(int device_fd, uint32_t page_table_id)
{
	return mock_move(&bound_node(device_fd)->device, page_table_id);
}

int
__wrap_kernel_device_detach(int device_fd)
{
	struct node *node = bound_node(device_fd);
	int ret;

	fail_nth_pause();
	ret = mock_move(&node->device, node->nowhere);
	fail_nth_resume();
	return ret;
}

/* The place of the PASID, or with 0 a free one; MAX_PASIDS: there is none. */
static unsigned int
find_pasid(const struct node *node, uint32_t pasid)
{
	unsigned int i;

	for (i = 0; i < MAX_PASIDS && node->pasids[i].number != pasid; i++)
		;
	return i;
}

static bool
kernel_agrees(const struct node *node, uint32_t pasid, uint32_t page_table_id)
{
	struct uapi_test_command command = {
		.operation = UAPI_TEST_PASID_CHECK,
		.id = node->device.handle,
		.pasid = { .pasid = pasid, .page_table_id = page_table_id },
	};

	return mock_command(node->device.iommu_fd, &command) == 0;
}

struct mock_device
mock_vfio_pasid(const struct rte_iommufd_device *device, uint32_t pasid)
{
	const struct node *node = bound_node(rte_iommufd_device_fd(device));
	const unsigned int place = find_pasid(node, pasid);
	struct mock_device found = { .iommu_fd = node->device.iommu_fd };

	if (place < MAX_PASIDS) {
		found.handle = node->device.handle;
		found.device_id = node->device.device_id;
		found.page_table_id = node->pasids[place].page_table_id;
	}
	/* 0 asks whether there is none. */
	assert_true(kernel_agrees(node, pasid, found.page_table_id));
	return found;
}

/* As vfio_iommufd_physical_pasid_attach_ioas(). */
int
__wrap_kernel_device_attach_pasid(
	int device_fd, uint32_t pasid, uint32_t page_table_id)
{
	struct node *node = bound_node(device_fd);
	unsigned int place = find_pasid(node, pasid);
	struct uapi_test_command command = {
		.operation = place < MAX_PASIDS ? UAPI_TEST_PASID_REPLACE
						: UAPI_TEST_PASID_ATTACH,
		.id = node->device.handle,
		.pasid = { .pasid = pasid, .page_table_id = page_table_id },
	};
	int ret;

	assert_int_not_equal(pasid, 0);
	if (place == MAX_PASIDS)
		place = find_pasid(node, 0);
	assert_true(place < MAX_PASIDS);
	ret = mock_command(node->device.iommu_fd, &command);
	if (ret != 0)
		return ret;
	node->pasids[place].number = pasid;
	node->pasids[place].page_table_id = command.pasid.page_table_id;
	return 0;
}

static int
detach_pasid(struct node *node, unsigned int place)
{
	struct uapi_test_command command = {
		.operation = UAPI_TEST_PASID_DETACH,
		.id = node->device.handle,
		.pasid.pasid = node->pasids[place].number,
	};

	node->pasids[place].number = 0;
	return mock_command(node->device.iommu_fd, &command);
}

/* As vfio_iommufd_physical_pasid_detach_ioas(). */
int
__wrap_kernel_device_detach_pasid(int device_fd, uint32_t pasid)
{
	struct node *node = bound_node(device_fd);
	const unsigned int place = find_pasid(node, pasid);
	int ret;

	if (place == MAX_PASIDS)
		return 0;
	fail_nth_pause();
	ret = detach_pasid(node, place);
	fail_nth_resume();
	return ret;
}

/* As vfio_iommufd_physical_unbind(). */
static void
unbind(struct node *node)
{
	unsigned int place;

	for (place = 0; place < MAX_PASIDS; place++)
		if (node->pasids[place].number != 0)
			assert_int_equal(detach_pasid(node, place), 0);
	assert_int_equal(mock_destroy(&node->device), 0);
	assert_int_equal(
		kernel_object_destroy(node->device.iommu_fd, node->nowhere), 0);
}

int
__wrap_kernel_close(int fd)
{
	struct node *node = find_node(fd);

	if (node != NULL && node->device.handle != 0) {
		fail_nth_pause();
		unbind(node);
		fail_nth_resume();
	}
	if (node != NULL)
		node->fd = -1;
	return __real_kernel_close(fd);
}

int
__wrap_kernel_hw_info(int iommu_fd, uint32_t device_id, uint32_t *type,
	uint64_t *capabilities, uint8_t *max_pasid_log2)
{
	int ret = __real_kernel_hw_info(
		iommu_fd, device_id, type, capabilities, max_pasid_log2);

	if (ret == 0 && *type == UAPI_TEST_HW_INFO_TYPE)
		*type = HW_INFO_INTEL;
	return ret;
}
