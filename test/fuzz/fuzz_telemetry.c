/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Any text as the parameters of a telemetry command: an answer that fits the telemetry library,
 * or an error, and nothing of the kernel's is called.
 */

#include <string.h>

#include "devices.h"
#include "fake_telemetry.h"
#include "fuzz.h"
#include "machine.h"
#include "mock_kernel.h"
#include "rte_iommufd.h"
#include "unit.h"

#define LONGEST 4096
#define MAPPINGS 150
#define PAGE UINT64_C(4096)
#define RW (RTE_IOMMUFD_MAP_READ | RTE_IOMMUFD_MAP_WRITE)

static struct rte_iommufd_device *device;
static struct rte_iommufd_space *space;
static unsigned int calls;

static void
end(void)
{
	rte_iommufd_device_close(device);
	rte_iommufd_space_destroy(space);
	devices_end(NULL);
}

/* One device, and more mappings than an answer has. */
static void
start(void)
{
	unsigned int i;

	if (space != NULL)
		return;
	setenv("CMOCKA_TEST_ABORT", "1", 1);
	FUZZ_CHECK(
		machine_start(NULL, false, "backend=iommufd,threads=1") == 0);
	device = open_device(nic);
	space = create_space();
	FUZZ_CHECK(rte_iommufd_device_attach(device, space) == 0);
	for (i = 0; i < MAPPINGS; i++)
		FUZZ_CHECK(
			rte_iommufd_space_map(space,
				(void *)(uintptr_t)(UINT64_C(
							    0x8000200000000000) +
					2 * i * PAGE),
				2 * i * PAGE, PAGE, RW) == 0);
	calls = mock_calls("");
	atexit(end);
}

/* What was understood is one number, or two for the mappings. */
static bool
is_number(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	if (text[digits] == ',')
		digits += 1 +
			strspn(text + digits + 1, "0123456789abcdefABCDEFxX");
	return digits > 0 && text[digits] == '\0';
}

static void
check_understood(unsigned int command, const char *text)
{
	if (command == 0)
		FUZZ_CHECK(text[0] == '\0');
	if (command == 2)
		FUZZ_CHECK(text[0] == '\0' ||
			(is_number(text) && strchr(text, ',') == NULL));
	if (command == 3)
		FUZZ_CHECK(is_number(text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const commands[] = { "/iommufd/info",
		"/iommufd/devices", "/iommufd/spaces", "/iommufd/mappings" };
	char *text;
	int ret;

	start();
	if (size == 0 || size > LONGEST)
		return 0;
	text = malloc(size);
	FUZZ_CHECK(text != NULL);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	ret = fake_telemetry_call(commands[data[0] % 4], text);
	FUZZ_CHECK(ret <= 0);
	if (ret == 0)
		check_understood(data[0] % 4, text);
	FUZZ_CHECK(mock_calls("") == calls);
	free(text);
	return 0;
}
