/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * What an SMMUv3 reads and writes, bit by bit: the expected words are put together here from the
 * field tables of IHI 0070 (5.2, 5.4, 4.3, 4.4, 7.3), not from the names of the code under test.
 */

#include <string.h>

#include "unit.h"
#include "util/smmuv3.h"

/* Both formats, mixed byte order, stalls and terminates; 4 KiB, 44 bits. */
static struct smmuv3_registers smmu;

static int
setup(void **state __rte_unused)
{
	smmu = (struct smmuv3_registers){ .idr = {
						  [0] = 3u << 2,
						  [5] = 1u << 4 | 4,
					  } };
	return 0;
}

/* The field of a word, as the specification's tables name bits. */
static uint64_t
field(uint64_t word, unsigned int highest, unsigned int lowest)
{
	return word >> lowest & (UINT64_MAX >> (63 - (highest - lowest)));
}

static void
tables_are_read_by_most_smmus(void **state __rte_unused)
{
	assert_true(smmuv3_reads_stage1(&smmu));
	smmu.idr[0] = 2u << 2 | 2u << 21; /* AArch64 alone, little-endian */
	assert_true(smmuv3_reads_stage1(&smmu));
	smmu.idr[0] = 2u << 2 | 3u << 21; /* big-endian */
	assert_false(smmuv3_reads_stage1(&smmu));
	smmu.idr[0] = 1u << 2; /* AArch32 alone */
	assert_false(smmuv3_reads_stage1(&smmu));
	smmu.idr[0] = 3u << 2;
	smmu.idr[5] = 1u << 6 | 4; /* 64 KiB alone */
	assert_false(smmuv3_reads_stage1(&smmu));
}

static void
s2fwb_is_a_bit_of_idr3(void **state __rte_unused)
{
	assert_false(smmuv3_has_s2fwb(&smmu));
	smmu.idr[3] = ~(1u << 8);
	assert_false(smmuv3_has_s2fwb(&smmu));
	smmu.idr[3] = 1u << 8;
	assert_true(smmuv3_has_s2fwb(&smmu));
}

static void
a_stream_goes_to_stage_1(void **state __rte_unused)
{
	uint64_t words[2];

	smmuv3_stream_table_entry(words, &smmu, UINT64_C(0xfedcba987640));
	assert_int_equal(field(words[0], 0, 0), 1); /* V */
	assert_int_equal(field(words[0], 3, 1), 5); /* Config */
	assert_int_equal(field(words[0], 5, 4), 0); /* S1Fmt */
	assert_int_equal(field(words[0], 51, 6) << 6, UINT64_C(0xfedcba987640));
	assert_int_equal(field(words[0], 63, 52), 0); /* S1CDMax */
	assert_int_equal(field(words[1], 1, 0), 0);   /* S1DSS */
	assert_int_equal(field(words[1], 3, 2), 1);   /* S1CIR */
	assert_int_equal(field(words[1], 5, 4), 1);   /* S1COR */
	assert_int_equal(field(words[1], 7, 6), 3);   /* S1CSH */
	assert_int_equal(field(words[1], 26, 8), 0);
	assert_int_equal(field(words[1], 27, 27), 1); /* S1STALLD */
	assert_int_equal(field(words[1], 63, 28), 0); /* EATS */
}

/* Where one of the two is fixed, S1STALLD is reserved. */
static void
stalls_are_forbidden_where_they_can_be(void **state __rte_unused)
{
	uint64_t words[2];
	uint32_t model;

	for (model = 1; model <= 2; model++) {
		smmu.idr[0] = 3u << 2 | model << 24;
		smmuv3_stream_table_entry(words, &smmu, 0x1000);
		assert_int_equal(field(words[1], 63, 8), 0);
	}
}

static void
a_context_has_one_table_of_48_bits(void **state __rte_unused)
{
	uint64_t words[SMMUV3_DESCRIPTOR_WORDS];

	memset(words, 0xee, sizeof(words));
	smmuv3_context_descriptor(
		words, &smmu, 0xabcd, UINT64_C(0x123456789000));
	assert_int_equal(field(words[0], 5, 0), 16);  /* T0SZ */
	assert_int_equal(field(words[0], 7, 6), 0);   /* TG0 */
	assert_int_equal(field(words[0], 9, 8), 1);   /* IR0 */
	assert_int_equal(field(words[0], 11, 10), 1); /* OR0 */
	assert_int_equal(field(words[0], 13, 12), 3); /* SH0 */
	assert_int_equal(field(words[0], 29, 14), 0); /* EPD0, ENDI */
	assert_int_equal(field(words[0], 30, 30), 1); /* EPD1 */
	assert_int_equal(field(words[0], 31, 31), 1); /* V */
	assert_int_equal(field(words[0], 34, 32), 4); /* IPS */
	assert_int_equal(field(words[0], 40, 35), 0);
	assert_int_equal(field(words[0], 41, 41), 1); /* AA64 */
	assert_int_equal(field(words[0], 44, 42), 0); /* HD, HA, S */
	assert_int_equal(field(words[0], 45, 45), 1); /* R */
	assert_int_equal(field(words[0], 46, 46), 1); /* A */
	assert_int_equal(field(words[0], 47, 47), 1); /* ASET */
	assert_int_equal(field(words[0], 63, 48), 0xabcd);
	assert_int_equal(words[1], UINT64_C(0x123456789000));
	assert_int_equal(words[2], 0);
	assert_int_equal(words[3], 0xff);
	assert_int_equal(words[4] | words[5] | words[6] | words[7], 0);
}

/* 52 bits are for tables of another format. */
static void
outputs_have_48_bits_at_most(void **state __rte_unused)
{
	uint64_t words[SMMUV3_DESCRIPTOR_WORDS];

	smmu.idr[5] = 1u << 4 | 6;
	smmuv3_context_descriptor(words, &smmu, 1, 0x1000);
	assert_int_equal(field(words[0], 34, 32), 5);
	smmu.idr[5] = 1u << 4 | 0;
	smmuv3_context_descriptor(words, &smmu, 1, 0x1000);
	assert_int_equal(field(words[0], 34, 32), 0);
}

static void
commands_have_no_bit_that_the_kernel_refuses(void **state __rte_unused)
{
	struct smmuv3_command command = smmuv3_forget_address(
		0xabcd, UINT64_C(0x123456789fff));

	assert_int_equal(command.words[0], UINT64_C(0xabcd000000000012));
	assert_int_equal(command.words[1], UINT64_C(0x123456789001));
	command = smmuv3_forget_all(0xabcd);
	assert_int_equal(command.words[0], UINT64_C(0xabcd000000000011));
	assert_int_equal(command.words[1], 0);
	command = smmuv3_forget_descriptor(0x1234);
	assert_int_equal(command.words[0], UINT64_C(0x123400000005));
	assert_int_equal(command.words[1], 1);
}

static void
a_record_says_who_wanted_what(void **state __rte_unused)
{
	struct smmuv3_event event = { {
		UINT64_C(0x12340000010),
		UINT64_C(1) << 35,
		UINT64_C(0xffeeddccb123),
		0,
	} };
	struct smmuv3_fault fault = smmuv3_fault_of(&event);

	assert_int_equal(fault.number, SMMUV3_F_TRANSLATION);
	assert_true(fault.is_read);
	assert_false(fault.in_stage2);
	assert_int_equal(fault.address, UINT64_C(0xffeeddccb123));
	event.words[0] = 0x13;
	event.words[1] = UINT64_C(1) << 39;
	fault = smmuv3_fault_of(&event);
	assert_int_equal(fault.number, 0x13);
	assert_false(fault.is_read);
	assert_true(fault.in_stage2);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	static const struct CMUnitTest tests[] = {
		TEST(tables_are_read_by_most_smmus),
		TEST(s2fwb_is_a_bit_of_idr3),
		TEST(a_stream_goes_to_stage_1),
		TEST(stalls_are_forbidden_where_they_can_be),
		TEST(a_context_has_one_table_of_48_bits),
		TEST(outputs_have_48_bits_at_most),
		TEST(commands_have_no_bit_that_the_kernel_refuses),
		TEST(a_record_says_who_wanted_what),
	};

	return RUN_TESTS("smmuv3", tests);
}
