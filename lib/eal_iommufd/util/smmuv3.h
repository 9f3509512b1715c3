/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef SMMUV3_H
#define SMMUV3_H

/*
 * What an SMMUv3 reads and writes in memory, beside page tables (stage1.h): the words of a
 * stream table entry, a context descriptor, commands, and event records; and what its registers
 * say of it. By Arm's specification IHI 0070, whose sections are named. doc/nested.md has the
 * bits with their reasons.
 *
 * Must not know: the kernel, who keeps these structures.
 */

#include <stdbool.h>
#include <stdint.h>

/* SMMU_IDR0 to SMMU_IDR5 (6.3.1 to 6.3.6). */
struct smmuv3_registers {
	uint32_t idr[6];
};

/* Whether it reads tables as stage1.h writes them: AArch64's, of 4 KiB, little-endian. */
bool smmuv3_reads_stage1(const struct smmuv3_registers *registers);

/*
 * Whether its stage 2 keeps stage 1 from making memory incoherent: SMMU_IDR3.FWB, one of the
 * two things of which the kernel wants one.
 */
bool smmuv3_has_s2fwb(const struct smmuv3_registers *registers);

/*
 * The first two words of a stream table entry (5.2) for stage 1 with one context descriptor at
 * this address of the IOAS, a multiple of 64.
 */
void smmuv3_stream_table_entry(uint64_t words[2],
	const struct smmuv3_registers *registers, uint64_t descriptor_iova);

#define SMMUV3_DESCRIPTOR_WORDS 8

/*
 * A context descriptor (5.4) for tables of stage1.h, with the first one at this address of the
 * IOAS. Word 0, which makes it valid, is written last.
 */
void smmuv3_context_descriptor(uint64_t words[SMMUV3_DESCRIPTOR_WORDS],
	const struct smmuv3_registers *registers, uint16_t asid,
	uint64_t root_iova);

/* A command (4.1). */
struct smmuv3_command {
	uint64_t words[2];
};

/* CMD_TLBI_NH_VA (4.4.2): what is cached of the page or block at this address. */
struct smmuv3_command smmuv3_forget_address(uint16_t asid, uint64_t address);
/* CMD_TLBI_NH_ASID (4.4.2): what is cached of all addresses. */
struct smmuv3_command smmuv3_forget_all(uint16_t asid);
/* CMD_CFGI_CD (4.3.3): the context descriptor of the stream. */
struct smmuv3_command smmuv3_forget_descriptor(uint32_t stream_id);

/* An event record (7.3). */
struct smmuv3_event {
	uint64_t words[4];
};

#define SMMUV3_F_TRANSLATION 0x10

/* What a record says; address, is_read and in_stage2 of the faults 0x10 to 0x13. */
struct smmuv3_fault {
	uint8_t number;
	bool is_read;
	bool in_stage2;
	uint64_t address;
};

struct smmuv3_fault smmuv3_fault_of(const struct smmuv3_event *event);

#endif /* SMMUV3_H */
