/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/* Takes the place of some of libc's and EAL's functions: see fault_points.h. */

#undef _FILE_OFFSET_BITS /* open() and open64() are two names here */

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <rte_eal.h>

#include "fault_points.h"

#define STACK_MAX 64

/* glibc's own names for what is replaced here. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

static struct fault_points *points;
static atomic_bool is_on;	/* else all calls are passed on */
static uint64_t failing;	/* 0: none, write them down */
static unsigned int allocation; /* of the kernel's in that call; 0: the call */
static atomic_uint before_it;	/* calls at this place that do not fail yet */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static __thread bool is_inside;	    /* what this object itself calls */
static __thread int injection = -1; /* a file, while an allocation is to fail */

enum owner { OWNER_OURS, OWNER_LIBC, OWNER_OTHER };

/* Whose code this is, and where in it. No lock is taken: any function may come here. */
static enum owner
owner_of(const void *code, char *letter, uint64_t *offset)
{
	struct dl_find_object found;
	const char *name, *library;

	if (_dl_find_object((void *)(uintptr_t)code, &found) != 0)
		return OWNER_OTHER;
	name = found.dlfo_link_map->l_name;
	if (strstr(name, "libc.so") != NULL || strstr(name, "fault_points"))
		return OWNER_LIBC;
	library = strstr(name, "librte_");
	if (library == NULL || strstr(library, "iommufd") == NULL)
		return OWNER_OTHER;
	*letter = library[sizeof("librte_") - 1];
	*offset = (uintptr_t)code - found.dlfo_link_map->l_addr;
	return OWNER_OURS;
}

static void
mix(uint64_t *hash, uint64_t value)
{
	*hash = (*hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	*hash ^= *hash >> 29;
}

/* False where the call is not ours: ours, or libc's for us. */
static bool
describe(struct fault_point *point, const char *call, bool is_system_call)
{
	void *stack[STACK_MAX];
	int depth = backtrace(stack, STACK_MAX), i;
	unsigned int frames = 0;
	const unsigned int doing = __atomic_load_n(
		&points->doing, __ATOMIC_RELAXED);
	uint64_t offset;
	enum owner owner;
	char letter;

	*point = (struct fault_point){ .doing = doing,
		.is_system_call = is_system_call };
	snprintf(point->call, sizeof(point->call), "%s", call);
	mix(&point->id, doing + 1);
	for (i = 0; call[i] != '\0'; i++)
		mix(&point->id, call[i]);
	for (i = 0; i < depth; i++) {
		owner = owner_of(stack[i], &letter, &offset);
		if (owner == OWNER_OTHER && frames == 0)
			return false;
		if (owner != OWNER_OURS)
			continue;
		mix(&point->id, offset);
		mix(&point->id, letter);
		if (frames < FAULT_POINT_FRAMES) {
			point->at[frames] = offset;
			point->library[frames] = letter;
		}
		frames++;
	}
	return frames > 0;
}

static void
write_down(const struct fault_point *point)
{
	unsigned int i;

	pthread_mutex_lock(&lock);
	for (i = 0; i < points->count; i++)
		if (points->points[i].id == point->id)
			break;
	if (i == points->count && i < FAULT_POINTS_MAX)
		points->points[points->count++] = *point;
	if (i < FAULT_POINTS_MAX)
		points->points[i].calls++;
	pthread_mutex_unlock(&lock);
}

/* --- the kernel's allocations: Documentation/fault-injection/fault-injection.rst ------------- */

static void
write_injection(unsigned int count)
{
	char text[16];
	const int length = snprintf(text, sizeof(text), "%u", count);

	if (syscall(SYS_pwrite64, injection, text, (size_t)length, 0) != length)
		abort();
}

/* In the system call that this thread makes next. */
static void
start_injection(void)
{
	injection = syscall(SYS_openat, AT_FDCWD, "/proc/thread-self/fail-nth",
		O_RDWR | O_CLOEXEC);
	if (injection < 0)
		abort(); /* a kernel without fault injection */
	write_injection(allocation);
}

/* After each system call. What remains to be counted is 0 where the allocation has come. */
static void
end_injection(void)
{
	const int err = errno;
	char remains[16] = "";

	if (injection < 0)
		return;
	if (syscall(SYS_pread64, injection, remains, sizeof(remains) - 1, 0) <=
		0)
		abort();
	write_injection(0);
	syscall(SYS_close, injection);
	injection = -1;
	if (strtoul(remains, NULL, 10) == 0)
		__atomic_store_n(&points->hits, 1, __ATOMIC_RELEASE);
	errno = err;
}

/* --- the call that fails ---------------------------------------------------------------------- */

/* Whether this call is the one, which comes once in all processes. */
static bool
is_chosen(const struct fault_point *point)
{
	if (point->id != failing)
		return false;
	if (before_it > 0) {
		before_it--;
		return false;
	}
	return __atomic_exchange_n(&points->tried, 1, __ATOMIC_ACQ_REL) == 0;
}

static bool
chosen_fails(void)
{
	if (allocation != 0) {
		start_injection();
		return false;
	}
	__atomic_store_n(&points->hits, 1, __ATOMIC_RELEASE);
	return true;
}

/* Whether this call fails here, without being made. */
static bool
fails(const char *call, bool is_system_call, const void *caller)
{
	struct fault_point point;
	bool does_fail = false;
	uint64_t offset;
	char letter;

	if (!is_on || is_inside)
		return false;
	is_inside = true;
	if (owner_of(caller, &letter, &offset) != OWNER_OTHER &&
		describe(&point, call, is_system_call)) {
		if (failing == 0)
			write_down(&point);
		else if (is_chosen(&point))
			does_fail = chosen_fails();
	}
	is_inside = false;
	return does_fail;
}

#define FAILS(call) fails(call, false, __builtin_return_address(0))

/* Of a call after which end_injection() comes. */
#define SYSTEM_CALL_FAILS(call) fails(call, true, __builtin_return_address(0))

static void *
next(const char *name)
{
	const bool before = is_inside;
	void *found;

	is_inside = true;
	found = dlsym(RTLD_NEXT, name);
	is_inside = before;
	return found;
}

/* Of a type that the pointer says; before a call is looked at, for to find it takes allocations. */
#define NEXT(pointer, name)                              \
	do {                                             \
		if (pointer == NULL)                     \
			*(void **)&pointer = next(name); \
	} while (0)

void
fault_points_start(struct fault_points *shared, uint64_t id, unsigned int nth,
	unsigned int nth_allocation)
{
	void *stack[2];

	is_inside = true;
	backtrace(stack, 2); /* it loads what it needs the first time */
	is_inside = false;
	failing = id;
	before_it = nth - 1;
	allocation = nth_allocation;
	points = shared;
	is_on = true;
}

void
fault_points_doing(unsigned int what)
{
	__atomic_store_n(&points->doing, what, __ATOMIC_RELAXED);
}

void
fault_points_stop(void)
{
	is_on = false;
}

/*
 * For programs that do not know of this, where it is preloaded: FAULT_POINTS is a file with a struct
 * fault_points, FAULT_POINT, FAULT_CALL and FAULT_ALLOCATION are the id, in hex, and the numbers.
 */
static void __attribute__((constructor))
start_by_environment(void)
{
	const char *name = getenv("FAULT_POINTS");
	const char *id = getenv("FAULT_POINT");
	const char *call = getenv("FAULT_CALL");
	const char *nth_allocation = getenv("FAULT_ALLOCATION");
	void *shared;
	int fd;

	if (name == NULL || id == NULL || call == NULL ||
		nth_allocation == NULL)
		return;
	fd = syscall(SYS_openat, AT_FDCWD, name, O_RDWR | O_CLOEXEC);
	shared = (void *)syscall(SYS_mmap, NULL, sizeof(*points),
		PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd < 0 || shared == MAP_FAILED)
		abort();
	syscall(SYS_close, fd);
	fault_points_start(shared, strtoull(id, NULL, 16),
		strtoul(call, NULL, 10), strtoul(nth_allocation, NULL, 10));
}

/* --- in the place of libc's -------------------------------------------------------- */

void *
malloc(size_t size)
{
	if (FAILS("malloc")) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	if (FAILS("calloc")) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_calloc(count, size);
}

void *
realloc(void *memory, size_t size)
{
	if (size > 0 && FAILS("realloc")) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_realloc(memory, size);
}

int
open(const char *path, int flags, ...)
{
	static int (*real)(const char *path, int flags, ...);
	va_list arguments;
	mode_t mode = 0;
	int ret;

	NEXT(real, "open");
	if (SYSTEM_CALL_FAILS("open")) {
		errno = EMFILE;
		return -1;
	}
	va_start(arguments, flags);
	if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE)
		mode = va_arg(arguments, mode_t);
	va_end(arguments);
	ret = real(path, flags, mode);
	end_injection();
	return ret;
}

FILE *
fopen(const char *path, const char *mode)
{
	static FILE *(*real)(const char *path, const char *mode);
	FILE *file;

	NEXT(real, "fopen");
	if (SYSTEM_CALL_FAILS("fopen")) {
		errno = EMFILE;
		return NULL;
	}
	file = real(path, mode);
	end_injection();
	return file;
}

DIR *
opendir(const char *path)
{
	static DIR *(*real)(const char *path);
	DIR *folder;

	NEXT(real, "opendir");
	if (SYSTEM_CALL_FAILS("opendir")) {
		errno = EMFILE;
		return NULL;
	}
	folder = real(path);
	end_injection();
	return folder;
}

void *
mmap(void *address, size_t length, int rights, int flags, int fd, off_t offset)
{
	static void *(*real)(void *address, size_t length, int rights,
		int flags, int fd, off_t offset);
	void *memory;

	NEXT(real, "mmap");
	if (SYSTEM_CALL_FAILS("mmap")) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	memory = real(address, length, rights, flags, fd, offset);
	end_injection();
	return memory;
}

int
mprotect(void *address, size_t length, int rights)
{
	static int (*real)(void *address, size_t length, int rights);
	int ret;

	NEXT(real, "mprotect");
	if (SYSTEM_CALL_FAILS("mprotect")) {
		errno = ENOMEM;
		return -1;
	}
	ret = real(address, length, rights);
	end_injection();
	return ret;
}

int
ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	void *argument;
	int ret;

	if (SYSTEM_CALL_FAILS("ioctl")) {
		errno = ENOMEM;
		return -1;
	}
	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	ret = syscall(SYS_ioctl, fd, request, argument);
	end_injection();
	return ret;
}

int
epoll_create1(int flags)
{
	int ret;

	if (SYSTEM_CALL_FAILS("epoll_create1")) {
		errno = EMFILE;
		return -1;
	}
	ret = syscall(SYS_epoll_create1, flags);
	end_injection();
	return ret;
}

int
pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
	void *(*run)(void *argument), void *argument)
{
	static int (*real)(pthread_t *thread, const pthread_attr_t *attributes,
		void *(*run)(void *argument), void *argument);
	int ret;

	NEXT(real, "pthread_create");
	if (SYSTEM_CALL_FAILS("pthread_create"))
		return EAGAIN;
	ret = real(thread, attributes, run, argument);
	end_injection();
	return ret;
}

/* --- in the place of EAL's --------------------------------------------------------- */

/* As EAL returns an error; which it is, the thread is told by EAL's own word. */
static int
fail_in_eal(int err)
{
	int *eal_errno = dlsym(RTLD_DEFAULT, "per_lcore__rte_errno");

	if (eal_errno != NULL)
		*eal_errno = err;
	return -1;
}

int
rte_mp_action_register(const char *name, rte_mp_t action)
{
	static int (*real)(const char *name, rte_mp_t action);

	if (FAILS("rte_mp_action_register"))
		return fail_in_eal(ENOMEM);
	NEXT(real, "rte_mp_action_register");
	return real(name, action);
}

int
rte_mp_request_sync(struct rte_mp_msg *request, struct rte_mp_reply *reply,
	const struct timespec *patience)
{
	static int (*real)(struct rte_mp_msg *request,
		struct rte_mp_reply *reply, const struct timespec *patience);

	if (FAILS("rte_mp_request_sync")) {
		*reply = (struct rte_mp_reply){ .nb_sent = 0 };
		return fail_in_eal(ENOMEM);
	}
	NEXT(real, "rte_mp_request_sync");
	return real(request, reply, patience);
}

int
rte_mp_reply(struct rte_mp_msg *message, const char *peer)
{
	static int (*real)(struct rte_mp_msg *message, const char *peer);

	if (FAILS("rte_mp_reply"))
		return fail_in_eal(ENOBUFS);
	NEXT(real, "rte_mp_reply");
	return real(message, peer);
}

/* What headers make of these for large files. */
int open64(const char *path, int flags, ...) __attribute__((alias("open")));
FILE *fopen64(const char *path, const char *mode)
	__attribute__((alias("fopen")));
void *mmap64(void *address, size_t length, int rights, int flags, int fd,
	off_t offset) __attribute__((alias("mmap")));
