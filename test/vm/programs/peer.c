/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The dpdk-iommufd authors
 */

/*
 * The other end of the wire: a NIC that the guest's kernel drives. Sends frames and checks every
 * byte of every frame that comes back. Ends with status 0 when each frame has come back at least
 * once and none was changed.
 *
 *   peer echo INTERFACE COUNT [--seed TEXT] [--swapped ADDRESS] [--longest BYTES]
 *        [--window FRAMES] [--pause MS]   frames come back as they were, each at least once; or
 *                                  they go to ADDRESS and come back with their two addresses
 *                                  swapped; so many are on their way at once, and after each that
 *                                  has come back there is a pause: who receives falls asleep
 *   peer flow INTERFACE            a few frames go round all the time, as above; what is lost is
 *                                  sent again soon, and after SIGTERM until all have come back
 *   peer captured FILE INTERFACE COUNT [--seed TEXT]
 *                                  the pcap file has all that `echo` has sent, and of this kind
 *                                  nothing else
 *   peer expect INTERFACE FILE...  listens until SIGTERM: each file came as the contents of one
 *                                  frame, in any order, and of this kind nothing else
 *   peer reflect INTERFACE         each frame goes back as it came, until SIGTERM
 *
 * Many tests start it many times, and under TCG a C program starts in a fraction of the time of
 * one in Python. Must not know: DPDK.
 */

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/if_packet.h>

#include "peer_frames.h"
#include "wire_socket.h"

#define RECEIVE_BUFFER (4 << 20)
#define SHORTEST_CONTENTS 46 /* a NIC fills with zeros */
#define PATIENCE \
	180.0 /* seconds without any progress after which the test has failed */
/* Seconds without a frame after which what is missing is sent again: the other end may have no
 * link yet, or may have been full. Each time that nothing comes back the pause is twice as long,
 * up to the longest: a busy machine is not flooded. */
#define LONGEST_SILENCE 2.0

struct options {
	uint64_t count;
	unsigned int window;
	double silence;	  /* seconds, the first */
	useconds_t pause; /* after each frame that has come back */
};

static volatile sig_atomic_t asked_to_end;
static int wire;
static uint8_t buffer[PEER_FRAME_MAX];

static void
on_signal(int number)
{
	(void)number;
	asked_to_end = 1;
}

static void
must(bool ok, const char *what)
{
	if (ok)
		return;
	printf("peer: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

/* What waits goes on, and sees that the end is asked for. */
static void
note_end(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	must(sigaction(SIGTERM, &action, NULL) == 0, "sigaction");
}

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

/* --- the wire ----------------------------------------------------------------------- */

static void
open_wire(const char *interface)
{
	const int size = RECEIVE_BUFFER;
	const struct timeval timeout = { .tv_usec = 200000 };

	wire = wire_socket(interface, PEER_ETHERTYPE);
	must(wire >= 0, interface);
	setsockopt(wire, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(wire, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
}

static void
address_of(const char *interface, uint8_t *address)
{
	struct ifreq request;
	int any = socket(AF_PACKET, SOCK_RAW, 0);

	memset(&request, 0, sizeof(request));
	strncpy(request.ifr_name, interface, sizeof(request.ifr_name) - 1);
	must(any >= 0 && ioctl(any, SIOCGIFHWADDR, &request) == 0, interface);
	memcpy(address, request.ifr_hwaddr.sa_data, PEER_ADDRESS);
	close(any);
}

/* One that nobody has taken for long is lost like others. */
static void
send_bytes(const uint8_t *bytes, size_t length)
{
	must(send(wire, bytes, length, 0) >= 0 || errno == EAGAIN ||
			errno == EINTR,
		"send");
}

/* The length of a frame that has come into the buffer; 0 when none has within the time, or a
 * signal has come. */
static size_t
receive_bytes(double seconds)
{
	struct pollfd wanted = { .fd = wire, .events = POLLIN };
	struct sockaddr_ll from;
	socklen_t size = sizeof(from);
	ssize_t length;

	if (poll(&wanted, 1, (int)(seconds * 1000)) != 1)
		return 0;
	length = recvfrom(wire, buffer, sizeof(buffer), MSG_DONTWAIT,
		(struct sockaddr *)&from, &size);
	must(length >= 0 || errno == EAGAIN || errno == EINTR, "recvfrom");
	return length < 0 || from.sll_pkttype == PACKET_OUTGOING
		? 0
		: (size_t)length;
}

/* --- echo and flow ------------------------------------------------------------------- */

/* The numbers of frames that are on their way, in the order in which they went. */
struct missing {
	uint64_t *numbers;
	unsigned int count;
};

static bool
has_come_back(struct missing *missing, uint64_t number)
{
	unsigned int i;

	for (i = 0; i < missing->count; i++) {
		if (missing->numbers[i] != number)
			continue;
		missing->count--;
		memmove(missing->numbers + i, missing->numbers + i + 1,
			(missing->count - i) * sizeof(number));
		return true;
	}
	return false;
}

static void
send_number(const struct peer_frames *frames, uint64_t number)
{
	static uint8_t frame[PEER_FRAME_MAX];

	send_bytes(frame, peer_make_frame(frames, number, frame));
}

static void
fill_window(const struct peer_frames *frames, const struct options *options,
	struct missing *missing, uint64_t *following)
{
	while (missing->count < options->window && !asked_to_end &&
		*following < options->count) {
		send_number(frames, *following);
		missing->numbers[missing->count++] = (*following)++;
	}
}

static int
go_round(struct peer_frames *frames, const struct options *options)
{
	struct missing missing = { .numbers = calloc(
					   options->window, sizeof(uint64_t)) };
	double silence = options->silence, progress = now();
	uint64_t following = 0, repeated = 0, number;
	unsigned int i;
	size_t length;

	must(missing.numbers != NULL, "memory");
	while (frames->changed == 0) {
		fill_window(frames, options, &missing, &following);
		if (missing.count == 0)
			break;
		length = receive_bytes(silence);
		if (length > 0 &&
			peer_check_frame(frames, buffer, length, &number)) {
			if (!has_come_back(&missing, number)) {
				repeated++;
				continue;
			}
			progress = now();
			silence = options->silence;
			if (options->pause > 0)
				usleep(options->pause);
		} else if (now() - progress > PATIENCE) {
			break;
		} else if (now() - progress > silence) {
			silence = silence < LONGEST_SILENCE / 2
				? 2 * silence
				: LONGEST_SILENCE;
			for (i = 0; i < missing.count; i++)
				send_number(frames, missing.numbers[i]);
		}
	}
	printf("peer: %" PRIu64 " frames sent, %" PRIu64
	       " came back right, %u changed, %" PRIu64
	       " more than once, %u missing\n",
		following, following - missing.count, frames->changed, repeated,
		missing.count);
	free(missing.numbers);
	return missing.count == 0 && frames->changed == 0 ? EXIT_SUCCESS
							  : EXIT_FAILURE;
}

/* --- captured -------------------------------------------------------------------------- */

static uint8_t *
read_file(const char *name, size_t *length)
{
	FILE *file = fopen(name, "rb");
	uint8_t *bytes;
	long end;

	must(file != NULL && fseek(file, 0, SEEK_END) == 0, name);
	end = ftell(file);
	rewind(file);
	bytes = calloc(1, (size_t)end + SHORTEST_CONTENTS);
	must(bytes != NULL && fread(bytes, 1, end, file) == (size_t)end, name);
	fclose(file);
	*length = (size_t)end;
	return bytes;
}

/* The file of tcpdump's: pcap-savefile(5). */
#define PCAP_HEADER 24
#define PCAP_RECORD 16
#define PCAP_LENGTH 8 /* in a record */

static uint32_t
word_at(const uint8_t *bytes, bool swapped)
{
	uint32_t word;

	memcpy(&word, bytes, sizeof(word));
	return swapped ? __builtin_bswap32(word) : word;
}

static bool
is_of_this_kind(const uint8_t *frame, size_t length)
{
	return length >= PEER_ETHERNET_HEADER &&
		frame[12] == PEER_ETHERTYPE >> 8 &&
		frame[13] == (PEER_ETHERTYPE & 0xff);
}

static int
look_at_captured(struct peer_frames *frames, const char *name, uint64_t count)
{
	size_t length, at, size;
	uint8_t *bytes = read_file(name, &length);
	bool *came = calloc(count, sizeof(*came)), swapped;
	uint64_t right = 0, number;
	unsigned int others =
		0; /* the kernel's own: neighbour discovery and the like */
	uint32_t first;

	must(came != NULL, "memory");
	errno = EINVAL;
	must(length >= PCAP_HEADER, name);
	first = word_at(bytes, false);
	swapped = first != 0xa1b2c3d4 && first != 0xa1b23c4d;
	for (at = PCAP_HEADER; at + PCAP_RECORD <= length; at += size) {
		size = word_at(bytes + at + PCAP_LENGTH, swapped);
		at += PCAP_RECORD;
		must(size <= length - at, name);
		if (!is_of_this_kind(bytes + at, size)) {
			others++;
		} else if (peer_check_frame(
				   frames, bytes + at, size, &number) &&
			number < count && !came[number]) {
			came[number] = true;
			right++;
		}
	}
	printf("peer: %s: %" PRIu64 " frames right, %u changed, %" PRIu64
	       " missing, %u of other kinds\n",
		name, right, frames->changed, count - right, others);
	free(came);
	free(bytes);
	return right == count && frames->changed == 0 ? EXIT_SUCCESS
						      : EXIT_FAILURE;
}

/* --- expect and reflect ------------------------------------------------------------------ */

struct expected {
	uint8_t *bytes;
	size_t length;
};

/* What follows the Ethernet header is the file's bytes, filled with zeros to the shortest
 * frame. */
static void
read_expected(struct expected *expected, const char *name)
{
	expected->bytes = read_file(name, &expected->length);
	if (expected->length < SHORTEST_CONTENTS)
		expected->length = SHORTEST_CONTENTS;
}

static bool
take_expected(struct expected *expected, unsigned int *count, size_t length)
{
	unsigned int i;

	for (i = 0; i < *count; i++) {
		if (expected[i].length != length - PEER_ETHERNET_HEADER ||
			memcmp(expected[i].bytes, buffer + PEER_ETHERNET_HEADER,
				expected[i].length) != 0)
			continue;
		free(expected[i].bytes);
		(*count)--;
		memmove(expected + i, expected + i + 1,
			(*count - i) * sizeof(*expected));
		return true;
	}
	return false;
}

static void
say_listening(void)
{
	printf("peer: listening\n");
	fflush(stdout);
}

/* What is on its way when the end is asked for still comes. */
static int
listen_for(char **names, unsigned int count)
{
	struct expected *expected = calloc(count, sizeof(*expected));
	unsigned int right = 0, others = 0, i;
	bool is_last;
	size_t length;

	must(expected != NULL, "memory");
	for (i = 0; i < count; i++)
		read_expected(expected + i, names[i]);
	say_listening();
	while (true) {
		is_last = asked_to_end;
		length = receive_bytes(0.2);
		if (length == 0 && is_last)
			break;
		if (length == 0)
			continue;
		if (take_expected(expected, &count, length)) {
			right++;
			continue;
		}
		others++;
		printf("peer: not expected: %zu bytes: ", length);
		peer_print_hex(buffer, length < 80 ? length : 80);
	}
	printf("peer: %u frames as expected, %u others, %u missing\n", right,
		others, count);
	return count == 0 && others == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int
reflect(void)
{
	unsigned int count = 0;
	size_t length;

	say_listening();
	while (!asked_to_end) {
		length = receive_bytes(1);
		if (length == 0)
			continue;
		count++;
		send_bytes(buffer, length);
	}
	printf("peer: %u frames reflected\n", count);
	return EXIT_SUCCESS;
}

/* --- the command line ------------------------------------------------------------------- */

static void
insist(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "peer: %s: see the first lines of peer.c\n", what);
	exit(2);
}

static void
parse_address(const char *text, uint8_t *address)
{
	insist(sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", address,
		       address + 1, address + 2, address + 3, address + 4,
		       address + 5) == PEER_ADDRESS,
		"not an address");
}

static unsigned long
parse_number(const char *text, unsigned long most)
{
	char *end;
	const unsigned long number = strtoul(text, &end, 10);

	insist(end != text && *end == '\0' && number > 0 && number <= most,
		"not a number, or too large");
	return number;
}

static void
parse_options(int argc, char **argv, struct peer_frames *frames,
	struct options *options)
{
	static const struct option known[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "swapped", required_argument, NULL, 'x' },
		{ "longest", required_argument, NULL, 'l' },
		{ "window", required_argument, NULL, 'w' },
		{ "pause", required_argument, NULL, 'p' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 's':
			frames->seed = optarg;
			break;
		case 'x':
			parse_address(optarg, frames->far);
			frames->has_far = true;
			break;
		case 'l':
			frames->longest = parse_number(optarg, 16384);
			insist(frames->longest >= 64, "too short");
			break;
		case 'w':
			options->window = parse_number(optarg, 4096);
			break;
		case 'p':
			options->pause = 1000 * parse_number(optarg, 999);
			break;
		default:
			exit(2);
		}
	}
}

int
main(int argc, char **argv)
{
	struct peer_frames frames = { .seed = "1", .longest = PEER_LONGEST };
	struct options options = { .window = 16, .silence = 0.2 };
	const char *command;
	char **words;
	int count;

	parse_options(argc, argv, &frames, &options);
	words = argv + optind + 1;
	count = argc - optind - 1;
	insist(count >= 1, "a command and an interface");
	command = argv[optind];
	if (strcmp(command, "captured") == 0) {
		insist(count == 3, command);
		address_of(words[1], frames.address);
		return look_at_captured(
			&frames, words[0], parse_number(words[2], 1 << 20));
	}
	open_wire(words[0]);
	address_of(words[0], frames.address);
	if (strcmp(command, "echo") == 0) {
		insist(count == 2, command);
		options.count = parse_number(words[1], 1 << 30);
		return go_round(&frames, &options);
	}
	note_end();
	if (strcmp(command, "flow") == 0) {
		options = (struct options){ .count = UINT64_MAX,
			.window = 4,
			.silence = 0.1,
			.pause = 3000 };
		return go_round(&frames, &options);
	}
	if (strcmp(command, "expect") == 0)
		return listen_for(words + 1, count - 1);
	insist(strcmp(command, "reflect") == 0, command);
	return reflect();
}
