/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Rebinding; see rebind.h.
 *
 * EAL opens plugins with dlopen(RTLD_NOW) and no RTLD_GLOBAL, so references in other
 * objects never use a plugin's symbols. But each object has a table of the addresses that
 * the dynamic linker found for it, and a relocation entry that names the symbol for each
 * (System V ABI, chapter 5, "Relocation"; x86-64 psABI 4.4, table 4.9): JUMP_SLOT for
 * calls, in DT_JMPREL, GLOB_DAT for addresses that are taken, and 64 or ABS64 for
 * addresses in initialised data, both in DT_RELA. Storing another address there is what
 * the linker does itself when it binds lazily. With full RELRO the table is read-only
 * after start: the page is made writable for the store and read-only again.
 */

#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include "rebind.h"

#if defined(__x86_64__)
#define SLOT_CALL R_X86_64_JUMP_SLOT
#define SLOT_ADDRESS R_X86_64_GLOB_DAT
#define SLOT_DATA R_X86_64_64
#elif defined(__aarch64__)
#define SLOT_CALL R_AARCH64_JUMP_SLOT
#define SLOT_ADDRESS R_AARCH64_GLOB_DAT
#define SLOT_DATA R_AARCH64_ABS64
#else
#error "rebind.c does not know this machine's relocation types"
#endif

struct search {
	const struct rebind_function *functions;
	size_t count;
	size_t prefix; /* length of the common prefix of all names */
	int changed;
	bool failed;
};

/* What is needed of one object's dynamic section. */
struct object {
	uintptr_t base;
	uintptr_t relro_start;
	uintptr_t relro_end;
	const ElfW(Sym) * symbols;
	const char *names;
	const ElfW(Rela) * call_relocations;
	size_t call_count;
	const ElfW(Rela) * relocations;
	size_t count;
};

/* glibc has added the load address to these; other linkers have not. */
static const void *
dynamic_address(const struct object *object, const ElfW(Dyn) * entry)
{
	uintptr_t address = entry->d_un.d_ptr;

	return (const void *)(address < object->base ? object->base + address
						     : address);
}

static void
read_dynamic_section(struct object *object, const ElfW(Dyn) * entry)
{
	for (; entry->d_tag != DT_NULL; entry++) {
		switch (entry->d_tag) {
		case DT_SYMTAB:
			object->symbols = dynamic_address(object, entry);
			break;
		case DT_STRTAB:
			object->names = dynamic_address(object, entry);
			break;
		case DT_JMPREL:
			object->call_relocations = dynamic_address(
				object, entry);
			break;
		case DT_PLTRELSZ:
			object->call_count = entry->d_un.d_val /
				sizeof(ElfW(Rela));
			break;
		case DT_RELA:
			object->relocations = dynamic_address(object, entry);
			break;
		case DT_RELASZ:
			object->count = entry->d_un.d_val / sizeof(ElfW(Rela));
			break;
		}
	}
}

/* Whole pages, as the dynamic linker protects them: _dl_protect_relro(). */
static void
read_relro(struct object *object, const ElfW(Phdr) * header)
{
	const uintptr_t page_mask = ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);
	const uintptr_t start = object->base + header->p_vaddr;

	object->relro_start = start & page_mask;
	object->relro_end = (start + header->p_memsz) & page_mask;
}

/* False for an object without a dynamic section or symbols, such as a static program. */
static bool
rebind_read_object(const struct dl_phdr_info *info, struct object *object)
{
	const ElfW(Dyn) *dynamic = NULL;
	const ElfW(Phdr) * header;
	int i;

	*object = (struct object){ .base = info->dlpi_addr };
	for (i = 0; i < info->dlpi_phnum; i++) {
		header = &info->dlpi_phdr[i];
		if (header->p_type == PT_DYNAMIC) {
			dynamic = (const void *)(object->base +
				header->p_vaddr);
		} else if (header->p_type == PT_GNU_RELRO) {
			read_relro(object, header);
		}
	}
	if (dynamic == NULL)
		return false;
	read_dynamic_section(object, dynamic);
	return object->symbols != NULL && object->names != NULL;
}

static bool
rebind_store(const struct object *object, void **slot, void *value)
{
	const uintptr_t page_size = sysconf(_SC_PAGESIZE);
	const uintptr_t address = (uintptr_t)slot;
	void *page = (void *)(address & ~(page_size - 1));
	const bool read_only = address >= object->relro_start &&
		address < object->relro_end;

	if (read_only && mprotect(page, page_size, PROT_READ | PROT_WRITE) != 0)
		return false;
	__atomic_store_n(slot, value, __ATOMIC_RELEASE);
	if (read_only)
		mprotect(page, page_size, PROT_READ);
	return true;
}

/*
 * At program start this checks tens of thousands of references. Nearly all of them have
 * other names, so the common prefix is compared first.
 */
static size_t
rebind_common_prefix(const struct rebind_function *functions, size_t count)
{
	size_t length = count == 0 ? 0 : strlen(functions[0].name);
	size_t i, n;

	for (i = 1; i < count; i++) {
		for (n = 0; n < length; n++)
			if (functions[i].name[n] != functions[0].name[n])
				break;
		length = n;
	}
	return length;
}

static const struct rebind_function *
rebind_find_function(const struct search *search, const char *name)
{
	size_t i;

	if (search->count == 0 ||
		strncmp(name, search->functions[0].name, search->prefix) != 0)
		return NULL;
	for (i = 0; i < search->count; i++)
		if (strcmp(search->functions[i].name, name) == 0)
			return &search->functions[i];
	return NULL;
}

static void
rebind_visit_relocation(const struct object *object,
	const ElfW(Rela) * relocation, struct search *search)
{
	const unsigned long type = ELF64_R_TYPE(relocation->r_info);
	const unsigned long symbol = ELF64_R_SYM(relocation->r_info);
	const struct rebind_function *function;
	void **slot;

	if (type != SLOT_CALL && type != SLOT_ADDRESS && type != SLOT_DATA)
		return;
	function = rebind_find_function(
		search, object->names + object->symbols[symbol].st_name);
	if (function == NULL || function->replacement == NULL)
		return;
	slot = (void **)(object->base + relocation->r_offset);
	if (*slot == function->replacement)
		return;
	if (type == SLOT_DATA &&
		(function->original == NULL || *slot != function->original))
		return;
	if (rebind_store(object, slot, function->replacement))
		search->changed++;
	else
		search->failed = true;
}

static int
rebind_visit_object(struct dl_phdr_info *info, size_t size, void *argument)
{
	struct search *search = argument;
	struct object object;
	size_t i;

	(void)size;
	/* The kernel's own object (vDSO) is always read-only. */
	if (strstr(info->dlpi_name, "linux-vdso") != NULL ||
		!rebind_read_object(info, &object))
		return 0;
	if (object.call_relocations != NULL)
		for (i = 0; i < object.call_count; i++)
			rebind_visit_relocation(
				&object, &object.call_relocations[i], search);
	if (object.relocations != NULL)
		for (i = 0; i < object.count; i++)
			rebind_visit_relocation(
				&object, &object.relocations[i], search);
	return 0;
}

int
rebind(const struct rebind_function *functions, size_t count)
{
	struct search search = {
		.functions = functions,
		.count = count,
		.prefix = rebind_common_prefix(functions, count),
	};

	dl_iterate_phdr(rebind_visit_object, &search);
	return search.failed ? -1 : search.changed;
}
