/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef INFO_FINDINGS_H
#define INFO_FINDINGS_H

/*
 * All that a run of the program has found, for what shows it.
 *
 * Must not know: how it was found, how it is shown.
 */

#include "pci_devices.h"
#include "doctor.h"
#include "host.h"
#include "user.h"

struct findings {
	struct user user;
	struct host host;
	struct device_list devices;
	bool has_diagnosis;
	struct diagnosis diagnosis; /* of the only device */
};

/* The word for each value, the same in text and JSON. */
const char *findings_verdict(const struct outlook *start);
const char *findings_switch(enum kernel_switch value);
const char *findings_node_state(const struct node_access *node);
const char *findings_plugin_state(enum plugin_state state);

#endif /* INFO_FINDINGS_H */
