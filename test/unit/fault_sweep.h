/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef FAULT_SWEEP_H
#define FAULT_SWEEP_H

/*
 * The whole life of two devices in an address space and its mirror, again and again: each
 * time another of its kernel calls fails, with each of several errnos. Whatever
 * fails, nothing may be left behind, everything can be ended, and each function
 * that fails has logged one line.
 *
 * Must not know: which backend it is.
 */

/* The paths are devices' folders; settings choose the backend. */
void sweep_every_call(
	const char *settings, const char *first, const char *second);
void sweep_every_call_while_writes_are_recorded(
	const char *settings, const char *first, const char *second);

#endif /* FAULT_SWEEP_H */
