/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef PASSED_FDS_H
#define PASSED_FDS_H

/*
 * The files that were opened for this process by the one that started it, by systemd's
 * protocol (sd_listen_fds(3)): descriptors from 3 on, as many as LISTEN_FDS says, with names
 * in LISTEN_FDNAMES, for the process LISTEN_PID. These names are for this library:
 *
 *   iommu               /dev/iommu
 *   vfioN               /dev/vfio/devices/vfioN (noiommu-vfioN likewise)
 *   pci-0000-01-00.0    the node of the device 0000:01:00.0 (a name cannot have a colon)
 *
 * Descriptors of other names are left alone. Those of the library are kept open for the life of
 * the process, and closed when it executes another program. The environment is read once, and
 * not in a program with more rights than its user (AT_SECURE).
 *
 * Must not know: contexts, devices that are open; what a file is for.
 */

#include <stdbool.h>
#include <stdint.h>

#include "rte_iommufd.h"

struct sysfs_device;

/* What the kernel has of the file of a device: backend/cdev.c says it. */
enum passed_state {
	PASSED_UNBOUND, /* nothing */
	PASSED_IN_USE, /* it is bound to an iommufd, and a device of this process uses it */
	PASSED_IDLE, /* it is bound, and no device uses it any more */
};

struct passed_fd {
	char name[64];
	int fd;
	/* From here on: of a device. */
	enum passed_state state;
	uint32_t iommufd_id; /* while it is bound */
	/* The token that the kernel has accepted. */
	bool has_vf_token;
	uint8_t vf_token[RTE_IOMMUFD_VF_TOKEN_LENGTH];
};

/* The one that is /dev/iommu by its name, or NULL. Whether the name is true is not checked. */
struct passed_fd *passed_fds_find_iommu(void);

/*
 * Keeps a copy of this file, /dev/iommu, as if it had been passed. For a process to which devices
 * were passed, and /dev/iommu was not: called once, with one caller at a time. 0, or -errno.
 */
int passed_fds_keep_iommu(int fd);

/* The one that is the device's node by its name, or NULL; not checked either. */
struct passed_fd *passed_fds_find_device(const struct sysfs_device *place);

/* Whether a device was passed, by its name. */
bool passed_fds_have_devices(void);

/* Whether it is one that the library keeps open, and that is bound to nothing. */
bool passed_fds_is_unbound(int fd);

void passed_fds_set_state(struct passed_fd *passed, enum passed_state state);

/* Closes it: it is found no more. */
void passed_fds_close(struct passed_fd *passed);

/* For unit tests: closes all, and reads the environment again when it is needed next. */
void passed_fds_forget(void);

#endif /* PASSED_FDS_H */
