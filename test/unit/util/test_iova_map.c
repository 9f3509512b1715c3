/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The set of mapped intervals: its edges one by one, then many random operations
 * against a model that is too plain to be wrong.
 *
 * Must not know: how the set is kept.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_common.h>

#include "util/iova_map.h"
#include "rte_iommufd.h"
#include "unit.h"

#define R RTE_IOMMUFD_MAP_READ
#define W RTE_IOMMUFD_MAP_WRITE

static int
add_to(struct iova_map *set, uint64_t iova, uint64_t length, uint64_t va,
	uint32_t rights)
{
	const struct mapping mapping = {
		.iova = iova,
		.length = length,
		.va = va,
		.file = -1,
		.rights = rights,
	};

	return iova_map_add(set, &mapping);
}

static int
add(struct iova_map *set, uint64_t iova, uint64_t length)
{
	return add_to(set, iova, length, iova, R | W);
}

static void
an_empty_set_has_nothing(void **state __rte_unused)
{
	struct iova_map set;
	uint64_t va;

	iova_map_init(&set);
	assert_int_equal(set.count, 0);
	assert_int_equal(set.bytes, 0);
	assert_null(iova_map_find(&set, 0));
	assert_null(iova_map_find(&set, UINT64_MAX));
	assert_int_equal(iova_map_check_whole(&set, 0, 1), -ENOENT);
	assert_int_equal(iova_map_translate(&set, 0, 1, 0, &va), -ENOENT);
	iova_map_remove(&set, 0, 4096);
	iova_map_clear(&set);
}

static void
add_keeps_all_but_the_file(void **state __rte_unused)
{
	struct mapping mapping = {
		.iova = 0x1000,
		.length = 0x2000,
		.va = 0x7000,
		.file = 5,
		.offset = 0x4000,
		.rights = W,
	};
	const struct mapping *found;
	struct iova_map set;

	iova_map_init(&set);
	assert_int_equal(iova_map_add(&set, &mapping), 0);
	found = iova_map_find(&set, 0x1000);
	assert_non_null(found);
	assert_ptr_not_equal(found, &mapping);
	mapping.file = -1;
	assert_memory_equal(found, &mapping, sizeof(mapping));
	assert_int_equal(set.count, 1);
	assert_int_equal(set.bytes, 0x2000);
	iova_map_clear(&set);
	assert_int_equal(set.count, 0);
	assert_int_equal(set.bytes, 0);
	assert_null(iova_map_find(&set, 0x1000));
}

/* The set holds these, in this order, and no more. */
static void
assert_holds(const struct iova_map *set, const uint64_t *iovas, size_t count)
{
	struct mapping *list;
	size_t listed, i;

	assert_int_equal(iova_map_list(set, &list, &listed), 0);
	assert_int_equal(listed, count);
	for (i = 0; i < count; i++)
		assert_int_equal(list[i].iova, iovas[i]);
	free(list);
}

static void
many_are_added_wherever_they_fit(void **state __rte_unused)
{
	const struct mapping batch[] = {
		{ .iova = 0x3000, .length = 0x1000 },
		{ .iova = 0x4000, .length = 0x1000 },
		{ .iova = 0x9000, .length = 0x1000 }, /* behind another one */
		{ .iova = 0x1000, .length = 0x1000 }, /* back again */
	};
	const uint64_t expected[] = { 0x1000, 0x2000, 0x3000, 0x4000, 0x5000,
		0x9000 };
	struct iova_map set;
	size_t failed = 77;

	iova_map_init(&set);
	assert_int_equal(add(&set, 0x5000, 0x4000), 0);
	assert_int_equal(add(&set, 0x2000, 0x1000), 0);
	assert_int_equal(
		iova_map_add_all(&set, batch, RTE_DIM(batch), &failed), 0);
	assert_holds(&set, expected, RTE_DIM(expected));
	assert_int_equal(set.bytes, 0x9000);
	assert_int_equal(iova_map_add_all(&set, batch, 0, &failed), 0);
	assert_int_equal(failed, 77);
	iova_map_clear(&set);
}

static void
of_many_one_that_does_not_fit_keeps_all_out(void **state __rte_unused)
{
	const struct mapping batch[] = {
		{ .iova = 0x1000, .length = 0x1000 },
		{ .iova = 0x8000, .length = 0x1000 },
		{ .iova = 0x2000, .length = 0x1000 },
		{ .iova = 0x4000, .length = 0x2000 }, /* over 0x5000 */
	};
	const struct mapping twice[] = {
		{ .iova = 0x1000, .length = 0x2000 },
		{ .iova = 0x2000, .length = 0x1000 },
	};
	const struct mapping nothing[] = {
		{ .iova = 0x1000, .length = 0x1000 },
		{ .iova = 0x2000, .length = 0 },
	};
	const uint64_t expected[] = { 0x5000 };
	struct iova_map set;
	size_t failed;

	iova_map_init(&set);
	assert_int_equal(add(&set, 0x5000, 0x1000), 0);
	assert_int_equal(iova_map_add_all(&set, batch, RTE_DIM(batch), &failed),
		-EEXIST);
	assert_int_equal(failed, 3);
	assert_holds(&set, expected, 1);
	assert_int_equal(iova_map_add_all(&set, twice, 2, &failed), -EEXIST);
	assert_int_equal(failed, 1);
	assert_int_equal(iova_map_add_all(&set, nothing, 2, &failed), -EINVAL);
	assert_int_equal(failed, 1);
	assert_holds(&set, expected, 1);
	assert_int_equal(set.bytes, 0x1000);
	iova_map_clear(&set);
}

static void
what_is_lost_is_there_but_not_to_be_used(void **state __rte_unused)
{
	struct iova_map set;
	uint64_t va;

	iova_map_init(&set);
	assert_int_equal(add(&set, 0x1000, 0x1000), 0);
	assert_int_equal(add(&set, 0x2000, 0x1000), 0);
	assert_int_equal(add(&set, 0x3000, 0x1000), 0);
	iova_map_lose(&set, 0x1000, 0x2000);
	assert_int_equal(iova_map_find(&set, 0x1000)->origin, MAPPING_LOST);
	assert_int_equal(iova_map_find(&set, 0x2000)->origin, MAPPING_LOST);
	assert_int_not_equal(iova_map_find(&set, 0x3000)->origin, MAPPING_LOST);
	assert_int_equal(iova_map_translate(&set, 0x1000, 1, 0, &va), -ENOENT);
	assert_int_equal(add(&set, 0x1000, 0x1000), -EEXIST);
	iova_map_remove(&set, 0x1000, 0x2000);
	assert_int_equal(add(&set, 0x1000, 0x1000), 0);
	iova_map_clear(&set);
}

static void
find_takes_first_to_last_byte(void **state __rte_unused)
{
	struct iova_map set;

	iova_map_init(&set);
	assert_int_equal(add(&set, 0x1000, 0x1000), 0);
	assert_null(iova_map_find(&set, 0xfff));
	assert_non_null(iova_map_find(&set, 0x1000));
	assert_non_null(iova_map_find(&set, 0x1fff));
	assert_null(iova_map_find(&set, 0x2000));
	iova_map_clear(&set);
}

static void
add_refuses_what_is_no_interval(void **state __rte_unused)
{
	struct iova_map set;

	iova_map_init(&set);
	assert_int_equal(add(&set, 0, 0), -EINVAL);
	assert_int_equal(add(&set, UINT64_MAX, 0), -EINVAL);
	assert_int_equal(add(&set, UINT64_MAX, 2), -EINVAL);
	assert_int_equal(add(&set, 0x1000, UINT64_MAX), -EINVAL);
	assert_int_equal(set.count, 0);
	assert_int_equal(set.count, 0);
}

static void
the_end_of_the_address_space_can_be_mapped(void **state __rte_unused)
{
	const uint64_t last_page = UINT64_MAX - 0xfff;
	struct iova_map set;
	uint64_t va = 0;

	iova_map_init(&set);
	assert_int_equal(add_to(&set, last_page, 0x1000, 0x5000, R), 0);
	assert_int_equal(add(&set, UINT64_MAX, 1), -EEXIST);
	assert_non_null(iova_map_find(&set, UINT64_MAX));
	assert_int_equal(iova_map_check_whole(&set, last_page, 0x1000), 0);
	assert_int_equal(
		iova_map_check_whole(&set, last_page, 0x1001), -EINVAL);
	assert_int_equal(iova_map_translate(&set, UINT64_MAX, 1, R, &va), 0);
	assert_int_equal(va, 0x5fff);
	assert_int_equal(
		iova_map_translate(&set, last_page, 0x1001, R, &va), -ENOENT);
	iova_map_remove(&set, last_page, 0x1000);
	assert_int_equal(set.count, 0);
}

static void
one_mapping_can_be_all_but_the_last_byte(void **state __rte_unused)
{
	struct iova_map set;

	iova_map_init(&set);
	assert_int_equal(add(&set, 0, UINT64_MAX), 0);
	assert_int_equal(add(&set, 12345, 1), -EEXIST);
	assert_int_equal(add(&set, UINT64_MAX, 1), 0);
	assert_int_equal(iova_map_check_whole(&set, 0, UINT64_MAX), 0);
	iova_map_remove(&set, 0, UINT64_MAX);
	assert_int_equal(set.count, 1);
	iova_map_clear(&set);
}

static void
neighbours_stay_two(void **state __rte_unused)
{
	struct iova_map set;

	iova_map_init(&set);
	assert_int_equal(add(&set, 0x2000, 0x1000), 0);
	assert_int_equal(add(&set, 0x1000, 0x1000), 0);
	assert_int_equal(add(&set, 0x3000, 0x1000), 0);
	assert_int_equal(set.count, 3);
	assert_int_equal(set.bytes, 0x3000);
	assert_int_equal(iova_map_find(&set, 0x1fff)->iova, 0x1000);
	assert_int_equal(iova_map_find(&set, 0x2000)->iova, 0x2000);
	iova_map_clear(&set);
}

static void
add_refuses_every_kind_of_overlap(void **state __rte_unused)
{
	struct iova_map set;

	iova_map_init(&set);
	assert_int_equal(add(&set, 0x2000, 0x2000), 0);
	assert_int_equal(add(&set, 0x2000, 0x2000), -EEXIST); /* the same */
	assert_int_equal(add(&set, 0x1000, 0x1001), -EEXIST); /* its start */
	assert_int_equal(add(&set, 0x3fff, 0x1000), -EEXIST); /* its end */
	assert_int_equal(add(&set, 0x2800, 0x100), -EEXIST);  /* inside */
	assert_int_equal(add(&set, 0x1000, 0x8000), -EEXIST); /* around */
	assert_int_equal(set.count, 1);
	assert_int_equal(set.bytes, 0x2000);
	iova_map_clear(&set);
}

static void
check_whole_tells_a_gap_from_a_part(void **state __rte_unused)
{
	struct iova_map set;

	iova_map_init(&set);
	assert_int_equal(add(&set, 0x1000, 0x1000), 0);
	assert_int_equal(add(&set, 0x2000, 0x2000), 0);
	assert_int_equal(add(&set, 0x5000, 0x1000), 0);
	assert_int_equal(iova_map_check_whole(&set, 0x1000, 0x1000), 0);
	assert_int_equal(iova_map_check_whole(&set, 0x1000, 0x3000), 0);
	assert_int_equal(iova_map_check_whole(&set, 0x2000, 0x2000), 0);
	assert_int_equal(iova_map_check_whole(&set, 0x1000, 0x2000), -EINVAL);
	assert_int_equal(iova_map_check_whole(&set, 0x1800, 0x800), -EINVAL);
	assert_int_equal(iova_map_check_whole(&set, 0x1000, 0x800), -EINVAL);
	assert_int_equal(iova_map_check_whole(&set, 0x1000, 0x5000), -ENOENT);
	assert_int_equal(iova_map_check_whole(&set, 0x4000, 0x2000), -ENOENT);
	assert_int_equal(iova_map_check_whole(&set, 0x0, 0x2000), -ENOENT);
	assert_int_equal(iova_map_check_whole(&set, 0x1000, 0), -EINVAL);
	assert_int_equal(iova_map_check_whole(&set, UINT64_MAX, 2), -EINVAL);
	iova_map_clear(&set);
}

static void
remove_takes_several_and_leaves_the_rest(void **state __rte_unused)
{
	struct iova_map set;

	iova_map_init(&set);
	assert_int_equal(add(&set, 0x1000, 0x1000), 0);
	assert_int_equal(add(&set, 0x2000, 0x2000), 0);
	assert_int_equal(add(&set, 0x4000, 0x1000), 0);
	assert_int_equal(add(&set, 0x5000, 0x1000), 0);
	iova_map_remove(&set, 0x2000, 0x3000);
	assert_int_equal(set.count, 2);
	assert_int_equal(set.bytes, 0x2000);
	assert_non_null(iova_map_find(&set, 0x1fff));
	assert_null(iova_map_find(&set, 0x2000));
	assert_null(iova_map_find(&set, 0x4fff));
	assert_non_null(iova_map_find(&set, 0x5000));
	assert_int_equal(add(&set, 0x2000, 0x3000), 0);
	iova_map_clear(&set);
}

static void
translate_adds_the_offset(void **state __rte_unused)
{
	struct iova_map set;
	uint64_t va = 0;

	iova_map_init(&set);
	assert_int_equal(add_to(&set, 0x1000, 0x1000, 0x70000, R | W), 0);
	assert_int_equal(iova_map_translate(&set, 0x1010, 8, R, &va), 0);
	assert_int_equal(va, 0x70010);
	assert_int_equal(iova_map_translate(&set, 0x1ff8, 8, W, &va), 0);
	assert_int_equal(va, 0x70ff8);
	va = 1;
	assert_int_equal(iova_map_translate(&set, 0x1ff8, 9, R, &va), -ENOENT);
	assert_int_equal(iova_map_translate(&set, 0xfff, 2, R, &va), -ENOENT);
	assert_int_equal(iova_map_translate(&set, 0x1000, 0, R, &va), -ENOENT);
	assert_int_equal(va, 1);
	iova_map_clear(&set);
}

static void
translate_wants_the_rights_of_every_part(void **state __rte_unused)
{
	struct iova_map set;
	uint64_t va;

	iova_map_init(&set);
	assert_int_equal(add_to(&set, 0x1000, 0x1000, 0x1000, R | W), 0);
	assert_int_equal(add_to(&set, 0x2000, 0x1000, 0x2000, R), 0);
	assert_int_equal(iova_map_translate(&set, 0x1000, 0x2000, R, &va), 0);
	assert_int_equal(iova_map_translate(&set, 0x1000, 0x2000, 0, &va), 0);
	assert_int_equal(
		iova_map_translate(&set, 0x1000, 0x1000, R | W, &va), 0);
	assert_int_equal(
		iova_map_translate(&set, 0x1000, 0x1001, R | W, &va), -ENOENT);
	assert_int_equal(iova_map_translate(&set, 0x2000, 1, W, &va), -ENOENT);
	iova_map_clear(&set);
}

static void
translate_wants_contiguous_memory(void **state __rte_unused)
{
	struct iova_map set;
	uint64_t va = 0;

	iova_map_init(&set);
	assert_int_equal(add_to(&set, 0x1000, 0x1000, 0x10000, R), 0);
	assert_int_equal(add_to(&set, 0x2000, 0x1000, 0x11000, R), 0);
	assert_int_equal(add_to(&set, 0x3000, 0x1000, 0x18000, R), 0);
	assert_int_equal(iova_map_translate(&set, 0x1800, 0x1800, R, &va), 0);
	assert_int_equal(va, 0x10800);
	assert_int_equal(
		iova_map_translate(&set, 0x1800, 0x1801, R, &va), -ENOENT);
	assert_int_equal(iova_map_translate(&set, 0x3000, 0x1000, R, &va), 0);
	assert_int_equal(va, 0x18000);
	iova_map_clear(&set);
}

struct visits {
	uint64_t iovas[8];
	unsigned int count;
	unsigned int stop_after;
};

static int
note_visit(const struct mapping *mapping, void *argument)
{
	struct visits *visits = argument;

	visits->iovas[visits->count++] = mapping->iova;
	return visits->count == visits->stop_after ? -EIO : 0;
}

static void
walk_goes_upwards_and_stops_when_told(void **state __rte_unused)
{
	static const uint64_t order[] = { 5, 1, 7, 3, 2 };
	struct visits visits = { .count = 0 };
	struct iova_map set;
	unsigned int i;

	iova_map_init(&set);
	assert_int_equal(iova_map_walk(&set, note_visit, &visits), 0);
	assert_int_equal(visits.count, 0);
	for (i = 0; i < RTE_DIM(order); i++)
		assert_int_equal(add(&set, order[i] << 12, 0x1000), 0);
	assert_int_equal(iova_map_walk(&set, note_visit, &visits), 0);
	assert_int_equal(visits.count, RTE_DIM(order));
	for (i = 1; i < visits.count; i++)
		assert_true(visits.iovas[i - 1] < visits.iovas[i]);
	visits = (struct visits){ .stop_after = 2 };
	assert_int_equal(iova_map_walk(&set, note_visit, &visits), -EIO);
	assert_int_equal(visits.count, 2);
	iova_map_clear(&set);
}

/*
 * The model: for each page of a small window at the end of the address space, the
 * number of the mapping that owns it, or 0.
 */
#define WINDOW 256
#define PAGE UINT64_C(0x1000)
#define WINDOW_START (UINT64_MAX - WINDOW * PAGE + 1)
#define OPERATIONS 200000
#define SEED 20260704

struct model {
	unsigned int owners[WINDOW];
	uint64_t shift[WINDOW]; /* va minus iova */
	uint32_t rights[WINDOW];
	unsigned int last_owner;
};

static uint64_t
page_iova(unsigned int page)
{
	return WINDOW_START + page * PAGE;
}

static bool
model_is_free(const struct model *model, unsigned int first, unsigned int count)
{
	unsigned int i;

	for (i = first; i < first + count; i++)
		if (model->owners[i] != 0)
			return false;
	return true;
}

static unsigned int
owner_of(const struct model *model, unsigned int page)
{
	return page < WINDOW ? model->owners[page] : 0;
}

/* First and last page with one owner, seen from page. */
static bool
model_starts(const struct model *model, unsigned int page)
{
	return page == 0 || model->owners[page - 1] != model->owners[page];
}

static bool
model_ends(const struct model *model, unsigned int page)
{
	return owner_of(model, page + 1) != model->owners[page];
}

static int
model_check_whole(
	const struct model *model, unsigned int first, unsigned int count)
{
	unsigned int i;

	/* What is wrong first, from the left, decides. */
	if (model->owners[first] == 0)
		return -ENOENT;
	if (!model_starts(model, first))
		return -EINVAL;
	for (i = first; i < first + count; i++)
		if (model->owners[i] == 0)
			return -ENOENT;
	return model_ends(model, first + count - 1) ? 0 : -EINVAL;
}

static bool
model_translates(const struct model *model, unsigned int first,
	unsigned int count, uint32_t rights)
{
	unsigned int i;

	for (i = first; i < first + count; i++)
		if (model->owners[i] == 0 ||
			(model->rights[i] & rights) != rights ||
			model->shift[i] != model->shift[first])
			return false;
	return true;
}

static void
try_add(struct iova_map *set, struct model *model, unsigned int first,
	unsigned int count)
{
	const uint64_t shift = (random() % 4) << 32;
	const uint32_t rights = 1 + random() % 3;
	const int ret = add_to(set, page_iova(first), count * PAGE,
		page_iova(first) + shift, rights);
	unsigned int i;

	if (!model_is_free(model, first, count)) {
		assert_int_equal(ret, -EEXIST);
		return;
	}
	assert_int_equal(ret, 0);
	model->last_owner++;
	for (i = first; i < first + count; i++) {
		model->owners[i] = model->last_owner;
		model->shift[i] = shift;
		model->rights[i] = rights;
	}
}

static void
try_remove(struct iova_map *set, struct model *model, unsigned int first,
	unsigned int count)
{
	const int ret = iova_map_check_whole(
		set, page_iova(first), count * PAGE);

	assert_int_equal(ret, model_check_whole(model, first, count));
	if (ret != 0)
		return;
	iova_map_remove(set, page_iova(first), count * PAGE);
	memset(&model->owners[first], 0, count * sizeof(model->owners[0]));
}

/* Widens a random interval to whole mappings, so that removal often works. */
static void
try_remove_whole(struct iova_map *set, struct model *model, unsigned int first,
	unsigned int count)
{
	while (model->owners[first] != 0 && !model_starts(model, first)) {
		first--;
		count++;
	}
	while (model->owners[first + count - 1] != 0 &&
		!model_ends(model, first + count - 1))
		count++;
	try_remove(set, model, first, count);
}

static void
try_translate(struct iova_map *set, struct model *model, unsigned int first,
	unsigned int count)
{
	const uint32_t rights = random() % 4;
	uint64_t va = 0;
	const int ret = iova_map_translate(
		set, page_iova(first), count * PAGE, rights, &va);

	if (!model_translates(model, first, count, rights)) {
		assert_int_equal(ret, -ENOENT);
		return;
	}
	assert_int_equal(ret, 0);
	assert_true(va == page_iova(first) + model->shift[first]);
}

static void
try_find(struct iova_map *set, struct model *model, unsigned int page,
	unsigned int count __rte_unused)
{
	const struct mapping *found = iova_map_find(
		set, page_iova(page) + random() % PAGE);

	assert_int_equal(found != NULL, model->owners[page] != 0);
	if (found != NULL)
		assert_true(found->rights == model->rights[page]);
}

struct comparison {
	const struct model *model;
	unsigned int page; /* the next one to be looked at */
};

static int
compare_mapping(const struct mapping *mapping, void *argument)
{
	struct comparison *comparison = argument;
	const struct model *model = comparison->model;
	unsigned int page = comparison->page;

	while (owner_of(model, page) == 0 && page < WINDOW)
		page++;
	assert_true(page < WINDOW);
	assert_true(mapping->iova == page_iova(page));
	while (!model_ends(model, page))
		page++;
	comparison->page = page + 1;
	assert_true(mapping->iova + (mapping->length - 1) ==
		page_iova(page) + (PAGE - 1));
	return 0;
}

/* Everything, at times: it is slow. */
static void
compare_all(const struct iova_map *set, const struct model *model)
{
	struct comparison comparison = { .model = model };
	size_t count = 0, pages = 0;
	unsigned int i;

	for (i = 0; i < WINDOW; i++) {
		pages += model->owners[i] != 0;
		count += model->owners[i] != 0 && model_ends(model, i);
	}
	assert_int_equal(set->count, count);
	assert_int_equal(set->bytes, pages * PAGE);
	assert_int_equal(iova_map_walk(set, compare_mapping, &comparison), 0);
	for (i = comparison.page; i < WINDOW; i++)
		assert_int_equal(model->owners[i], 0);
}

static void
random_operations_agree_with_a_plain_model(void **state __rte_unused)
{
	static void (*const operations[])(struct iova_map *set,
		struct model *model, unsigned int first,
		unsigned int count) = { try_add, try_add, try_remove,
		try_remove_whole, try_translate, try_find };
	struct model model = { .last_owner = 0 };
	unsigned int i, first, count;
	struct iova_map set;

	print_message("# seed %d\n", SEED);
	srandom(SEED);
	iova_map_init(&set);
	for (i = 0; i < OPERATIONS; i++) {
		first = random() % WINDOW;
		count = 1 + random() % RTE_MIN(16u, WINDOW - first);
		operations[random() % RTE_DIM(operations)](
			&set, &model, first, count);
		if (i % 128 == 0)
			compare_all(&set, &model);
	}
	compare_all(&set, &model);
	assert_true(model.last_owner > OPERATIONS / 50);
	iova_map_clear(&set);
}

/* Two side by side, the second with a file's offset, a gap, and one without a va. */
static void
fill_for_parts(struct iova_map *set)
{
	const struct mapping mappings[] = {
		{ 0x1000, 0x2000, 0x71000, -1, 0, R | W, MAPPING_OF_EAL },
		{ 0x3000, 0x4000, 0x95000, -1, 0x8000, R, MAPPING_OF_SOURCE },
		{ 0x9000, 0x3000, 0, -1, 0x1000, W, MAPPING_OF_PROGRAM },
	};
	size_t i;

	iova_map_init(set);
	for (i = 0; i < RTE_DIM(mappings); i++)
		assert_int_equal(iova_map_add(set, &mappings[i]), 0);
}

static void
assert_mapping(const struct mapping *mapping, uint64_t iova, uint64_t length,
	uint64_t va, uint64_t offset)
{
	assert_int_equal(mapping->iova, iova);
	assert_int_equal(mapping->length, length);
	assert_int_equal(mapping->va, va);
	assert_int_equal(mapping->offset, offset);
	assert_int_equal(mapping->file, -1);
}

static void
cut_out_clips_at_both_ends(void **state __rte_unused)
{
	struct mapping *parts;
	struct iova_map set;
	size_t count;

	fill_for_parts(&set);
	assert_int_equal(
		iova_map_cut_out(&set, 0x2000, 0x3000, &parts, &count), 0);
	assert_int_equal(count, 2);
	assert_mapping(&parts[0], 0x2000, 0x1000, 0x72000, 0x1000);
	assert_int_equal(parts[0].rights, R | W);
	assert_int_equal(parts[0].origin, MAPPING_OF_EAL);
	assert_mapping(&parts[1], 0x3000, 0x2000, 0x95000, 0x8000);
	assert_int_equal(parts[1].rights, R);
	assert_int_equal(parts[1].origin, MAPPING_OF_SOURCE);
	free(parts);
	/* The set is as it was. */
	assert_int_equal(set.count, 3);
	assert_int_equal(iova_map_check_whole(&set, 0x1000, 0x6000), 0);
	iova_map_clear(&set);
}

static void
cut_out_takes_the_midst_of_one(void **state __rte_unused)
{
	struct mapping *parts;
	struct iova_map set;
	size_t count;

	fill_for_parts(&set);
	assert_int_equal(
		iova_map_cut_out(&set, 0x4800, 0x10, &parts, &count), 0);
	assert_int_equal(count, 1);
	assert_mapping(&parts[0], 0x4800, 0x10, 0x96800, 0x9800);
	free(parts);
	iova_map_clear(&set);
}

/* Where this process does not see the memory there is nothing to add to. */
static void
cut_out_keeps_no_va_as_none(void **state __rte_unused)
{
	struct mapping *parts;
	struct iova_map set;
	size_t count;

	fill_for_parts(&set);
	assert_int_equal(
		iova_map_cut_out(&set, 0xa000, 0x1000, &parts, &count), 0);
	assert_int_equal(count, 1);
	assert_mapping(&parts[0], 0xa000, 0x1000, 0, 0x2000);
	free(parts);
	iova_map_clear(&set);
}

static void
cut_out_wants_all_of_it_mapped(void **state __rte_unused)
{
	static const uint64_t wrong[][2] = {
		{ 0, 0x1000 },
		{ 0xfff, 0x1001 },
		{ 0x1000, 0x6001 },
		{ 0x6000, 0x4000 },
		{ 0x9000, 0x3001 },
		{ UINT64_MAX, 1 },
	};
	struct mapping *parts = NULL;
	struct iova_map set;
	size_t count, i;

	fill_for_parts(&set);
	for (i = 0; i < RTE_DIM(wrong); i++)
		assert_int_equal(iova_map_cut_out(&set, wrong[i][0],
					 wrong[i][1], &parts, &count),
			-ENOENT);
	assert_int_equal(
		iova_map_cut_out(&set, 0x1000, 0, &parts, &count), -EINVAL);
	assert_int_equal(
		iova_map_cut_out(&set, UINT64_MAX, 2, &parts, &count), -EINVAL);
	assert_null(parts);
	iova_map_clear(&set);
}

static void
cut_out_goes_to_the_last_byte_of_all(void **state __rte_unused)
{
	struct mapping *parts;
	struct iova_map set;
	size_t count;

	iova_map_init(&set);
	assert_int_equal(add_to(&set, 0, UINT64_C(1) << 63, 0x1000, R | W), 0);
	assert_int_equal(add_to(&set, UINT64_C(1) << 63, UINT64_C(1) << 63,
				 0x5000, R | W),
		0);
	assert_int_equal(
		iova_map_cut_out(&set, 1, UINT64_MAX, &parts, &count), 0);
	assert_int_equal(count, 2);
	assert_mapping(&parts[0], 1, (UINT64_C(1) << 63) - 1, 0x1001, 1);
	assert_mapping(
		&parts[1], UINT64_C(1) << 63, UINT64_C(1) << 63, 0x5000, 0);
	free(parts);
	iova_map_clear(&set);
}

/* More than the first room of the array. */
static void
cut_out_and_list_take_any_number(void **state __rte_unused)
{
	struct mapping *parts, *list;
	size_t count, listed;
	struct iova_map set;
	uint64_t i;

	iova_map_init(&set);
	for (i = 0; i < 100; i++)
		assert_int_equal(add(&set, (99 - i) * 0x1000, 0x1000), 0);
	assert_int_equal(
		iova_map_cut_out(&set, 0x800, 99 * 0x1000, &parts, &count), 0);
	assert_int_equal(iova_map_list(&set, &list, &listed), 0);
	assert_int_equal(count, 100);
	assert_int_equal(listed, 100);
	for (i = 0; i < 100; i++) {
		assert_int_equal(list[i].iova, i * 0x1000);
		assert_int_equal(list[i].length, 0x1000);
		assert_int_equal(parts[i].iova, i == 0 ? 0x800 : i * 0x1000);
		assert_int_equal(
			parts[i].length, i == 0 || i == 99 ? 0x800 : 0x1000);
	}
	free(parts);
	free(list);
	iova_map_clear(&set);
}

static void
list_copies_all_of_each(void **state __rte_unused)
{
	struct mapping *list;
	struct iova_map set;
	size_t count;

	fill_for_parts(&set);
	assert_int_equal(iova_map_list(&set, &list, &count), 0);
	assert_int_equal(count, 3);
	assert_mapping(&list[0], 0x1000, 0x2000, 0x71000, 0);
	assert_mapping(&list[1], 0x3000, 0x4000, 0x95000, 0x8000);
	assert_mapping(&list[2], 0x9000, 0x3000, 0, 0x1000);
	assert_int_equal(list[0].origin, MAPPING_OF_EAL);
	assert_int_equal(list[2].rights, W);
	free(list);
	iova_map_clear(&set);
	assert_int_equal(iova_map_list(&set, &list, &count), 0);
	assert_int_equal(count, 0);
	free(list);
}

static void
at_or_after_and_next_go_through_all(void **state __rte_unused)
{
	const struct mapping *mapping;
	struct iova_map set;

	iova_map_init(&set);
	assert_null(iova_map_at_or_after(&set, 0));
	assert_int_equal(add(&set, 0x5000, 0x1000), 0);
	assert_int_equal(add(&set, 0x1000, 0x2000), 0);
	mapping = iova_map_at_or_after(&set, 0);
	assert_int_equal(mapping->iova, 0x1000);
	assert_ptr_equal(iova_map_at_or_after(&set, 0x2fff), mapping);
	mapping = iova_map_next(mapping);
	assert_int_equal(mapping->iova, 0x5000);
	assert_ptr_equal(iova_map_at_or_after(&set, 0x3000), mapping);
	assert_null(iova_map_next(mapping));
	assert_null(iova_map_at_or_after(&set, 0x6000));
	iova_map_clear(&set);
}

/* It keeps others out, and is nothing that this process could look up or unmap. */
static void
what_is_reserved_counts_as_not_mapped(void **state __rte_unused)
{
	struct mapping reserved = {
		.iova = 0x2000,
		.length = 0x1000,
		.va = 0x2000,
		.rights = R | W,
		.origin = MAPPING_OF_SECONDARY,
	};
	struct mapping *parts;
	struct iova_map set;
	size_t count;
	uint64_t va;

	iova_map_init(&set);
	assert_int_equal(add(&set, 0x1000, 0x1000), 0);
	assert_int_equal(iova_map_add(&set, &reserved), 0);
	assert_int_equal(add(&set, 0x2000, 0x1000), -EEXIST);
	assert_int_equal(iova_map_check_whole(&set, 0x1000, 0x1000), 0);
	assert_int_equal(iova_map_check_whole(&set, 0x1000, 0x2000), -ENOENT);
	assert_int_equal(iova_map_check_whole(&set, 0x2000, 0x1000), -ENOENT);
	assert_int_equal(
		iova_map_translate(&set, 0x2000, 0x1000, R, &va), -ENOENT);
	assert_int_equal(iova_map_cut_out(&set, 0x1000, 0x2000, &parts, &count),
		-ENOENT);
	iova_map_remove(&set, 0x1000, 0x2000);
	assert_int_equal(set.count, 2);
	assert_int_equal(
		iova_map_remove_reserved(&set, 0x1000, 0x1000), -ENOENT);
	assert_int_equal(
		iova_map_remove_reserved(&set, 0x2000, 0x800), -ENOENT);
	assert_int_equal(iova_map_remove_reserved(&set, 0x2000, 0x1000), 0);
	assert_int_equal(set.count, 1);
	assert_int_equal(iova_map_remove_all_reserved(&set), 0);
	assert_int_equal(iova_map_add(&set, &reserved), 0);
	reserved.iova = 0x4000;
	assert_int_equal(iova_map_add(&set, &reserved), 0);
	assert_int_equal(iova_map_remove_all_reserved(&set), 0x2000);
	assert_int_equal(set.count, 1);
	assert_non_null(iova_map_find(&set, 0x1000));
	iova_map_clear(&set);
}

static void
add_one(struct mapping *mapping, const void *argument)
{
	mapping->count += *(const uint32_t *)argument;
}

static void
change_reaches_all_that_overlaps(void **state __rte_unused)
{
	const uint32_t step = 3;
	struct iova_map set;
	unsigned int i;

	iova_map_init(&set);
	for (i = 1; i <= 5; i++)
		assert_int_equal(add(&set, i * 0x1000, 0x1000), 0);
	iova_map_change(&set, 0x2fff, 0x1002, add_one, &step);
	for (i = 1; i <= 5; i++)
		assert_int_equal(iova_map_find(&set, i * 0x1000)->count,
			i >= 2 && i <= 4 ? step : 0);
	iova_map_clear(&set);
}

#define MANY 65536
#define FEW 2048

static uint64_t
nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

/* Adds MANY downwards, which is the dearest order for an array, and removes them upwards. */
static void
fill_and_empty(uint64_t *first, uint64_t *last, uint64_t *removed_full,
	uint64_t *removed_empty)
{
	struct iova_map set;
	uint64_t begin = nanoseconds();
	unsigned int i;

	iova_map_init(&set);
	for (i = 0; i < MANY; i++) {
		if (i == MANY - FEW)
			begin = nanoseconds();
		assert_int_equal(
			add(&set, (uint64_t)(MANY - i) * 0x2000, 0x1000), 0);
		if (i == FEW - 1)
			*first = nanoseconds() - begin;
	}
	*last = nanoseconds() - begin;
	begin = nanoseconds();
	for (i = 0; i < MANY; i++) {
		if (i == MANY - FEW)
			begin = nanoseconds();
		iova_map_remove(&set, (uint64_t)(i + 1) * 0x2000, 0x1000);
		if (i == FEW - 1)
			*removed_full = nanoseconds() - begin;
	}
	*removed_empty = nanoseconds() - begin;
	assert_int_equal(set.count, 0);
	iova_map_clear(&set);
}

/*
 * With a margin that no busy machine needs: an array took 60 times as long for the last as
 * for the first. The best of some rounds, since any round may be interrupted.
 */
static void
cost_does_not_grow_with_what_is_there(void **state __rte_unused)
{
	uint64_t best[4] = { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX };
	uint64_t now[4];
	unsigned int round, i;

	for (round = 0; round < 5; round++) {
		fill_and_empty(&now[0], &now[1], &now[2], &now[3]);
		for (i = 0; i < RTE_DIM(best); i++)
			best[i] = RTE_MIN(best[i], now[i]);
	}
	assert_true(best[1] < 12 * best[0]);
	assert_true(best[2] < 12 * best[3]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_or_after_and_next_go_through_all),
		cmocka_unit_test(what_is_reserved_counts_as_not_mapped),
		cmocka_unit_test(change_reaches_all_that_overlaps),
		cmocka_unit_test(cost_does_not_grow_with_what_is_there),
		cmocka_unit_test(an_empty_set_has_nothing),
		cmocka_unit_test(add_keeps_all_but_the_file),
		cmocka_unit_test(many_are_added_wherever_they_fit),
		cmocka_unit_test(of_many_one_that_does_not_fit_keeps_all_out),
		cmocka_unit_test(what_is_lost_is_there_but_not_to_be_used),
		cmocka_unit_test(find_takes_first_to_last_byte),
		cmocka_unit_test(add_refuses_what_is_no_interval),
		cmocka_unit_test(the_end_of_the_address_space_can_be_mapped),
		cmocka_unit_test(one_mapping_can_be_all_but_the_last_byte),
		cmocka_unit_test(neighbours_stay_two),
		cmocka_unit_test(add_refuses_every_kind_of_overlap),
		cmocka_unit_test(check_whole_tells_a_gap_from_a_part),
		cmocka_unit_test(remove_takes_several_and_leaves_the_rest),
		cmocka_unit_test(translate_adds_the_offset),
		cmocka_unit_test(translate_wants_the_rights_of_every_part),
		cmocka_unit_test(translate_wants_contiguous_memory),
		cmocka_unit_test(walk_goes_upwards_and_stops_when_told),
		cmocka_unit_test(cut_out_clips_at_both_ends),
		cmocka_unit_test(cut_out_takes_the_midst_of_one),
		cmocka_unit_test(cut_out_keeps_no_va_as_none),
		cmocka_unit_test(cut_out_wants_all_of_it_mapped),
		cmocka_unit_test(cut_out_goes_to_the_last_byte_of_all),
		cmocka_unit_test(cut_out_and_list_take_any_number),
		cmocka_unit_test(list_copies_all_of_each),
		cmocka_unit_test(random_operations_agree_with_a_plain_model),
	};

	return RUN_TESTS("iova_map", tests);
}
