/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Any answers from a primary process to a secondary: what the secondary thinks it has, it can
 * give back, and each descriptor that came is kept or closed once.
 *
 * The secondary's file is compiled in, because what it knows of the primary lasts as long as
 * the process.
 */

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

#include "../../lib/eal_iommufd/eal/mp_secondary.c"
#include "devices.h"
#include "fake_sysfs.h"
#include "fuzz.h"
#include "logs.h"
#include "mock_kernel.h"
#include "unit.h"

#define ANSWER_BYTES 4
#define REQUESTS_MAX 64
#define PAGE UINT64_C(4096)
#define IOVA UINT64_C(0x40000000)

static const struct fake_device nic_entry = { "0000:01:00.0", "vfio-pci",
	"vfio0", "511:0", "4", NULL };
static const char *nic;
static uint8_t memory[8 * PAGE] __attribute__((aligned(4096)));

/* What is left of the input: the answers. */
static const uint8_t *answers;
static size_t answers_left;
static bool is_running; /* the secondary; else it is the fuzzer */

/* --- in the place of EAL's ------------------------------------------------------------ */

enum rte_proc_type_t
rte_eal_process_type(void)
{
	return RTE_PROC_SECONDARY;
}

/*
 * For the secondary time does not pass, so that no silence ends by itself. The fuzzer's alarm
 * comes meanwhile, and asks the other clock how long an input has taken.
 */
int
clock_gettime(clockid_t clock, struct timespec *now)
{
	if (!is_running || clock != CLOCK_MONOTONIC)
		return syscall(SYS_clock_gettime, clock, now);
	*now = (struct timespec){ .tv_sec = 1000 };
	return 0;
}

static void
fill_answer(struct rte_mp_msg *reply, const struct rte_mp_msg *message,
	const uint8_t *bytes)
{
	static const int results[] = { 0, 0, 0, MP_IS_EALS, -EEXIST, -ENOENT,
		-EPROTO, -EOPNOTSUPP };
	struct mp_answer answer = { .version = MP_VERSION };
	struct mp_request request;
	int i;

	memcpy(&request, message->param, sizeof(request));
	answer.number = request.number - (bytes[0] >= 0xe0);
	answer.result = bytes[1] < 0xf0 ? results[bytes[1] % 8]
					: (int8_t)bytes[2] * 0x1000000;
	answer.way = bytes[2] % 8;
	answer.ioas_id = 1;
	if (bytes[2] >= 0xf0)
		answer.version = bytes[1];
	reply->len_param = bytes[3] >= 0xf0 ? bytes[2] : sizeof(answer);
	memcpy(reply->param, &answer, sizeof(answer));
	reply->num_fds = bytes[3] % 4 == 0 ? bytes[0] % 12
					   : request.kind == MP_BORROW_SPACE ||
			request.kind == MP_BORROW_DEVICE;
	for (i = 0; i < RTE_MIN(reply->num_fds, RTE_MP_MAX_FD_NUM); i++)
		reply->fds[i] = kernel_open("/dev/iommu");
}

int
rte_mp_request_sync(struct rte_mp_msg *message, struct rte_mp_reply *replies,
	const struct timespec *patience)
{
	const uint8_t *bytes = answers;

	(void)patience;
	*replies = (struct rte_mp_reply){ .nb_sent = 1 };
	if (answers_left < ANSWER_BYTES) {
		rte_errno = ETIMEDOUT;
		return -1;
	}
	answers += ANSWER_BYTES;
	answers_left -= ANSWER_BYTES;
	if (bytes[0] == 0xdf) /* it has not started, or has ended */
		replies->nb_sent = bytes[1] % 2;
	if (bytes[0] == 0xdf)
		return 0;
	replies->nb_received = 1;
	replies->msgs = calloc(1, sizeof(*replies->msgs));
	FUZZ_CHECK(replies->msgs != NULL);
	fill_answer(replies->msgs, message, bytes);
	return 0;
}

/* --- in the place of the kernel's, which knows no space of such a primary ---------------- */

int __wrap_kernel_ioas_map(int fd, uint32_t ioas_id, uint64_t va, uint64_t iova,
	uint64_t length, uint32_t rights);
int __wrap_kernel_ioas_unmap(int fd, uint32_t ioas_id, uint64_t iova,
	uint64_t length, uint64_t *unmapped);
int __wrap_kernel_type1_map(
	int fd, uint64_t va, uint64_t iova, uint64_t length, uint32_t rights);
int __wrap_kernel_type1_unmap(
	int fd, uint64_t iova, uint64_t length, uint64_t *unmapped);

static int
map_or_not(int fd, uint64_t length)
{
	FUZZ_CHECK(fd >= 0 && length > 0);
	return answers_left > 0 && answers[0] % 8 == 7 ? -EEXIST : 0;
}

int
__wrap_kernel_ioas_map(int fd, uint32_t ioas_id, uint64_t va, uint64_t iova,
	uint64_t length, uint32_t rights)
{
	(void)ioas_id;
	(void)va;
	(void)iova;
	(void)rights;
	return map_or_not(fd, length);
}

int
__wrap_kernel_ioas_unmap(int fd, uint32_t ioas_id, uint64_t iova,
	uint64_t length, uint64_t *unmapped)
{
	(void)ioas_id;
	(void)iova;
	*unmapped = length;
	return map_or_not(fd, length);
}

int
__wrap_kernel_type1_map(
	int fd, uint64_t va, uint64_t iova, uint64_t length, uint32_t rights)
{
	(void)va;
	(void)iova;
	(void)rights;
	return map_or_not(fd, length);
}

int
__wrap_kernel_type1_unmap(
	int fd, uint64_t iova, uint64_t length, uint64_t *unmapped)
{
	(void)iova;
	*unmapped = length;
	return map_or_not(fd, length);
}

/* --- the secondary ------------------------------------------------------------------------ */

/* Its memory of the primary is that of a process that has just begun. */
static void
forget_primary(void)
{
	struct own_map *map;

	while ((map = TAILQ_FIRST(&secondary.maps)) != NULL) {
		TAILQ_REMOVE(&secondary.maps, map, next);
		free(map);
	}
	if (secondary.space_fd >= 0)
		kernel_close(secondary.space_fd);
	secondary.space_fd = -1;
	memset(&secondary.space, 0, sizeof(secondary.space));
	memset(&secondary.silent_until, 0, sizeof(secondary.silent_until));
}

static void
borrow(void)
{
	struct rte_iommufd_device *borrowed;

	if (rte_iommufd_process_borrow(nic, &borrowed) != 0)
		return;
	FUZZ_CHECK(rte_iommufd_device_fd(borrowed) >= 0);
	rte_iommufd_device_close(borrowed);
}

/* After silence the secondary asks nothing for a while: that is over. */
static void
request(uint8_t what)
{
	const unsigned int page = (what >> 2) % 8;
	const uint64_t length = (1 + (what >> 5) % 2) * PAGE;

	secondary.silent_until.tv_sec = 0;
	switch (what % 4) {
	case 0:
		borrow();
		break;
	case 1:
	case 2:
		rte_iommufd_process_map(
			memory + page * PAGE, IOVA + page * PAGE, length);
		break;
	case 3:
		rte_iommufd_process_unmap(
			memory + page * PAGE, IOVA + page * PAGE, length);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int requests = 0;

	setenv("CMOCKA_TEST_ABORT", "1", 1);
	FUZZ_CHECK(devices_start(NULL, false, "backend=iommufd") == 0);
	nic = fake_sysfs_add(&nic_entry);
	answers = data;
	answers_left = size;
	is_running = true;
	while (answers_left > 0 && requests++ < REQUESTS_MAX) {
		answers_left--;
		request(*answers++);
	}
	is_running = false;
	forget_primary();
	FUZZ_CHECK(devices_end(NULL) == 0);
	return 0;
}
