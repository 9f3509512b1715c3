/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Structures that an SMMUv3 reads and writes; see smmuv3.h. */

#include <assert.h>

#include "util/smmuv3.h"
#include "util/stage1.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	"these structures are little-endian");

#define BIT(number) (UINT64_C(1) << (number))
#define FIELD(value, lowest) ((uint64_t)(value) << (lowest))

static uint32_t
bits_of(uint32_t value, unsigned int highest, unsigned int lowest)
{
	return value >> lowest & ((UINT32_C(1) << (highest - lowest + 1)) - 1);
}

/* --- 6.3: registers ------------------------------------------------------------------ */

#define TTF_AARCH64 2u /* a bit of SMMU_IDR0.TTF */
#define TTENDIAN_MIXED 0
#define TTENDIAN_LITTLE 2
#define GRAN4K (1u << 4)	/* SMMU_IDR5 */
#define FWB (1u << 8)		/* SMMU_IDR3 */
#define STALLS_AND_TERMINATES 0 /* SMMU_IDR0.STALL_MODEL */
#define OAS_48_BITS 5		/* SMMU_IDR5.OAS */

bool
smmuv3_reads_stage1(const struct smmuv3_registers *registers)
{
	const uint32_t formats = bits_of(registers->idr[0], 3, 2);
	const uint32_t order = bits_of(registers->idr[0], 22, 21);

	return (formats & TTF_AARCH64) != 0 &&
		(order == TTENDIAN_MIXED || order == TTENDIAN_LITTLE) &&
		(registers->idr[5] & GRAN4K) != 0;
}

bool
smmuv3_has_s2fwb(const struct smmuv3_registers *registers)
{
	return (registers->idr[3] & FWB) != 0;
}

/* --- 5.2: stream table entry --------------------------------------------------------- */

#define STE_VALID BIT(0)
#define STE_STAGE1 FIELD(5, 1)		 /* Config */
#define STE_WRITE_BACK_INNER FIELD(1, 2) /* S1CIR */
#define STE_WRITE_BACK_OUTER FIELD(1, 4) /* S1COR */
#define STE_INNER_SHAREABLE FIELD(3, 6)	 /* S1CSH */
#define STE_NO_STALLS BIT(27)		 /* S1STALLD */

/* S1STALLD is reserved where an SMMU cannot do both. */
void
smmuv3_stream_table_entry(uint64_t words[2],
	const struct smmuv3_registers *registers, uint64_t descriptor_iova)
{
	words[0] = STE_VALID | STE_STAGE1 | descriptor_iova;
	words[1] = STE_WRITE_BACK_INNER | STE_WRITE_BACK_OUTER |
		STE_INNER_SHAREABLE;
	if (bits_of(registers->idr[0], 25, 24) == STALLS_AND_TERMINATES)
		words[1] |= STE_NO_STALLS;
}

/* --- 5.4: context descriptor --------------------------------------------------------- */

#define CD_WRITE_BACK_INNER FIELD(1, 8)	 /* IR0 */
#define CD_WRITE_BACK_OUTER FIELD(1, 10) /* OR0 */
#define CD_INNER_SHAREABLE FIELD(3, 12)	 /* SH0 */
#define CD_NO_TTB1 BIT(30)		 /* EPD1 */
#define CD_VALID BIT(31)
#define CD_AARCH64 BIT(41)
#define CD_RECORDS_FAULTS BIT(45) /* R */
#define CD_ABORTS BIT(46)	  /* A */
#define CD_OWN_ASID BIT(47)	  /* ASET */
#define MAIR_WRITE_BACK 0xff	  /* attribute 0: DDI 0487, MAIR_EL1 */

/* Tables without LPA2 have addresses of 48 bits, whatever the SMMU has. */
static uint64_t
output_size(const struct smmuv3_registers *registers)
{
	const uint32_t size = bits_of(registers->idr[5], 2, 0);

	return size < OAS_48_BITS ? size : OAS_48_BITS;
}

void
smmuv3_context_descriptor(uint64_t words[SMMUV3_DESCRIPTOR_WORDS],
	const struct smmuv3_registers *registers, uint16_t asid,
	uint64_t root_iova)
{
	unsigned int i;

	for (i = 0; i < SMMUV3_DESCRIPTOR_WORDS; i++)
		words[i] = 0;
	words[1] = root_iova;
	words[3] = MAIR_WRITE_BACK;
	__atomic_store_n(&words[0],
		FIELD(64 - STAGE1_WIDTH, 0) | CD_WRITE_BACK_INNER |
			CD_WRITE_BACK_OUTER | CD_INNER_SHAREABLE | CD_NO_TTB1 |
			CD_VALID | FIELD(output_size(registers), 32) |
			CD_AARCH64 | CD_RECORDS_FAULTS | CD_ABORTS |
			CD_OWN_ASID | FIELD(asid, 48),
		__ATOMIC_RELEASE);
}

/* --- 4: commands --------------------------------------------------------------------- */

#define CFGI_CD 0x05
#define TLBI_NH_ASID 0x11
#define TLBI_NH_VA 0x12
#define LEAF_ONLY BIT(0)

/* Tables of other levels stay as they are: LEAF_ONLY. */
struct smmuv3_command
smmuv3_forget_address(uint16_t asid, uint64_t address)
{
	return (struct smmuv3_command){ {
		TLBI_NH_VA | FIELD(asid, 48),
		(address & ~(STAGE1_PAGE - 1)) | LEAF_ONLY,
	} };
}

struct smmuv3_command
smmuv3_forget_all(uint16_t asid)
{
	return (struct smmuv3_command){ { TLBI_NH_ASID | FIELD(asid, 48), 0 } };
}

struct smmuv3_command
smmuv3_forget_descriptor(uint32_t stream_id)
{
	return (struct smmuv3_command){ {
		CFGI_CD | FIELD(stream_id, 32),
		LEAF_ONLY,
	} };
}

/* --- 7.3: event records -------------------------------------------------------------- */

#define EVENT_READ BIT(35)   /* RnW */
#define EVENT_STAGE2 BIT(39) /* S2 */

struct smmuv3_fault
smmuv3_fault_of(const struct smmuv3_event *event)
{
	return (struct smmuv3_fault){
		.number = event->words[0] & 0xff,
		.is_read = (event->words[1] & EVENT_READ) != 0,
		.in_stage2 = (event->words[1] & EVENT_STAGE2) != 0,
		.address = event->words[2],
	};
}
