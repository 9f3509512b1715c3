/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Rebinding, on small objects linked in every way that matters. This program does
 * not refer to the target's functions itself.
 *
 * Must not know: the seam.
 */

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "rebind.h"
#include "rebind_objects.h"
#include "unit.h"

/*
 * A call and an address each. On arm64 the linker makes a slot for calls also of a function
 * whose address alone is taken.
 */
#define CALLERS 2
#ifdef RTE_ARCH_ARM64
#define REFERENCES 3
#else
#define REFERENCES 2
#endif

static const char *late_object;
static bool refuse_write;

int mprotect(void *address, size_t length, int protection);

/* In the place of libc's, for the code under test: systems may refuse. */
int
mprotect(void *address, size_t length, int protection)
{
	if (refuse_write && (protection & PROT_WRITE) != 0) {
		errno = EACCES;
		return -1;
	}
	return syscall(SYS_mprotect, address, length, protection);
}

static int
our_called(int number)
{
	return number + 100;
}

static int
our_taken(int number)
{
	return number + 200;
}

static const struct rebind_function ours[] = {
	{ "target_called", (void *)our_called, NULL },
	{ "target_taken", (void *)our_taken, NULL },
};

static int
give_back(void)
{
	const struct rebind_function theirs[] = {
		{ "target_called", dlsym(RTLD_DEFAULT, "target_called"),
			(void *)our_called },
		{ "target_taken", dlsym(RTLD_DEFAULT, "target_taken"),
			(void *)our_taken },
	};

	assert_non_null(theirs[0].replacement);
	assert_non_null(theirs[1].replacement);
	return rebind(theirs, RTE_DIM(theirs));
}

static int
setup(void **state __rte_unused)
{
	refuse_write = false;
	give_back();
	return 0;
}

static void
assert_all_callers_get(int by_call, int by_address)
{
	assert_int_equal(caller_call_0(1), by_call);
	assert_int_equal(caller_take_0()(1), by_address);
	assert_int_equal(caller_call_1(1), by_call);
	assert_int_equal(caller_take_1()(1), by_address);
}

struct relro {
	const char *object; /* part of its name */
	uintptr_t start;
	uintptr_t end;
};

static int
find_relro(struct dl_phdr_info *info, size_t size __rte_unused, void *argument)
{
	struct relro *relro = argument;
	int i;

	if (strstr(info->dlpi_name, relro->object) == NULL)
		return 0;
	for (i = 0; i < info->dlpi_phnum; i++) {
		if (info->dlpi_phdr[i].p_type != PT_GNU_RELRO)
			continue;
		relro->start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
		relro->end = relro->start + info->dlpi_phdr[i].p_memsz;
		return 1;
	}
	return 0;
}

static bool
is_writable(uintptr_t address)
{
	uintptr_t start, end;
	char rights[8] = "";
	char line[512];
	FILE *file;

	file = fopen("/proc/self/maps", "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		assert_int_equal(sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %7s",
					 &start, &end, rights),
			3);
		if (address >= start && address < end)
			break;
		rights[0] = '\0';
	}
	fclose(file);
	assert_string_not_equal(rights, "");
	return strchr(rights, 'w') != NULL;
}

/* The pages that the dynamic linker has made read-only are so. */
static void
assert_relro_is_read_only(const char *object)
{
	const uintptr_t page_size = sysconf(_SC_PAGESIZE);
	struct relro relro = { .object = object };
	uintptr_t page;

	dl_iterate_phdr(find_relro, &relro);
	assert_true(relro.end > relro.start);
	for (page = relro.start & ~(page_size - 1);
		page < (relro.end & ~(page_size - 1)); page += page_size)
		assert_false(is_writable(page));
}

static void
nothing_is_changed_at_first(void **state __rte_unused)
{
	assert_all_callers_get(2, 3);
	assert_relro_is_read_only("librebind_caller_0");
}

static void
calls_and_addresses_are_redirected(void **state __rte_unused)
{
	assert_int_equal(rebind(ours, RTE_DIM(ours)), CALLERS * REFERENCES);
	assert_all_callers_get(101, 201);
}

/* Only where the program has not stored something else since. */
static void
tables_are_redirected_where_the_original_stands(void **state __rte_unused)
{
	const struct rebind_function with_data[] = {
		{ "target_called", (void *)our_called,
			dlsym(RTLD_DEFAULT, "target_called") },
		{ "target_taken", (void *)our_taken,
			dlsym(RTLD_DEFAULT, "target_taken") },
	};
	const target_t kept = caller_table_0()->taken;

	caller_table_0()->taken = our_called;
	/* Two callers: references, constants and tables, less the one. */
	assert_int_equal(rebind(with_data, RTE_DIM(with_data)),
		CALLERS * (REFERENCES + 4) - 1);
	assert_int_equal(caller_constant_0()->called(1), 101);
	assert_int_equal(caller_constant_1()->taken(1), 201);
	assert_int_equal(caller_table_0()->called(1), 101);
	assert_int_equal(caller_table_0()->taken(1), 101);
	assert_int_equal(caller_table_1()->taken(1), 201);
	assert_relro_is_read_only("librebind_caller_0");
	give_back();
	assert_int_equal(caller_constant_0()->called(1), 2);
	caller_table_0()->taken = kept;
}

static void
what_has_no_replacement_is_left_alone(void **state __rte_unused)
{
	static const struct rebind_function nothing[] = {
		{ "target_called", NULL, NULL },
	};

	assert_int_equal(rebind(nothing, RTE_DIM(nothing)), 0);
	assert_all_callers_get(2, 3);
}

static void
a_second_time_there_is_nothing_to_do(void **state __rte_unused)
{
	assert_int_equal(rebind(ours, RTE_DIM(ours)), CALLERS * REFERENCES);
	assert_int_equal(rebind(ours, RTE_DIM(ours)), 0);
	assert_all_callers_get(101, 201);
}

static void
all_can_be_given_back(void **state __rte_unused)
{
	assert_int_equal(rebind(ours, RTE_DIM(ours)), CALLERS * REFERENCES);
	assert_int_equal(give_back(), CALLERS * REFERENCES);
	assert_all_callers_get(2, 3);
}

static void
only_what_is_named_is_redirected(void **state __rte_unused)
{
	static const struct rebind_function unknown[] = {
		{ "target_call", (void *)our_called, NULL },
		{ "target_called_too", (void *)our_called, NULL },
		{ "", (void *)our_called, NULL },
	};

	assert_int_equal(rebind(ours, 1), CALLERS);
	assert_all_callers_get(101, 3);
	assert_int_equal(rebind(unknown, RTE_DIM(unknown)), 0);
	assert_int_equal(rebind(NULL, 0), 0);
	assert_all_callers_get(101, 3);
}

static void
read_only_tables_are_read_only_again(void **state __rte_unused)
{
	assert_relro_is_read_only("librebind_caller_0");
	assert_int_equal(rebind(ours, RTE_DIM(ours)), CALLERS * REFERENCES);
	assert_relro_is_read_only("librebind_caller_0");
	assert_relro_is_read_only("librebind_caller_1");
}

static void
variables_stay_writable(void **state __rte_unused)
{
	assert_int_equal(rebind(ours, RTE_DIM(ours)), CALLERS * REFERENCES);
	assert_true(is_writable((uintptr_t)&caller_data_0));
	assert_true(is_writable((uintptr_t)&caller_data_1));
}

/* The lazily bound slots, all but the address's, lie in a table that is always writable. */
static void
a_table_that_cannot_be_written_to_is_told_of(void **state __rte_unused)
{
	refuse_write = true;
	assert_int_equal(rebind(ours, RTE_DIM(ours)), -1);
	assert_int_equal(caller_call_0(1), 2);
	assert_int_equal(caller_take_0()(1), 3);
	assert_int_equal(caller_call_1(1), 101);
	/* Now nothing is left to do in the others. */
	assert_int_equal(give_back(), REFERENCES - 1);
	assert_all_callers_get(2, 3);
}

static void
what_is_loaded_later_is_found_by_another_call(void **state __rte_unused)
{
	int (*late_call)(int);
	void *object;

	assert_int_equal(rebind(ours, RTE_DIM(ours)), CALLERS * REFERENCES);
	object = dlopen(late_object, RTLD_NOW);
	assert_non_null(object);
	*(void **)&late_call = dlsym(object, "caller_call_2");
	assert_non_null(late_call);
	assert_int_equal(late_call(1), 2);
	assert_int_equal(rebind(ours, RTE_DIM(ours)), REFERENCES);
	assert_int_equal(late_call(1), 101);
	dlclose(object);
}

/* Copies the object, its read-only part cut by a word, which ends inside a page. */
static void
copy_with_shorter_relro(const char *path, int copy)
{
	static char data[1 << 20];
	ElfW(Ehdr) *header = (void *)data;
	ElfW(Phdr) * segments;
	size_t size;
	FILE *file;
	int i;

	file = fopen(path, "re");
	assert_non_null(file);
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	assert_true(size > sizeof(*header) && size < sizeof(data));
	segments = (void *)(data + header->e_phoff);
	for (i = 0; i < header->e_phnum; i++)
		if (segments[i].p_type == PT_GNU_RELRO)
			segments[i].p_memsz -= sizeof(void *);
	assert_int_equal(write(copy, data, size), size);
}

/*
 * The dynamic linker protects whole pages only (_dl_protect_relro() rounds the end
 * down); where the part ends inside a page, what shares the page is written to.
 */
static void
a_page_that_is_protected_in_part_stays_writable(void **state __rte_unused)
{
	struct relro relro = { .start = 0 };
	char path[64];
	void *object;
	int copy;

	copy = memfd_create("partial-relro", MFD_CLOEXEC);
	assert_true(copy >= 0);
	copy_with_shorter_relro(late_object, copy);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", copy);
	relro.object = path;
	object = dlopen(path, RTLD_NOW);
	assert_non_null(object);
	dl_iterate_phdr(find_relro, &relro);
	assert_true(is_writable(relro.start));
	assert_int_equal(
		rebind(ours, RTE_DIM(ours)), (CALLERS + 1) * REFERENCES);
	assert_true(is_writable(relro.start));
	dlclose(object);
	close(copy);
}

int
main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_changed_at_first),
		TEST(calls_and_addresses_are_redirected),
		TEST(tables_are_redirected_where_the_original_stands),
		TEST(what_has_no_replacement_is_left_alone),
		TEST(a_second_time_there_is_nothing_to_do),
		TEST(all_can_be_given_back),
		TEST(only_what_is_named_is_redirected),
		TEST(read_only_tables_are_read_only_again),
		TEST(variables_stay_writable),
		TEST(a_table_that_cannot_be_written_to_is_told_of),
		TEST(what_is_loaded_later_is_found_by_another_call),
		TEST(a_page_that_is_protected_in_part_stays_writable),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: %s OBJECT-TO-LOAD\n", argv[0]);
		return 2;
	}
	late_object = argv[1];
	return RUN_TESTS("rebind", tests);
}
