/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * Shared virtual addressing against the real kernel, by the bare svanic: its rings and
 * buffers are this program's own addresses, whatever memory is there, and what goes
 * over the wire is compared byte by byte.
 *
 *   sva DEVICE INTERFACE memory          all kinds of memory, sent from and received into
 *   sva DEVICE INTERFACE change KIND N   memory changes N times, and is sent at once (after
 *                                        madvise() as a driver does it, which sees that
 *                                        rte_iommufd_sva_changes() has changed); no old byte is sent
 *   sva DEVICE INTERFACE fenced KIND N   the same when rte_iommufd_sva_fence() is down
 *   sva DEVICE INTERFACE settle KIND N   the same after rte_iommufd_sva_settle()
 *   sva DEVICE INTERFACE unfenced KIND N the same without waiting
 *   sva DEVICE INTERFACE blind KIND N    the same, with the changes kept from the library: old
 *                                        bytes must be seen, or the test could not fail
 *   sva DEVICE INTERFACE early KIND N    the same, with reports read before anything is unmapped:
 *                                        old bytes must be seen
 *   sva DEVICE INTERFACE rash KIND N     the same, with a kernel that says of every thread whose report
 *                                        was read that it has run on: old bytes must be seen when starved
 *   sva DEVICE INTERFACE limit | fork | burst N | stopped | outstanding | prefault | latency
 *
 * KIND is munmap, mmap, mremap, brk, dontneed, race, starved or mprotect: see change(). DEVICE is a folder name such as
 * 0000:01:00.0, INTERFACE the kernel's name of the NIC that it is wired to. Ends with
 * status 0 when all was as documented.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/userfaultfd.h>

#include <rte_iommufd.h>
#include <rte_iommufd_sva.h>

#include "expect.h"
#include "svanic_bare.h"

#define R RTE_IOMMUFD_MAP_READ
#define W RTE_IOMMUFD_MAP_WRITE
#define PAGE 4096
#define HUGE (2u << 20)
#define RING_LOG2 6
#define PAIRS_MAX 8
#define HEADER 14
#define PAYLOAD 200
#define TEST_ETHERTYPE \
	0x88b5 /* IEEE 802: local experimental; the peer listens */
#define OTHER_ETHERTYPE 0x88b6 /* it does not */

static const uint8_t peer_mac[6] = { 0x52, 0x54, 0, 0, 0, 2 };

static struct rte_iommufd_context *context;
static struct rte_iommufd_device *device;
static struct rte_iommufd_space *own; /* the device's, empty */
static struct rte_iommufd_sva *sva;
static struct bare bare;
static int peer;

struct pair {
	unsigned int number;
	uint32_t pasid;
	struct bare_queue rx, tx;
	uint8_t *headers; /* one for each slot of the ring */
	uint8_t *rings;	  /* two pages */
};

static struct pair pairs[PAIRS_MAX];

static void
must(bool condition, const char *what)
{
	if (condition)
		return;
	printf("WRONG: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

/* --- A thread that gets no CPU when its report was read ---------------------------- */

/*
 * The thread that changes memory has the last CPU, together with one of real time, which takes it
 * from the moment at which a report is about to be read. All others are elsewhere.
 */
#define STARVED_MS 40

static uint64_t now_ms(void);
static atomic_bool is_starving;
static atomic_bool has_taken_cpu;
static sem_t take_cpu;

static void
use_cpu(bool last)
{
	const long count = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t cpus;
	long i;

	must(count > 1, "a second CPU");
	CPU_ZERO(&cpus);
	for (i = 0; i < count; i++)
		if ((i == count - 1) == last)
			CPU_SET(i, &cpus);
	must(sched_setaffinity(0, sizeof(cpus), &cpus) == 0, "affinity");
}

static void *
take_cpu_for_a_while(void *argument)
{
	const struct sched_param priority = { .sched_priority = 1 };
	uint64_t last;

	use_cpu(true);
	must(sched_setscheduler(0, SCHED_FIFO, &priority) == 0, "priority");
	while (sem_wait(&take_cpu) == 0 && atomic_load(&is_starving)) {
		last = now_ms() + STARVED_MS;
		atomic_store(&has_taken_cpu, true);
		while (now_ms() < last)
			;
	}
	return argument;
}

/* The library's threads, which are wherever they were started. */
static void
keep_elsewhere(void)
{
	static _Thread_local bool is_elsewhere;

	if (!is_elsewhere)
		use_cpu(false);
	is_elsewhere = true;
}

/* Before a report is read. */
static void
starve_who_has_reported(void)
{
	keep_elsewhere();
	atomic_store(&has_taken_cpu, false);
	sem_post(&take_cpu);
	while (!atomic_load(&has_taken_cpu))
		sched_yield();
}

/* --- What the library reads, which a test can keep from it ------------------------- */

#define FOLLOWERS_MAX 256
#define HEAD_START_US 300

enum order {
	AS_IT_IS,
	BLIND, /* reports are read and not told */
	EARLY, /* reports are read, and told later */
	RASH,  /* no change is under way when its report was read */
};

static int set_fd = -1;	  /* the set of its userfaultfds */
static int queue_fd = -1; /* its queue of page requests */
static int
	followers[FOLLOWERS_MAX]; /* the descriptor of each number in the set */
static struct uffd_msg early[FOLLOWERS_MAX]; /* event 0: none */
static _Atomic enum order order;
static atomic_bool paused; /* requests are not read */
static sem_t go_on;

/* The library's calls come here, because a program's symbols come before the C library's. */
int
epoll_ctl(int set, int operation, int fd, struct epoll_event *event)
{
	if (event->data.u32 < FOLLOWERS_MAX) {
		set_fd = set;
		followers[event->data.u32] = fd;
	}
	return syscall(SYS_epoll_ctl, set, operation, fd, event);
}

/* The thread that makes the change goes on here. */
static void
read_early(unsigned int number)
{
	if (early[number].event == 0 &&
		syscall(SYS_read, followers[number], &early[number],
			sizeof(early[number])) < 0)
		early[number].event = 0;
	if (atomic_load(&order) == BLIND)
		early[number].event = 0;
}

int
epoll_wait(int set, struct epoll_event *events, int capacity, int timeout)
{
	int count = syscall(
		SYS_epoll_pwait, set, events, capacity, timeout, NULL, 0);
	int i;

	if (set != set_fd || atomic_load(&order) == AS_IT_IS ||
		atomic_load(&order) == RASH || count <= 0)
		return count;
	for (i = 0; i < count; i++)
		read_early(events[i].data.u32);
	if (atomic_load(&order) == BLIND)
		return 0;
	usleep(HEAD_START_US);
	return count;
}

static bool
take_early(int fd, void *buffer)
{
	unsigned int i;

	for (i = 0; i < FOLLOWERS_MAX; i++) {
		if (followers[i] != fd || early[i].event == 0)
			continue;
		memcpy(buffer, &early[i], sizeof(early[i]));
		early[i].event = 0;
		return true;
	}
	return false;
}

ssize_t
read(int fd, void *buffer, size_t length)
{
	if (fd == queue_fd && atomic_load(&is_starving))
		keep_elsewhere();
	if (fd == queue_fd && fd >= 0 && atomic_load(&paused))
		while (sem_wait(&go_on) != 0)
			;
	if (length == sizeof(struct uffd_msg) && take_early(fd, buffer))
		return length;
	if (length == sizeof(struct uffd_msg) && atomic_load(&is_starving))
		starve_who_has_reported();
	return syscall(SYS_read, fd, buffer, length);
}

/* That it protects nothing, is the answer when nothing is under way. */
int
ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (request == UFFDIO_WRITEPROTECT && atomic_load(&order) == RASH) {
		errno = EINVAL;
		return -1;
	}
	return syscall(SYS_ioctl, fd, request, argument);
}

static int
find_descriptor(const char *name)
{
	char path[64], link[64];
	ssize_t length;
	int fd;

	for (fd = 0; fd < 256; fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		length = readlink(path, link, sizeof(link) - 1);
		link[length < 0 ? 0 : length] = '\0';
		if (strstr(link, name) != NULL)
			return fd;
	}
	printf("WRONG: no %s is open\n", name);
	exit(EXIT_FAILURE);
}

/* --- The device -------------------------------------------------------------------- */

static void
open_peer(const char *interface)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(TEST_ETHERTYPE),
		.sll_ifindex = (int)if_nametoindex(interface),
	};

	/* Protocol 0 until bind(): else it gets frames of every interface first. */
	peer = socket(AF_PACKET, SOCK_RAW, 0);
	must(peer >= 0 &&
			bind(peer, (struct sockaddr *)&address,
				sizeof(address)) == 0,
		interface);
}

static void
open_all(const char *address, const char *interface,
	const struct rte_iommufd_sva_options *options)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", address);
	must(rte_iommufd_context_create("backend=iommufd", &context) == 0 &&
			rte_iommufd_device_open(context, path, NULL, &device) ==
				0 &&
			rte_iommufd_space_create(context, &own) == 0 &&
			rte_iommufd_device_attach(device, own) == 0,
		path);
	bare_take(&bare, rte_iommufd_device_fd(device));
	bare_reset(&bare);
	open_peer(interface);
	sem_init(&go_on, 0, 0);
	expect("make an sva", rte_iommufd_sva_create(context, options, &sva),
		0);
	must(sva != NULL, "sva");
	queue_fd = find_descriptor("iommufd-pgfault");
}

static uint64_t
pinned_kib(void)
{
	char line[128];
	uint64_t kib = 0;
	FILE *status = fopen("/proc/self/status", "r");

	must(status != NULL, "/proc/self/status");
	while (fgets(line, sizeof(line), status) != NULL)
		sscanf(line, "VmPin: %" SCNu64, &kib);
	fclose(status);
	return kib;
}

static void
close_all(void)
{
	expect("end the sva", rte_iommufd_sva_destroy(sva), 0);
	expect("nothing is pinned", pinned_kib(), 0);
	rte_iommufd_device_close(device);
	expect("end the space", rte_iommufd_space_destroy(own), 0);
	expect("end the context", rte_iommufd_context_destroy(context), 0);
}

static void *
get_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(memory != MAP_FAILED, "memory");
	return memory;
}

static void
start_pair(struct pair *pair, unsigned int number)
{
	const uint32_t base = SVANIC_PAIR(number);
	uint8_t *rings = get_memory(2 * PAGE);
	uint8_t mac[6] = { 0x02, 0, 0, 0, 0x77, (uint8_t)number };

	pair->number = number;
	pair->rings = rings;
	pair->headers = get_memory(HEADER << RING_LOG2);
	expect("bind", rte_iommufd_sva_bind(sva, device, &pair->pasid), 0);
	bare_write(&bare, base + SVANIC_PASID,
		pair->pasid | SVANIC_PASID_USE | SVANIC_PASID_ATS |
			SVANIC_PASID_ASK);
	bare_queue_start(&pair->rx, &bare, base + SVANIC_RX, rings,
		(uintptr_t)rings, RING_LOG2);
	bare_queue_start(&pair->tx, &bare, base + SVANIC_TX, rings + PAGE,
		(uintptr_t)rings + PAGE, RING_LOG2);
	bare_write(&bare, SVANIC_FILTER_LOW(number),
		mac[0] | mac[1] << 8 | mac[2] << 16 | (uint32_t)mac[3] << 24);
	bare_write(&bare, SVANIC_FILTER_HIGH(number),
		mac[4] | mac[5] << 8 | number << SVANIC_FILTER_QUEUE_SHIFT |
			SVANIC_FILTER_STEER | SVANIC_FILTER_VALID);
}

static void
stop_pair(struct pair *pair)
{
	bare_queue_stop(&pair->tx);
	bare_queue_stop(&pair->rx);
	expect("unbind", rte_iommufd_sva_unbind(sva, device, pair->pasid), 0);
}

static uint64_t
counter(const struct pair *pair, uint32_t which)
{
	return bare_counter(&bare, pair->number, which);
}

static struct rte_iommufd_sva_stats
stats_now(void)
{
	struct rte_iommufd_sva_stats stats = { .size = sizeof(stats) };

	rte_iommufd_sva_stats(sva, &stats);
	return stats;
}

/* --- Frames: a header of the pair's, and a payload out of the memory in question ----- */

static void
fill(void *payload, uint32_t number)
{
	uint8_t *bytes = payload;
	size_t i;

	for (i = 0; i < PAYLOAD; i++)
		bytes[i] = (uint8_t)(number * 31 + (number >> 8) + i * 7);
}

/* Puts it into the ring and rings; the number of its last descriptor. */
static uint32_t
post(struct pair *pair, const void *payload, uint16_t ethertype)
{
	const uint32_t slot = pair->tx.tail & ((1u << RING_LOG2) - 1);
	uint8_t *header = pair->headers + HEADER * slot;
	uint32_t last;

	memcpy(header, peer_mac, 6);
	memcpy(header + 6, peer_mac, 6);
	header[6] = 0x02;
	header[12] = ethertype >> 8;
	header[13] = ethertype & 0xff;
	bare_put_tx(&pair->tx, (uintptr_t)header, HEADER, 0, 0, 0);
	last = bare_put_tx(&pair->tx, (uintptr_t)payload, PAYLOAD,
		SVANIC_TX_END | SVANIC_TX_REPORT, 0, 0);
	bare_queue_ring(&pair->tx);
	return last;
}

/* The error code that the descriptor got, or -ETIMEDOUT. */
static int
done(struct pair *pair, uint32_t last)
{
	if (!bare_wait_for_head(&pair->tx, last + 1))
		return -ETIMEDOUT;
	return bare_tx(&pair->tx, last)->flags >> SVANIC_ERROR_SHIFT;
}

static int
send_from(struct pair *pair, const void *payload)
{
	return done(pair, post(pair, payload, TEST_ETHERTYPE));
}

/* 0: the next frame that the peer gets is this one; -EILSEQ: it has other bytes. */
static int
peer_gets(uint32_t number)
{
	struct pollfd ready = { .fd = peer, .events = POLLIN };
	uint8_t frame[2048], wanted[PAYLOAD];

	fill(wanted, number);
	if (poll(&ready, 1, BARE_PATIENCE_MS) <= 0)
		return -ETIMEDOUT;
	if (recv(peer, frame, sizeof(frame), 0) != HEADER + PAYLOAD)
		return -EMSGSIZE;
	return memcmp(frame + HEADER, wanted, PAYLOAD) == 0 ? 0 : -EILSEQ;
}

/* The error code of the receive descriptor, or -errno. */
static int
receive_into(struct pair *pair, void *buffer, uint32_t number)
{
	uint8_t frame[HEADER + PAYLOAD] = { 0x02, 0, 0, 0, 0x77,
		(uint8_t)pair->number };
	uint32_t slot = bare_put_rx(&pair->rx, (uintptr_t)buffer, 2048);

	frame[6] = 0x02;
	frame[12] = TEST_ETHERTYPE >> 8;
	frame[13] = TEST_ETHERTYPE & 0xff;
	fill(frame + HEADER, number);
	bare_queue_ring(&pair->rx);
	must(send(peer, frame, sizeof(frame), 0) == sizeof(frame), "send");
	if (!bare_wait_for_head(&pair->rx, slot + 1))
		return -ETIMEDOUT;
	if (bare_rx(&pair->rx, slot)->status >> SVANIC_ERROR_SHIFT != 0)
		return bare_rx(&pair->rx, slot)->status >> SVANIC_ERROR_SHIFT;
	return memcmp(buffer, frame, sizeof(frame)) == 0 ? 0 : -EILSEQ;
}

/* --- memory ------------------------------------------------------------------------ */

static uint32_t next_number = 1;

static void
send_filled(struct pair *pair, const char *what, void *payload)
{
	fill(payload, ++next_number);
	printf("-- %s\n", what);
	expect("sent", send_from(pair, payload), 0);
	expect("got by the peer", peer_gets(next_number), 0);
}

static void *
map_file(size_t size, int protection, int flags)
{
	char name[] = "/tmp/sva-XXXXXX";
	uint8_t payload[PAYLOAD];
	int fd = mkstemp(name);
	void *memory;

	fill(payload, 1000);
	must(fd >= 0 && ftruncate(fd, size) == 0 &&
			pwrite(fd, payload, PAYLOAD, 0) == PAYLOAD,
		name);
	memory = mmap(NULL, size, protection, flags, fd, 0);
	must(memory != MAP_FAILED, name);
	unlink(name);
	close(fd);
	return memory;
}

static void
check_sending(struct pair *pair)
{
	uint8_t stack[PAYLOAD];
	void *heap = malloc(PAYLOAD);
	void *large = malloc(1 << 20);
	void *huge = mmap(NULL, HUGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	uint8_t *two_pages = get_memory(2 * PAGE);

	send_filled(pair, "the stack", stack);
	send_filled(pair, "malloc", heap);
	send_filled(pair, "malloc of much", large);
	send_filled(pair, "across two pages", two_pages + PAGE - 100);
	send_filled(pair, "a shared file",
		map_file(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED));
	send_filled(pair, "a private file",
		map_file(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE));
	if (huge != MAP_FAILED)
		send_filled(pair, "a hugepage", (uint8_t *)huge + 0x123456);
	else
		printf("WRONG: no hugepage: %s\n", strerror(errno)), wrong++;
	printf("-- a private file that may only be read\n");
	expect("sent", send_from(pair, map_file(PAGE, PROT_READ, MAP_PRIVATE)),
		0);
	expect("got by the peer", peer_gets(1000), 0);
	free(heap);
	free(large);
}

/* The kernel may have none to give; then there is nothing to see. */
static void
check_transparent_hugepage(struct pair *pair)
{
	uint8_t *memory = get_memory(2 * HUGE);
	uint8_t *huge = (uint8_t *)(((uintptr_t)memory + HUGE - 1) &
		~(uintptr_t)(HUGE - 1));
	const uint64_t pinned = stats_now().pinned;

	madvise(memory, 2 * HUGE, MADV_HUGEPAGE);
	memset(memory, 1, 2 * HUGE);
	send_filled(pair, "a transparent hugepage", huge + 0x54321);
	printf("%" PRIu64 " bytes were pinned for it\n",
		stats_now().pinned - pinned);
	send_filled(pair, "another part of it", huge + 0x154321);
	must(munmap(memory, 2 * HUGE) == 0, "munmap");
	expect("settled", rte_iommufd_sva_settle(sva), 0);
	expect("all of it is gone", stats_now().pinned, pinned);
}

/* Zero pages, which nobody has touched. */
static void
check_untouched(struct pair *pair)
{
	struct pollfd ready = { .fd = peer, .events = POLLIN };
	uint8_t *memory = get_memory(1 << 20);
	uint8_t frame[2048], zeros[PAYLOAD] = { 0 };

	printf("-- memory that nobody has touched\n");
	expect("sent", send_from(pair, memory + 0x5000), 0);
	must(poll(&ready, 1, BARE_PATIENCE_MS) == 1, "a frame");
	expect("length", recv(peer, frame, sizeof(frame), 0), HEADER + PAYLOAD);
	expect("zeros", memcmp(frame + HEADER, zeros, PAYLOAD), 0);
	expect("received", receive_into(pair, memory + 0x80ff0, 5), 0);
}

/* A refusal is an error of its descriptor and counted; the queue goes on. */
static void
check_refusals(struct pair *pair)
{
	uint8_t *memory = get_memory(PAGE);
	uint8_t *fixed = map_file(PAGE, PROT_READ, MAP_PRIVATE);
	void *none = mmap(
		NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const uint64_t refusals = counter(pair, SVANIC_PAGE_REFUSALS);

	printf("-- what the process does not have\n");
	munmap(memory, PAGE);
	expect("not there", send_from(pair, memory), SVANIC_ERROR_NO_PAGE);
	expect("the null page", send_from(pair, NULL), SVANIC_ERROR_NO_PAGE);
	expect("no rights", send_from(pair, none), SVANIC_ERROR_NO_PAGE);
	expect("written and read only", receive_into(pair, fixed, 6),
		SVANIC_ERROR_NO_PAGE);
	expect("the interrupts", send_from(pair, (void *)(uintptr_t)0xfee00000),
		SVANIC_ERROR_NO_PAGE);
	expect("the library counts them", stats_now().refused >= 5, 1);
	expect("the device counts them",
		counter(pair, SVANIC_PAGE_REFUSALS) - refusals, 5);
	send_filled(pair, "what it has, afterwards", get_memory(PAGE));
}

/* As the header says: the kernel reports nothing of it. */
static void
check_what_cannot_be_followed(struct pair *pair)
{
	const int fd = open("/proc/self/exe", O_RDONLY);
	void *memory = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);

	printf("-- a shared file that is open for reading only\n");
	must(memory != MAP_FAILED, "/proc/self/exe");
	expect("refused", send_from(pair, memory), SVANIC_ERROR_NO_PAGE);
	close(fd);
}

static void
test_memory(void)
{
	struct pair *pair = &pairs[0];

	start_pair(pair, 0);
	check_sending(pair);
	check_transparent_hugepage(pair);
	check_untouched(pair);
	check_refusals(pair);
	check_what_cannot_be_followed(pair);
	expect("something is pinned", stats_now().pinned > 0, 1);
	stop_pair(pair);
	expect("nothing is pinned", pinned_kib(), 0);
}

/* --- change ------------------------------------------------------------------------ */

#define AREA (16 * PAGE)

/* A second pair that sends from the same page all the time. */
static struct {
	pthread_t thread;
	atomic_bool end;
	void *payload;
	atomic_ulong frames;
	atomic_ulong refused;
} traffic;

static void *
send_on_and_on(void *argument)
{
	struct pair *pair = argument;

	if (atomic_load(&is_starving))
		use_cpu(false);
	while (!atomic_load(&traffic.end)) {
		if (done(pair, post(pair, traffic.payload, OTHER_ETHERTYPE)) !=
			0)
			atomic_fetch_add(&traffic.refused, 1);
		atomic_fetch_add(&traffic.frames, 1);
	}
	return NULL;
}

static void
renew(void *at)
{
	must(mmap(at, AREA, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at,
		"mmap");
}

/* The other pair sends from the same page. */
static bool
is_race(const char *kind)
{
	return strcmp(kind, "race") == 0 || strcmp(kind, "starved") == 0;
}

/*
 * Gives the page other memory; its bytes are gone then, or the rights are. madvise() is dontneed,
 * race, and starved, where it gets no CPU for a while when its report was read.
 */
static void
change(const char *kind, uint8_t *area)
{
	uint8_t *page = area + 3 * PAGE;
	uint8_t *spare;

	if (strcmp(kind, "munmap") == 0) {
		must(munmap(page, PAGE) == 0, kind);
		must(mmap(page, PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			     -1, 0) == page,
			kind);
	} else if (strcmp(kind, "mmap") == 0) {
		renew(area);
	} else if (strcmp(kind, "mremap") == 0) {
		spare = get_memory(PAGE);
		spare[0] = 1;
		must(mremap(spare, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
			     page) == page,
			kind);
	} else if (strcmp(kind, "brk") == 0) {
		must(sbrk(0) == area + AREA && brk(page) == 0 &&
				brk(area + AREA) == 0,
			kind);
	} else {
		must(madvise(page, PAGE, MADV_DONTNEED) == 0, kind);
	}
}

/* mprotect() changes no bytes: after it the device may read and not write. */
static unsigned int
protect_once(struct pair *pair, uint8_t *page)
{
	unsigned int old = 0;

	expect("write", receive_into(pair, page, 1), 0);
	must(mprotect(page, PAGE, PROT_READ) == 0, "mprotect");
	if (atomic_load(&order) != BLIND)
		expect("invalidate",
			rte_iommufd_sva_invalidate(sva, page, PAGE), 0);
	old += receive_into(pair, page, 2) != SVANIC_ERROR_NO_PAGE;
	must(mprotect(page, PAGE, PROT_READ | PROT_WRITE) == 0, "mprotect");
	return old;
}

enum wait {
	NO_WAIT,
	FENCE,
	CHANGES, /* as a driver does */
	SETTLE,
};

static void
wait_for_service(enum wait wait)
{
	const uint32_t *fence = rte_iommufd_sva_fence(sva);
	static uint32_t seen;
	uint32_t changes = __atomic_load_n(
		rte_iommufd_sva_changes(sva), __ATOMIC_ACQUIRE);

	while (wait == FENCE && __atomic_load_n(fence, __ATOMIC_ACQUIRE) != 0)
		;
	if (wait == CHANGES && changes != seen)
		wait = SETTLE;
	seen = changes;
	if (wait == SETTLE && rte_iommufd_sva_settle(sva) != 0)
		wrong++;
}

static unsigned int
change_once(struct pair *pair, const char *kind, uint8_t *area, uint32_t number,
	enum wait wait)
{
	uint8_t *page = area + 3 * PAGE;
	int ret;

	if (strcmp(kind, "mprotect") == 0)
		return protect_once(pair, page);
	change(kind, area);
	fill(page, number);
	wait_for_service(wait);
	ret = send_from(pair, page);
	if (ret != 0) {
		printf("WRONG: turn %u was not sent: %d\n", number, ret);
		wrong++;
		return 0;
	}
	ret = peer_gets(number);
	if (ret != 0 && ret != -EILSEQ) {
		printf("WRONG: turn %u: %s\n", number, strerror(-ret));
		exit(EXIT_FAILURE);
	}
	return ret == -EILSEQ;
}

/* The end of the heap, or memory of its own. */
static uint8_t *
get_area(const char *kind)
{
	uint8_t *end;

	if (strcmp(kind, "brk") != 0)
		return get_memory(AREA);
	end = (uint8_t *)(((uintptr_t)sbrk(0) + PAGE - 1) &
		~(uintptr_t)(PAGE - 1));
	must(brk(end + AREA) == 0, kind);
	return end;
}

static unsigned int
run_turns(const char *kind, unsigned int turns, uint8_t *area, enum wait wait)
{
	unsigned int old = 0;
	pthread_t thread;
	unsigned int i;

	if (atomic_load(&is_starving)) {
		use_cpu(true);
		must(pthread_create(
			     &thread, NULL, take_cpu_for_a_while, NULL) == 0,
			"thread");
	}
	for (i = 1; i <= turns; i++)
		old += change_once(&pairs[0], kind, area, i, wait);
	if (atomic_exchange(&is_starving, false)) {
		sem_post(&take_cpu);
		pthread_join(thread, NULL);
	}
	return old;
}

/*
 * The second pair uses a neighbour in the same area, so that the page is within reach without
 * having been used; in a race both use the same page.
 */
static unsigned int
change_beside_traffic(
	const char *kind, unsigned int turns, enum wait wait, enum order how)
{
	uint8_t *area = get_area(kind);
	unsigned int old;

	fill(area + 3 * PAGE, 0);
	expect("sent", send_from(&pairs[0], area + 3 * PAGE), 0);
	expect("got", peer_gets(0), 0);
	traffic.payload = area + (is_race(kind) ? 3 : 1) * PAGE;
	sem_init(&take_cpu, 0, 0);
	atomic_store(&is_starving, strcmp(kind, "starved") == 0);
	must(pthread_create(&traffic.thread, NULL, send_on_and_on, &pairs[1]) ==
			0,
		"thread");
	while (atomic_load(&traffic.frames) == 0)
		sched_yield(); /* a few turns can be over before it begins */
	atomic_store(&order, how);
	old = run_turns(kind, turns, area, wait);
	atomic_store(&traffic.end, true);
	pthread_join(traffic.thread, NULL);
	printf("%s: %u turns, %lu frames beside them, %lu of these refused; %u old\n",
		kind, turns, atomic_load(&traffic.frames),
		atomic_load(&traffic.refused), old);
	atomic_store(&order, AS_IT_IS);
	return old;
}

static enum wait
wait_of(const char *mode, const char *kind)
{
	if (strcmp(mode, "settle") == 0)
		return SETTLE;
	if (strcmp(mode, "change") == 0 &&
		(strcmp(kind, "dontneed") == 0 || is_race(kind)))
		return CHANGES;
	return strcmp(mode, "fenced") == 0 ? FENCE : NO_WAIT;
}

static void
test_change(const char *mode, const char *kind, unsigned int turns)
{
	const enum order how = strcmp(mode, "blind") == 0 ? BLIND
		: strcmp(mode, "early") == 0		  ? EARLY
		: strcmp(mode, "rash") == 0		  ? RASH
							  : AS_IT_IS;
	unsigned int old;

	/* A busy machine may take seconds; done() has a limit of its own. */
	bare_write(&bare, SVANIC_PAGE_PATIENCE, 0);
	start_pair(&pairs[0], 0);
	start_pair(&pairs[1], 1);
	old = change_beside_traffic(kind, turns, wait_of(mode, kind), how);
	if (how != AS_IT_IS)
		expect("old bytes were seen", old > 0, 1);
	else
		expect("old bytes", old, 0);
	expect("other traffic went on", atomic_load(&traffic.frames) > 0, 1);
	expect("none of it was refused", atomic_load(&traffic.refused), 0);
	stop_pair(&pairs[0]);
	stop_pair(&pairs[1]);
}

/* --- limit ------------------------------------------------------------------------- */

#define LIMIT (512u << 10)

/* Areas pass, each used once, and what is used all the time is requested no more. */
static void
check_kept(struct pair *pair, uint8_t *memory)
{
	const unsigned int areas = 32;
	uint64_t requests;
	unsigned int i;

	expect("keep the rings",
		rte_iommufd_sva_prefault(sva, pair->rings, 2 * PAGE,
			R | W | RTE_IOMMUFD_SVA_KEEP),
		0);
	expect("keep the headers",
		rte_iommufd_sva_prefault(sva, pair->headers,
			HEADER << RING_LOG2, R | W | RTE_IOMMUFD_SVA_KEEP),
		0);
	requests = counter(pair, SVANIC_PAGE_REQUESTS);
	for (i = areas; i-- > 0;) {
		fill(memory + i * 2 * AREA, i);
		expect("sent", send_from(pair, memory + i * 2 * AREA), 0);
		expect("got by the peer", peer_gets(i), 0);
	}
	expect("only these were requested",
		counter(pair, SVANIC_PAGE_REQUESTS) - requests, areas);
}

static void
test_limit(void)
{
	const size_t size = 8u << 20;
	uint8_t *memory = get_memory(size);
	uint64_t most = 0, now;
	size_t at;

	madvise(memory, size, MADV_NOHUGEPAGE);
	start_pair(&pairs[0], 0);
	for (at = 0; at < 2 * size; at += 5 * PAGE) {
		uint8_t *payload = memory + at % size;

		fill(payload, at);
		if (send_from(&pairs[0], payload) != 0 || peer_gets(at) != 0) {
			printf("WRONG: at %zu\n", at);
			wrong++;
			break;
		}
		now = pinned_kib();
		most = now > most ? now : most;
	}
	printf("at most %" PRIu64 " KiB pinned, %" PRIu64 " evictions\n", most,
		stats_now().evictions);
	expect("within the limit", most <= LIMIT >> 10, 1);
	expect("and near it", most > LIMIT >> 11, 1);
	expect("evicted", stats_now().evictions > 100, 1);
	check_kept(&pairs[0], memory);
	expect("more ahead of time than the limit",
		rte_iommufd_sva_prefault(sva, memory, size, R), -ENOSPC);
	stop_pair(&pairs[0]);
}

/* --- fork -------------------------------------------------------------------------- */

/* In the child: nothing works, and its memory is its own. */
static int
be_a_child(uint8_t *page, int from_parent)
{
	uint32_t pasid;
	char byte;

	if (rte_iommufd_sva_bind(sva, device, &pasid) != -EINVAL ||
		rte_iommufd_sva_settle(sva) != -EINVAL ||
		rte_iommufd_sva_invalidate(sva, page, PAGE) != -EINVAL ||
		rte_iommufd_sva_destroy(sva) != -EINVAL)
		return 1;
	/* Nobody reads of these, and nobody needs to. */
	fill(page, 99);
	if (madvise(page, PAGE, MADV_DONTNEED) != 0 || page[0] != 0 ||
		munmap(page, PAGE) != 0)
		return 2;
	return syscall(SYS_read, from_parent, &byte, 1) == 1 ? 0 : 3;
}

static void
test_fork(void)
{
	uint8_t *page = get_memory(AREA);
	int to_child[2], status = -1;
	pid_t child;

	start_pair(&pairs[0], 0);
	send_filled(&pairs[0], "before", page);
	must(pipe(to_child) == 0, "pipe");
	child = fork();
	if (child == 0)
		_exit(be_a_child(page, to_child[0]));
	/* The pages are the parent's, not copies that the device does not know. */
	send_filled(&pairs[0], "while a child shares it", page);
	send_filled(&pairs[0], "its neighbour", page + PAGE);
	expect("received", receive_into(&pairs[0], page, 7), 0);
	must(munmap(page + PAGE, PAGE) == 0, "munmap");
	expect("settled", rte_iommufd_sva_settle(sva), 0);
	expect("not there", send_from(&pairs[0], page + PAGE),
		SVANIC_ERROR_NO_PAGE);
	stop_pair(&pairs[0]);
	/* The child has the userfaultfd: its end here must leave nobody waiting. */
	expect("end the sva", rte_iommufd_sva_destroy(sva), 0);
	must(munmap(page, PAGE) == 0 &&
			madvise(page + 2 * PAGE, PAGE, MADV_DONTNEED) == 0,
		"munmap");
	must(write(to_child[1], "", 1) == 1, "write");
	waitpid(child, &status, 0);
	expect("the child's verdict", status, 0);
	sva = NULL;
}

/* --- burst ------------------------------------------------------------------------- */

/* All pairs ask at once, for pages of their own and for the same ones. */
static void
test_burst(unsigned int rounds)
{
	const unsigned int frames = 24;
	uint32_t last[PAIRS_MAX] = { 0 };
	unsigned int round, pair, i;
	uint8_t *shared, *memory;

	for (pair = 0; pair < PAIRS_MAX; pair++)
		start_pair(&pairs[pair], pair);
	for (round = 0; round < rounds; round++) {
		shared = get_memory(frames * PAGE * 16);
		memory = get_memory(PAIRS_MAX * frames * PAGE * 16);
		for (i = 0; i < frames; i++)
			for (pair = 0; pair < PAIRS_MAX; pair++)
				last[pair] = post(&pairs[pair],
					i % 2 == 0 ? shared + i * PAGE * 16
						   : memory +
							(pair * frames + i) *
								PAGE * 16,
					OTHER_ETHERTYPE);
		for (pair = 0; pair < PAIRS_MAX; pair++)
			expect("all sent", done(&pairs[pair], last[pair]), 0);
		munmap(shared, frames * PAGE * 16);
		munmap(memory, PAIRS_MAX * frames * PAGE * 16);
	}
	for (pair = 0; pair < PAIRS_MAX; pair++) {
		expect("frames", counter(&pairs[pair], SVANIC_TX_FRAMES),
			rounds * frames);
		expect("errors", counter(&pairs[pair], SVANIC_TX_ERRORS), 0);
		expect("timeouts", counter(&pairs[pair], SVANIC_PAGE_TIMEOUTS),
			0);
		stop_pair(&pairs[pair]);
	}
	printf("%" PRIu64 " pages asked for in %" PRIu64 " groups, %" PRIu64
	       " map calls, %" PRIu64 " present\n",
		stats_now().page_requests, stats_now().request_groups,
		stats_now().map_calls, stats_now().present);
}

/* --- nobody answers ---------------------------------------------------------------- */

static uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The device gives up after its PAGE_PATIENCE; then all is as before. */
static void
test_stopped(void)
{
	uint8_t *memory = get_memory(AREA);
	uint64_t begun;

	start_pair(&pairs[0], 0);
	send_filled(&pairs[0], "before", get_memory(PAGE));
	bare_write(&bare, SVANIC_PAGE_PATIENCE, 700);
	atomic_store(&paused, true);
	begun = now_ms();
	expect("not answered", send_from(&pairs[0], memory),
		SVANIC_ERROR_NO_ANSWER);
	printf("after %" PRIu64 " ms\n", now_ms() - begun);
	expect("not before its patience ends", now_ms() - begun >= 600, 1);
	atomic_store(&paused, false);
	sem_post(&go_on);
	send_filled(&pairs[0], "afterwards", memory);
	expect("timeouts", counter(&pairs[0], SVANIC_PAGE_TIMEOUTS), 1);
	stop_pair(&pairs[0]);
}

static bool
waits_no_longer(struct bare_queue *queue)
{
	const uint64_t last = now_ms() + BARE_PATIENCE_MS;

	while (bare_queue_state(queue) == SVANIC_STATE_WAITING) {
		if (now_ms() > last)
			return false;
		usleep(1000);
	}
	return true;
}

/* A binding that ends while a request is out: the kernel answers it. */
static void
test_outstanding(void)
{
	uint8_t *memory = get_memory(AREA);
	uint32_t last;

	start_pair(&pairs[0], 0);
	start_pair(&pairs[1], 1);
	send_filled(&pairs[0], "before", get_memory(PAGE));
	send_filled(&pairs[1], "before", get_memory(PAGE));
	bare_write(&bare, SVANIC_PAGE_PATIENCE, 0); /* for ever */
	atomic_store(&paused, true);
	last = post(&pairs[0], memory, TEST_ETHERTYPE);
	expect("it waits for a page",
		bare_wait_for_state(&pairs[0].tx, SVANIC_STATE_WAITING), 1);
	expect("unbind", rte_iommufd_sva_unbind(sva, device, pairs[0].pasid),
		0);
	expect("it waits no longer", waits_no_longer(&pairs[0].tx), 1);
	printf("descriptor %u, state %#x\n", last,
		bare_queue_state(&pairs[0].tx));
	atomic_store(&paused, false);
	sem_post(&go_on);
	bare_queue_stop(&pairs[0].tx);
	bare_queue_stop(&pairs[0].rx);
	send_filled(&pairs[1], "the other binding", memory);
	stop_pair(&pairs[1]);
}

/* --- prefault ---------------------------------------------------------------------- */

static void
test_prefault(void)
{
	const size_t size = 5u << 20;
	uint8_t *memory = get_memory(size);
	uint64_t asked, pinned;
	size_t at;

	start_pair(&pairs[0], 0);
	send_filled(&pairs[0], "before", get_memory(PAGE));
	asked = counter(&pairs[0], SVANIC_PAGE_REQUESTS);
	pinned = stats_now().pinned;
	expect("prefault", rte_iommufd_sva_prefault(sva, memory, size, R | W),
		0);
	expect("all of it", stats_now().pinned - pinned >= size, 1);
	for (at = 0; at + PAGE <= size; at += 37 * PAGE) {
		fill(memory + at, at);
		if (send_from(&pairs[0], memory + at) != 0 ||
			peer_gets(at) != 0) {
			printf("WRONG: at %zu\n", at);
			wrong++;
		}
	}
	expect("nothing was asked for",
		counter(&pairs[0], SVANIC_PAGE_REQUESTS) - asked, 0);
	expect("invalidate", rte_iommufd_sva_invalidate(sva, memory, size), 0);
	expect("out", stats_now().pinned <= pinned, 1);
	send_filled(&pairs[0], "asked for again", memory);
	expect("once", counter(&pairs[0], SVANIC_PAGE_REQUESTS) - asked, 1);
	expect("beyond the end", rte_iommufd_sva_prefault(sva, (void *)8, 1, R),
		-EFAULT);
	stop_pair(&pairs[0]);
}

/* --- latency ----------------------------------------------------------------------- */

/*
 * How long a frame takes whose page has to be requested, and how long munmap() takes of a
 * mapping that devices use: alone; beside a thread that prefaults much memory again and
 * again; beside threads that free memory all the time. Only printed: on a machine that
 * emulates its processors the figures are relative.
 */
#define SAMPLES 1000
#define MUCH (256u << 20)
#define CHANGERS 4

static atomic_bool end_of_load;
static atomic_ulong load_turns;

static uint64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void *
prefault_much(void *memory)
{
	while (!atomic_load(&end_of_load)) {
		if (rte_iommufd_sva_prefault(sva, memory, MUCH, R | W) != 0 ||
			rte_iommufd_sva_invalidate(sva, memory, MUCH) != 0)
			wrong++;
		atomic_fetch_add(&load_turns, 1);
	}
	return NULL;
}

static void *
free_all_the_time(void *argument)
{
	uint8_t *area;

	while (!atomic_load(&end_of_load)) {
		area = get_memory(AREA);
		if (rte_iommufd_sva_prefault(sva, area, AREA, R | W) != 0 ||
			munmap(area, AREA) != 0)
			wrong++;
		atomic_fetch_add(&load_turns, 1);
	}
	return argument;
}

static int
compare_times(const void *a, const void *b)
{
	const uint64_t *first = a, *second = b;

	return *first < *second ? -1 : *first > *second;
}

static void
print_times(const char *what, const char *beside, uint64_t *times)
{
	qsort(times, SAMPLES, sizeof(times[0]), compare_times);
	printf("%s %s: median %" PRIu64 " us, p99 %" PRIu64
	       " us, worst %" PRIu64 " us\n",
		what, beside, times[SAMPLES / 2] / 1000,
		times[SAMPLES * 99 / 100] / 1000, times[SAMPLES - 1] / 1000);
}

static void
measure(const char *beside)
{
	static uint64_t requests[SAMPLES], unmaps[SAMPLES];
	uint8_t *page;
	unsigned int i;

	for (i = 0; i < SAMPLES; i++) {
		page = get_memory(PAGE);
		page[0] = 1;
		requests[i] = now_ns();
		must(done(&pairs[0], post(&pairs[0], page, OTHER_ETHERTYPE)) ==
				0,
			"a frame");
		requests[i] = now_ns() - requests[i];
		unmaps[i] = now_ns();
		must(munmap(page, PAGE) == 0, "munmap");
		unmaps[i] = now_ns() - unmaps[i];
	}
	print_times("page request", beside, requests);
	print_times("munmap", beside, unmaps);
}

static void
measure_beside(const char *beside, void *(*load)(void *), void *argument,
	unsigned int count)
{
	pthread_t threads[CHANGERS];
	unsigned int i;

	atomic_store(&end_of_load, false);
	atomic_store(&load_turns, 0);
	for (i = 0; i < count; i++)
		must(pthread_create(&threads[i], NULL, load, argument) == 0,
			"thread");
	measure(beside);
	atomic_store(&end_of_load, true);
	for (i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	printf("%lu turns beside\n", atomic_load(&load_turns));
}

static void
test_latency(void)
{
	uint8_t *memory = get_memory(MUCH);

	madvise(memory, MUCH, MADV_NOHUGEPAGE);
	start_pair(&pairs[0], 0);
	measure("alone");
	measure_beside("beside a prefault", prefault_much, memory, 1);
	measure_beside(
		"beside threads that unmap", free_all_the_time, NULL, CHANGERS);
	stop_pair(&pairs[0]);
}

int
main(int argc, char **argv)
{
	const char *what = argc > 3 ? argv[3] : "";
	const struct rte_iommufd_sva_options options = {
		.size = sizeof(options),
		.pin_limit = strcmp(what, "limit") == 0 ? LIMIT : 0,
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 4)
		return EXIT_FAILURE;
	open_all(argv[1], argv[2], &options);
	if (strcmp(what, "memory") == 0)
		test_memory();
	else if (argc == 6)
		test_change(what, argv[4], atoi(argv[5]));
	else if (strcmp(what, "limit") == 0)
		test_limit();
	else if (strcmp(what, "fork") == 0)
		test_fork();
	else if (argc == 5 && strcmp(what, "burst") == 0)
		test_burst(atoi(argv[4]));
	else if (strcmp(what, "stopped") == 0)
		test_stopped();
	else if (strcmp(what, "outstanding") == 0)
		test_outstanding();
	else if (strcmp(what, "latency") == 0)
		test_latency();
	else if (strcmp(what, "prefault") == 0)
		test_prefault();
	else
		must(false, what);
	close_all();
	return wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
