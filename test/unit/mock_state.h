/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

#ifndef MOCK_STATE_H
#define MOCK_STATE_H

/*
 * What the files of the stand-in for the kernel share: its objects, and how a call is described, found in
 * a script and answered. See mock_kernel.h, which is what tests use.
 *
 * Must not know: any one call.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "kernel/kernel.h"
#include "rte_iommufd.h"

#define TEXT_SIZE 256
#define MAX_EXPECTATIONS 64
#define MAX_ANSWERS 16
#define MAX_CALLS 8192
#define MAX_OBJECTS 4096
#define MAX_RANGES 40
#define MAX_PAGE_REQUESTS 2048

/* What a call gets, and what a script or a test says that it gets. */
struct answer {
	char text[TEXT_SIZE]; /* the call's, or how it begins */
	int result;
	bool has_value;
	uint64_t value;
};

enum kind {
	FREE,
	DESCRIPTOR,   /* key: fd, parent: of which it is a copy, name: path */
	KEPT_FILE,    /* the same, closed here and open elsewhere */
	IOAS,	      /* key: id, parent: iommu fd */
	HWPT,	      /* key: id, parent: IOAS id, value: fault queue's id */
	DIRTY_RECORD, /* key: HWPT id or container fd, parent: the same */
	DIRTY_PAGE,   /* key: iova, parent: HWPT id or container fd */
	HWPT_FLAGS,   /* key: HWPT id, parent: the same, value: flags */
	FAULT_QUEUE,  /* key: id, parent: iommu fd, value: fd */
	VIOMMU,	      /* key: id, parent: HWPT id */
	VDEVICE,      /* key: id, parent: VIOMMU id, value: device id */
	NESTED,	      /* key: id, parent: VIOMMU id */
	VEVENTQ,      /* key: id, parent: VIOMMU id, value: fd */
	PAGE_GROUP,   /* key: cookie, parent: fd, value: device id, PASID */
	BOUND,	      /* key: device fd, parent: iommu fd, value: id */
	ATTACHED,     /* key: device fd, parent: IOAS or HWPT id */
	PASID,	      /* key: device fd, PASID, parent: HWPT id */
	MEMBER,	      /* key: group fd, parent: container fd */
	GROUP_DEVICE, /* key: device fd, parent: group fd, value: container fd */
	IOMMU_SET,    /* key: container fd */
	MAPPING, /* key: iova, parent: IOAS id or container fd, value: length */
};

struct object {
	enum kind kind;
	uint64_t key;
	uint64_t parent;
	uint64_t value;
	char name[TEXT_SIZE];
	bool stuck;	     /* the call that ends it was made to fail */
	unsigned int copies; /* of a file, in other processes */
	/* A container that has lost its IOMMU when nobody here could know. */
	bool lost_iommu;
};

struct mock_state {
	bool scripted;
	struct answer script[MAX_EXPECTATIONS];
	unsigned int script_length;
	unsigned int script_position;
	struct answer answers[MAX_ANSWERS];
	unsigned int answer_count;
	char calls[MAX_CALLS][TEXT_SIZE];
	unsigned int call_count;
	unsigned int failing_call;
	int failing_error;
	struct object objects[MAX_OBJECTS];
	struct rte_iommufd_range ranges[MAX_RANGES];
	uint32_t range_count;
	/* Those that no read() has fetched yet, oldest first. */
	struct page_request page_requests[MAX_PAGE_REQUESTS];
	unsigned int page_request_count;
	uint32_t next_cookie;
	int next_fd;
	uint32_t next_id;
	char complaint[3 * TEXT_SIZE]; /* what was wrong first, or "" */
};

extern struct mock_state mock;

/* Calls come from any thread. It guards mock: each call holds it from begin to end. */
extern pthread_mutex_t mock_lock;
pthread_mutex_t *mock_lock_registry(void);
void mock_unlock_registry(pthread_mutex_t **opened);

/*
 * The call, as it is written in scripts; leaves out what the mock keeps to itself.
 * From here to its end the function holds the registry lock.
 */
#define DESCRIBE(call, ...)                                                   \
	char call[TEXT_SIZE];                                                 \
	pthread_mutex_t *opened __attribute__((cleanup(mock_unlock_registry), \
		unused)) = mock_lock_registry();                              \
	snprintf(call, sizeof(call), __VA_ARGS__)

/* --- The registry, and what a call gets: mock_kernel.c --- */

void mock_complain(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
struct object *mock_object_enter(
	enum kind kind, uint64_t key, uint64_t parent, uint64_t value);
struct object *mock_object_find(enum kind kind, uint64_t key);
struct object *mock_object_find_child(enum kind kind, uint64_t parent);
struct object *mock_object_require(
	enum kind kind, uint64_t key, const char *call);
void mock_object_forbid(const struct object *object, const char *call);
void mock_object_forget(struct object *object);
void mock_object_forget_children(enum kind kind, uint64_t parent);
bool mock_begins(const char *text, const char *beginning);
struct answer mock_take_answer(const char *call, int usual);
uint64_t mock_value_or(const struct answer *answer, uint64_t usual);
const char *mock_rights_text(uint32_t rights);

/* --- Files: mock_files.c --- */

void mock_open_descriptor(int fd, const char *name);
bool mock_is_stuck(const struct object *object);
void mock_take_out_of_container(struct object *member);
void mock_forget_page_table_state(uint64_t hwpt);
struct object *mock_find_pasid_of(int device_fd);
const struct object *mock_find_open_device(uint64_t fd);
int mock_file_of(int fd);

/* --- Mappings of either kind: of an IOAS, or of a container: mock_mappings.c --- */

bool mock_overlap(const struct object *mapping, uint64_t iova, uint64_t length);
void mock_map(uint64_t owner, uint64_t iova, uint64_t length, const char *call);
int mock_answer_unmap(const struct answer *answer, uint64_t owner,
	uint64_t iova, uint64_t length, uint64_t *unmapped, const char *call);
int mock_answer_ranges(const struct answer *answer,
	struct rte_iommufd_range *ranges, uint32_t *count);
struct object *mock_find_mapping(uint64_t owner, uint64_t iova);
void mock_read_written(uint64_t owner, uint64_t iova, uint64_t length,
	uint64_t page_size, bool clear, uint64_t *bitmap);

/* --- /dev/iommu: mock_iommufd.c --- */

struct object *mock_require_ioas(int iommu_fd, uint32_t id, const char *call);

/* --- Containers and groups: mock_container.c --- */

bool mock_lacks_iommu(int container_fd, const char *call);

#endif /* MOCK_STATE_H */
