/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SVANIC_OPTIONS_H
#define SVANIC_OPTIONS_H

/*
 * The device arguments: text to values; see doc/guides/nics/svanic/pmd.md.
 *
 * Must not know: what they do.
 */

#include <stdbool.h>
#include <stdint.h>

#define SVANIC_ARGUMENTS \
	"sva=<0|1> pasid=<port|queue> patience=<milliseconds> pin-limit=<bytes>[K|M|G]"

struct svanic_options {
	bool sva;	      /* addresses of this process, by PASIDs */
	bool pasid_per_queue; /* else one for the port */
	bool has_patience;
	uint32_t patience;  /* in milliseconds, 0: for ever */
	uint64_t pin_limit; /* in bytes, 0: none */
};

/*
 * `text` is what follows the address in -a, or NULL. -EINVAL: not understood, or an
 * argument that wants sva=1 without it; one line has said which.
 */
int svanic_options_parse(
	const char *text, const char *name, struct svanic_options *options);

#endif /* SVANIC_OPTIONS_H */
