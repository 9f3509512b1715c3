/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef FAULT_POINTS_H
#define FAULT_POINTS_H

/*
 * Places where our libraries call the system, or EAL's messages: a library that comes before libc and EAL writes them
 * down, or makes the call fail at one of them, or an allocation of the kernel's in it. A place is the function that is
 * called, the part of the stack that is in our libraries, and what the program is doing: a program that runs twice has
 * the same places, and they are finitely many.
 *
 * Must not know: what the program does.
 */

#include <stdbool.h>
#include <stdint.h>

#define FAULT_POINTS_MAX 4096
#define FAULT_POINT_FRAMES 6

struct fault_point {
	uint64_t id;
	unsigned int
		doing; /* of the program, when it came here for the first time */
	char call[24];	    /* the function */
	unsigned int calls; /* so often in one run that nothing failed in */
	uint64_t at
		[FAULT_POINT_FRAMES]; /* in our libraries: offsets, the innermost first */
	char library[FAULT_POINT_FRAMES]; /* the first letter after "librte_" */
	bool is_system_call;		  /* the kernel has allocations in it */
};

/* Shared by the processes of the program. */
struct fault_points {
	unsigned int
		count; /* that are written down; FAULT_POINTS_MAX: not all are there */
	unsigned int tried; /* the call that is to fail has come */
	unsigned int hits;  /* it has failed, or an allocation in it has */
	unsigned int
		doing; /* what the program does at this moment: a number of its own */
	struct fault_point points[FAULT_POINTS_MAX];
};

/*
 * From now on, in this process: id 0 writes down all places, and counts the calls from the number that
 * is there on; else the nth call at this place fails, with the error that the system is most likely
 * to give. Where `allocation` is not 0, the call is made, and that allocation of the kernel's in it fails, counted from 1: a
 * call that has fewer hits nothing. The kernel has to have fault injection (CONFIG_FAULT_INJECTION), set up so that all
 * allocations can fail.
 */
void fault_points_start(struct fault_points *shared, uint64_t id,
	unsigned int nth, unsigned int allocation);

/* What the program does from now on. */
void fault_points_doing(unsigned int what);

/* Nothing is written down and nothing fails any more. */
void fault_points_stop(void);

#endif /* FAULT_POINTS_H */
