/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * svanic's model: the entries of its address translation cache.
 *
 * Must not know: QEMU.
 */

#include "translations.h"
#include "unit.h"

#define READ 1u
#define WRITE 2u
#define PAGE TRANSLATIONS_PAGE

static struct translations cache;

static int
setup(void **state __rte_unused)
{
	translations_clear(&cache);
	return 0;
}

static void
add(uint32_t pasid, uint64_t page, uint32_t permissions)
{
	const struct translation translation = {
		.page = page,
		.translated = page + 0x100000000,
		.pasid = pasid,
		.permissions = permissions,
	};

	translations_add(&cache, &translation);
}

static bool
is_there(uint32_t pasid, uint64_t page, uint32_t permissions)
{
	const struct translation *entry = translations_find(
		&cache, pasid, page, permissions);

	return entry != NULL && entry->translated == page + 0x100000000;
}

static void
a_page_is_found_by_its_own_pasid_and_address(void **state __rte_unused)
{
	add(5, 7 * PAGE, READ | WRITE);
	assert_true(is_there(5, 7 * PAGE, READ));
	assert_false(is_there(6, 7 * PAGE, READ));
	assert_false(is_there(5, 8 * PAGE, READ));
	assert_false(is_there(5, 7 * PAGE + (1ull << 40), READ));
}

static void
a_page_that_may_be_read_is_not_found_for_writing(void **state __rte_unused)
{
	add(5, 0, READ);
	assert_true(is_there(5, 0, READ));
	assert_false(is_there(5, 0, WRITE));
	add(5, 0, READ | WRITE);
	assert_true(is_there(5, 0, WRITE));
}

static void
an_empty_entry_is_no_translation(void **state __rte_unused)
{
	assert_false(is_there(0, 0, READ));
	assert_false(is_there(0, 0, WRITE));
}

static void
neighbours_do_not_displace_each_other(void **state __rte_unused)
{
	const uint64_t base = 0x7f1234567000;
	uint64_t i;

	for (i = 0; i < 4096; i++)
		add(5, base + i * PAGE, READ);
	for (i = 0; i < 4096; i++)
		assert_true(is_there(5, base + i * PAGE, READ));
}

static void
an_invalidation_removes_its_pages_and_no_others(void **state __rte_unused)
{
	uint64_t i;

	for (i = 0; i < 16; i++)
		add(5, i * PAGE, READ);
	add(6, 4 * PAGE + (1ull << 30), READ);
	assert_int_equal(
		translations_remove(&cache, 5, 4 * PAGE, 8 * PAGE - 1), 4);
	for (i = 0; i < 16; i++)
		assert_int_equal(is_there(5, i * PAGE, READ), i < 4 || i >= 8);
	assert_true(is_there(6, 4 * PAGE + (1ull << 30), READ));
	assert_int_equal(
		translations_remove(&cache, 5, 4 * PAGE, 8 * PAGE - 1), 0);
}

static void
an_invalidation_of_all_leaves_other_pasids(void **state __rte_unused)
{
	add(5, 0, READ);
	add(5, ~0ull << 12, READ);
	add(6, 3 * PAGE, READ);
	assert_int_equal(translations_remove(&cache, 5, 0, UINT64_MAX), 2);
	assert_false(is_there(5, 0, READ));
	assert_true(is_there(6, 3 * PAGE, READ));
}

static void
the_last_page_is_removed_on_its_own(void **state __rte_unused)
{
	add(5, ~0ull << 12, READ);
	assert_int_equal(
		translations_remove(&cache, 5, ~0ull << 12, UINT64_MAX), 1);
}

static void
a_reset_leaves_nothing(void **state __rte_unused)
{
	add(5, 0, READ);
	add(6, PAGE, WRITE);
	translations_clear(&cache);
	assert_false(is_there(5, 0, READ));
	assert_false(is_there(6, PAGE, WRITE));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			a_page_is_found_by_its_own_pasid_and_address, setup),
		cmocka_unit_test_setup(
			a_page_that_may_be_read_is_not_found_for_writing,
			setup),
		cmocka_unit_test_setup(an_empty_entry_is_no_translation, setup),
		cmocka_unit_test_setup(
			neighbours_do_not_displace_each_other, setup),
		cmocka_unit_test_setup(
			an_invalidation_removes_its_pages_and_no_others, setup),
		cmocka_unit_test_setup(
			an_invalidation_of_all_leaves_other_pasids, setup),
		cmocka_unit_test_setup(
			the_last_page_is_removed_on_its_own, setup),
		cmocka_unit_test_setup(a_reset_leaves_nothing, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
