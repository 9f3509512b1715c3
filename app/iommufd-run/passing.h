/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef PASSING_H
#define PASSING_H

/*
 * How the files are passed: systemd's protocol (sd_listen_fds(3)), descriptors from 3 on and
 * the variables LISTEN_FDS, LISTEN_FDNAMES and LISTEN_PID.
 *
 * Must not know: what the files are.
 */

struct nodes;

/*
 * Puts the files behind those that were passed to this process itself. All other descriptors
 * from 3 on are closed, since the program's user may have no right to them. 0, or -1 with
 * a line.
 */
int passing_prepare(const struct nodes *nodes);

#endif /* PASSING_H */
