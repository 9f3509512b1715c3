/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * A space with a fault queue against the real kernel: the bare svanic asks for pages, this program
 * maps them or refuses them, and the device goes on. Linked with the library's insides, since
 * they are the library's own means for SVA.
 *
 *   page_requests DEVICE
 *
 * DEVICE is a folder name such as 0000:01:00.0. Ends with status 0 when all was as it should be;
 * with 3 when the space could not be attached because of page requests.
 */

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/address_space.h"
#include "backend/backend.h"
#include "expect.h"
#include "backend/fault_queue.h"
#include "rte_iommufd_pasid.h"
#include "svanic_bare.h"

#define ALL (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)
#define PAGE 4096
#define PAGES 64
#define IOVA 0x1000000
#define RING IOVA
#define DATA (IOVA + 16 * PAGE)
#define NOWHERE 0x5000000

static struct rte_iommufd_context *context;
static struct rte_iommufd_device *device;
static struct rte_iommufd_space *own, *space;
static struct fault_queue queue;
static struct bare bare;
static uint8_t *memory; /* at IOVA, when the device asks for it */
static uint32_t pasid;

static void
must(bool condition, const char *what)
{
	if (condition)
		return;
	printf("WRONG: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static void
open_all(const char *address)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", address);
	must(rte_iommufd_context_create("backend=iommufd", &context) == 0 &&
			rte_iommufd_device_open(context, path, NULL, &device) ==
				0 &&
			rte_iommufd_space_create(context, &own) == 0 &&
			rte_iommufd_device_attach(device, own) == 0,
		path);
	must(fault_queue_open(&queue, context->iommu_fd) == 0, "fault queue");
	must(address_space_create_faulting(context, &queue, &space) == 0,
		"a space with page requests");
	must(rte_iommufd_pasid_alloc(device, &pasid) == 0, "a PASID");
	memory = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(memory != MAP_FAILED, "memory");
}

static void
take_registers(void)
{
	bare_take(&bare, rte_iommufd_device_fd(device));
	/* No request is given up while this program is slow. */
	bare_write(&bare, SVANIC_PAGE_PATIENCE, 0);
	bare_write(&bare, SVANIC_PAIR(0) + SVANIC_PASID,
		pasid | SVANIC_PASID_USE | SVANIC_PASID_ATS | SVANIC_PASID_ASK);
}

static bool
wait_for_request(void)
{
	struct pollfd ready = { .fd = queue.fd, .events = POLLIN };

	return poll(&ready, 1, BARE_PATIENCE_MS) == 1;
}

/* The next request: for this address and with these rights. */
static struct page_request
expect_request(uint64_t address, uint32_t rights)
{
	struct page_request requests[FAULT_GROUP_MAX];

	must(wait_for_request(), "no page request came");
	expect("requests", fault_queue_read(&queue, requests, FAULT_GROUP_MAX),
		1);
	printf("page %#" PRIx64 " rights %u PASID %u device %u cookie %u\n",
		requests[0].address, requests[0].rights, requests[0].pasid,
		requests[0].device_id, requests[0].cookie);
	expect("the address", requests[0].address == (address & -PAGE), 1);
	expect("the rights", requests[0].rights, rights);
	expect("the PASID", requests[0].pasid, pasid);
	expect("the device", requests[0].device_id, device->iommufd_id);
	expect("the last of its group", requests[0].last, 1);
	return requests[0];
}

static void
serve(uint64_t address, uint32_t rights)
{
	struct page_request request = expect_request(address, rights);
	uint64_t page = request.address;

	expect("map it",
		rte_iommufd_space_map(
			space, memory + (page - IOVA), page, PAGE, ALL),
		0);
	expect("answer",
		fault_queue_answer(&queue, request.cookie, PAGE_ANSWER_SUCCESS),
		0);
	expect("answer again",
		fault_queue_answer(&queue, request.cookie, PAGE_ANSWER_SUCCESS),
		-EINVAL);
}

static void
send_from(struct bare_queue *tx, uint64_t address)
{
	bare_put_tx(tx, address, 100, SVANIC_TX_END | SVANIC_TX_REPORT, 0, 0);
	bare_queue_ring(tx);
}

static void
check_requests(void)
{
	struct page_request request;
	struct bare_queue tx;

	bare_queue_start(
		&tx, &bare, SVANIC_PAIR(0) + SVANIC_TX, memory, RING, 6);
	send_from(&tx, DATA);
	serve(RING, RTE_IOMMUFD_MAP_READ);
	serve(DATA, RTE_IOMMUFD_MAP_READ);
	expect("the frame is sent", bare_wait_for_head(&tx, 1), 1);
	expect("its flags", bare_tx(&tx, 0)->flags, SVANIC_TX_DONE);

	send_from(&tx, NOWHERE);
	request = expect_request(NOWHERE, RTE_IOMMUFD_MAP_READ);
	expect("refuse it",
		fault_queue_answer(&queue, request.cookie, PAGE_ANSWER_INVALID),
		0);
	expect("the frame is given up", bare_wait_for_head(&tx, 2), 1);
	expect("its error", bare_tx(&tx, 1)->flags >> SVANIC_ERROR_SHIFT,
		SVANIC_ERROR_NO_PAGE);

	/* One that nobody answers: to detach the PASID answers it. */
	send_from(&tx, NOWHERE);
	request = expect_request(NOWHERE, RTE_IOMMUFD_MAP_READ);
	expect("detach", rte_iommufd_pasid_detach(device, pasid), 0);
	expect("answer too late",
		fault_queue_answer(&queue, request.cookie, PAGE_ANSWER_SUCCESS),
		-EINVAL);
	bare_queue_stop(&tx);
	expect("nothing is left to read", fault_queue_read(&queue, &request, 1),
		0);
}

static void
end_all(void)
{
	rte_iommufd_device_close(device);
	expect("end the space", rte_iommufd_space_destroy(space), 0);
	expect("end the queue", fault_queue_close(&queue), 0);
	expect("end the device's space", rte_iommufd_space_destroy(own), 0);
	expect("end the context", rte_iommufd_context_destroy(context), 0);
}

int
main(int argc, char **argv)
{
	int ret;

	setvbuf(stdout, NULL, _IOLBF, 0);
	must(argc == 2, "DEVICE");
	open_all(argv[1]);
	ret = rte_iommufd_pasid_attach(device, pasid, space);
	if (ret == 0) {
		take_registers();
		check_requests();
		munmap((void *)(uintptr_t)bare.registers,
			SVANIC_REGISTERS_SIZE);
	} else {
		expect("attach a space with page requests", ret, -ENODEV);
	}
	end_all();
	printf("%u wrong\n", wrong);
	if (wrong != 0)
		return EXIT_FAILURE;
	return ret == -ENODEV ? 3 : EXIT_SUCCESS;
}
