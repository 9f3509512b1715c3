/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef MOCK_KERNEL_H
#define MOCK_KERNEL_H

/*
 * A stand-in for the library's files kernel_*.c. It has two modes:
 *
 *  - script: every call is expected, as text, in order, with the result that it
 *    shall have; another call fails the test and shows both texts;
 *  - permissive: calls succeed as the kernel's would; a test may choose the
 *    result of calls that begin with some text, and make the n-th one fail.
 *
 * In both it keeps a registry of the kernel's objects: descriptors, address spaces, page
 * tables, fault queues, attachments of devices and PASIDs, groups in containers,
 * mappings. A call that the kernel's own rules forbid (a descriptor that is not open, an
 * interval mapped twice or unmapped in part, a group taken out while its device is open)
 * fails the test, and so does whatever is still there when the test ends. No call takes
 * time: kernel_sleep() is one like the others. Calls may come from any thread; what a
 * test asks the mock comes when they are done.
 *
 * The texts of calls are best learnt from the files of the calls; for example
 *   open /dev/iommu
 *   ioas_map ioas=1 va=0x7f0000000000 iova=0x1000 length=0x1000 rights=rw
 *
 * Must not know: the code under test; why it calls.
 */

#include <stdbool.h>
#include <stdint.h>

#include "backend/fault_queue.h"
#include "util/smmuv3.h"

struct rte_iommufd_range;

/* Descriptors and ids that the mock gives out begin with these. */
#define MOCK_FIRST_FD 1000
#define MOCK_FIRST_ID 1

/* For a test's setup: everything that was is forgotten. */
int mock_start_script(void **state);
int mock_start_permissive(void **state);

/* For its teardown: fails when the script goes on, or anything is left. */
int mock_finish(void **state);

#define SCRIPTED_TEST(name) \
	cmocka_unit_test_setup_teardown(name, mock_start_script, mock_finish)
#define PERMISSIVE_TEST(name)            \
	cmocka_unit_test_setup_teardown( \
		name, mock_start_permissive, mock_finish)

/* The next call shall be this, and gets this result: -errno, 0 or an fd. */
void mock_expect(int result, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * What that call stores beside its result, where the mock's own choice will not
 * do: an id, a device number, an unmapped length, whether a group is viable.
 */
void mock_expect_value(uint64_t value);

/* The script is at its end. Then more can be added. */
void mock_assert_script_done(void);

/* Permissive: the result of all calls that begin so; the last answer counts. */
void mock_answer(const char *beginning, int result);
void mock_answer_value(const char *beginning, int result, uint64_t value);

/* Permissive: the number-th call from the start, the first is 1, fails once. */
void mock_fail_call(unsigned int number, int error);
bool mock_call_has_failed(void);
/* The text of the call that mock_fail_call() made fail. */
const char *mock_failed_call(void);

/* What is reported as IOVA ranges by either interface. */
void mock_set_ranges(const struct rte_iommufd_range *ranges, uint32_t count);

/* How many calls so far begin with the text; "" for all. */
unsigned int mock_calls(const char *beginning);

/* The text of the last call that begins so, or "". */
const char *mock_last_call(const char *beginning);

/* How many mappings, and bytes in them, the kernel has now. */
unsigned int mock_mappings(void);
uint64_t mock_mapped_bytes(void);

/* How many descriptors of that path are open now. */
unsigned int mock_open(const char *path);

/* The file of that path is open as fd, as one that was passed to the process. */
void mock_pass(int fd, const char *path);

/* What IOMMU_OPTION_RLIMIT_MODE is; false at first. */
extern bool mock_charges_process;

/* Whether the kernel of this test knows IOMMU_IOAS_MAP_FILE when it is asked. */
extern bool mock_has_map_file;
/* The same for every optional call of /dev/iommu. */
extern bool mock_knows_calls;

/* Whether any two addresses are the same memory, for same_memory(). */
extern bool mock_same_memory;

/* For mock_userfault.c: a descriptor in the registry that poll() can wait for; or -errno. */
int mock_open_real(const char *name);

/*
 * Other processes: each descriptor, or one of them, is open there as well until
 * mock_end_elsewhere(), whatever is closed here. A mapping of a device's registers counts as
 * one, too. While a file of a group's device is open anywhere, the group cannot be taken out
 * of its container and stays in it when its own file is closed, as with the kernel.
 */
void mock_fork(void);
void mock_keep_elsewhere(int fd);
void mock_end_elsewhere(void);

/* Whether /dev/vfio/vfio is IOMMUFD's, whose mappings outlive its groups; false at first. */
extern bool mock_container_is_iommufd;

/* How many page tables (HWPTs) made by kernel_hwpt_alloc() there are now. */
unsigned int mock_page_tables(void);

/* Devices write to this page, by every page table that records it now. */
void mock_write_page(uint64_t iova);
/* By this one alone, which records it. */
void mock_write_page_by(uint32_t hwpt_id, uint64_t iova);

/* How many PASIDs of all devices are attached now. */
unsigned int mock_pasids(void);

/*
 * A device asks for these pages, as one group: the next read of the test's fault queue finds
 * it, and poll() on that queue's descriptor (a real one, unless it comes from a script) says
 * so. The mock sets which one is the last, and the cookie. Until the group is answered, by
 * kernel_fault_answer() or by a detachment, it is in the books.
 */
void mock_ask_pages(const struct page_request *requests, unsigned int count);

/* What IOMMUs all devices are behind: enum iommu_hw_info_type. */
#define MOCK_INTEL 1
#define MOCK_SMMUV3 2
#define MOCK_AMD 4
extern uint32_t mock_iommu_type;

/* Those SMMUs' registers. */
extern struct smmuv3_registers mock_smmu;
/* The next read of a queue of events finds this record. */
void mock_tell_event(const struct smmuv3_event *event, uint32_t sequence);

#endif /* MOCK_KERNEL_H */
