/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef REGISTER_READS_H
#define REGISTER_READS_H

/*
 * For files of net_svanic: registers are read and written, and time passes, by functions of a
 * fuzz target. A file that is compiled with this first needs no change.
 *
 * Must not know: what is in the registers.
 */

#include <stdint.h>

#include <rte_cycles.h>
#include <rte_io.h>

uint32_t registers_read32(const volatile void *address);
uint64_t registers_read64(const volatile void *address);
void registers_write32(uint32_t value, volatile void *address);
void registers_write64(uint64_t value, volatile void *address);

/* Microseconds, which pass only while somebody waits. */
#define CLOCK_HZ UINT64_C(1000000)
uint64_t clock_now(void);
void clock_wait(unsigned int microseconds);

#define rte_read32 registers_read32
#define rte_read64 registers_read64
#define rte_write32 registers_write32
#define rte_write32_relaxed registers_write32
#define rte_write64 registers_write64
#define rte_get_timer_cycles clock_now
#define rte_get_timer_hz() CLOCK_HZ
#define rte_delay_us_sleep clock_wait

#endif /* REGISTER_READS_H */
