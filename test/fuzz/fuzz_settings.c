/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Any text as settings: what is accepted is in range, what is refused has a reason. */

#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "util/settings.h"

/* Small, so that the sentence is cut in some cases. */
#define PROBLEM_SIZE 128

static void
check_accepted(const struct settings *settings)
{
	FUZZ_CHECK(settings->backend <= SETTINGS_BACKEND_STOCK);
	FUZZ_CHECK(settings->ioas <= SETTINGS_IOAS_PER_DEVICE);
	FUZZ_CHECK(settings->map <= SETTINGS_MAP_VA);
	FUZZ_CHECK(settings->rlimit <= SETTINGS_RLIMIT_PROCESS);
	FUZZ_CHECK(settings->threads >= 0);
	FUZZ_CHECK(settings->threads <= SETTINGS_THREADS_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *problem = malloc(PROBLEM_SIZE);
	char *text = malloc(size + 1);
	struct settings settings;
	int ret;

	FUZZ_CHECK(problem != NULL && text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	problem[0] = '\0';
	ret = settings_parse(text, &settings, problem, PROBLEM_SIZE);
	if (ret == 0) {
		check_accepted(&settings);
	} else {
		FUZZ_CHECK(ret == -EINVAL);
		FUZZ_CHECK(problem[0] != '\0');
		FUZZ_CHECK(memchr(problem, '\0', PROBLEM_SIZE) != NULL);
	}
	free(text);
	free(problem);
	return 0;
}
