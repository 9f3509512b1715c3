/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Any messages from two secondary processes to their primary. The stand-in for the kernel ends the
 * program when the primary does what the kernel's rules forbid, and counts what is left at the
 * end; what the primary has mapped for itself stays.
 */

#include <errno.h>
#include <string.h>

#include "core/space_map.h"
#include "devices.h"
#include "eal/mp_message.h"
#include "fake_mp.h"
#include "fake_sysfs.h"
#include "fuzz.h"
#include "kernel/kernel.h"
#include "logs.h"
#include "mock_kernel.h"
#include "rte_iommufd_internal.h"
#include "unit.h"

#define MESSAGE_BYTES 8
#define MESSAGES_MAX 64
#define PAGE UINT64_C(4096)
#define IOVA UINT64_C(0x40000000)
#define OWN (IOVA + 4 * PAGE) /* the primary's mapping: one page */
#define RW (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)

static const struct fake_device nic_entry = { "0000:01:00.0", "vfio-pci",
	"vfio0", "511:0", "4", NULL };
static const char *const peers[] = { "mp_socket_1", "mp_socket_2" };
static const char *nic;
static struct rte_iommufd_device *device;
static struct rte_iommufd_space *space;
static uint8_t memory[PAGE] __attribute__((aligned(4096)));

int __wrap_rte_iommufd_context_default(struct rte_iommufd_context **found);

int
__wrap_rte_iommufd_context_default(struct rte_iommufd_context **found)
{
	*found = context;
	return 0;
}

static void
start(const char *settings)
{
	setenv("CMOCKA_TEST_ABORT", "1", 1);
	FUZZ_CHECK(devices_start(NULL, false, settings) == 0);
	nic = fake_sysfs_add(&nic_entry);
	fake_mp_start();
	device = open_device(nic);
	space = create_space();
	FUZZ_CHECK(rte_iommufd_device_attach(device, space) == 0);
	FUZZ_CHECK(rte_iommufd_space_follow_memory(space) == 0);
	FUZZ_CHECK(rte_iommufd_space_map(space, memory, OWN, PAGE, RW) == 0);
	fake_mp_be_primary(true);
	FUZZ_CHECK(rte_iommufd_process_serve() == 0);
	fake_mp_be_primary(false);
}

/* Whatever they have asked for: the primary's own mapping is as it was. */
static void
end(void)
{
	void *va;

	fake_mp_end();
	FUZZ_CHECK(rte_iommufd_space_lookup(space, OWN, PAGE, RW, &va) == 0);
	FUZZ_CHECK(va == memory);
	FUZZ_CHECK(rte_iommufd_space_unmap(space, OWN, PAGE) == 0);
	rte_iommufd_device_close(device);
	FUZZ_CHECK(rte_iommufd_space_destroy(space) == 0);
	FUZZ_CHECK(devices_end(NULL) == 0);
}

/* Mostly what makes sense; the rest is any number. */
static void
fill_request(struct mp_request *request, const uint8_t *bytes)
{
	request->version = bytes[0] < 0xf0 ? MP_VERSION : bytes[1];
	request->kind = bytes[1] % 8;
	request->number = bytes[2];
	request->iova = IOVA + (bytes[3] % 16) * PAGE;
	request->va = bytes[4] % 2 ? request->iova : (uintptr_t)memory;
	request->length = (bytes[4] >> 1) % 16 * PAGE;
	if (bytes[5] >= 0xf0) {
		request->iova = UINT64_MAX - bytes[3] * PAGE;
		request->length = UINT64_MAX - bytes[4] * PAGE;
	}
	if (bytes[5] % 2)
		snprintf(request->path, sizeof(request->path), "%s", nic);
	else
		memset(request->path, bytes[5], sizeof(request->path));
}

/* Descriptors are the primary's as soon as it has the message. */
static void
send_message(const uint8_t *bytes)
{
	struct mp_request request = { 0 };
	struct rte_mp_msg message = { .len_param = sizeof(request) };
	struct rte_mp_msg answer;
	struct mp_answer told;
	int i;

	fill_request(&request, bytes);
	fake_mp_peer = peers[bytes[6] % 2];
	if (bytes[6] >= 0xf0)
		message.len_param = bytes[7] * 2;
	memcpy(message.param, &request, sizeof(request));
	strcpy(message.name, MP_ACTION);
	message.num_fds = bytes[7] < 0xc0 ? request.kind == MP_BORROW_SPACE
					  : bytes[7] % 16;
	for (i = 0; i < RTE_MIN(message.num_fds, RTE_MP_MAX_FD_NUM); i++)
		message.fds[i] = kernel_open_own_process();
	if (bytes[7] == 0xff)
		message.num_fds = -1;
	fake_mp_send(&message, &answer);
	FUZZ_CHECK(answer.len_param == sizeof(told));
	memcpy(&told, answer.param, sizeof(told));
	FUZZ_CHECK(told.result <= MP_IS_EALS && told.result > -4096);
	FUZZ_CHECK(answer.num_fds == 0 || told.result == 0);
	while (answer.num_fds > 0)
		kernel_close(answer.fds[--answer.num_fds]);
	if (message.num_fds == -1) /* it could not know of them */
		while (i > 0)
			kernel_close(message.fds[--i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int messages = 0;

	if (size == 0)
		return 0;
	start(data[0] % 2 ? "backend=type1,threads=1"
			  : "backend=iommufd,threads=1");
	for (data++, size--; size >= MESSAGE_BYTES && messages++ < MESSAGES_MAX;
		size -= MESSAGE_BYTES) {
		if (data[0] == 0xfe)
			fake_mp_kill(peers[data[1] % 2]);
		else
			send_message(data);
		data += MESSAGE_BYTES;
	}
	end();
	return 0;
}
