// SPDX-License-Identifier: GPL-2.0-only
/* Claim 6: pipes are inefficient where data is exchanged often. */
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <unistd.h>

#include "textbook.h"

#define MESSAGES 250
#define ROUNDS 10
#define LARGEST 4096
#define SIZES 2

enum {
	MEMORY,
	PIPE,
	MESSAGE_QUEUE,
	UNIX,
	TCP,
	MECHANISMS
};

static const size_t sizes[SIZES] = { 64, LARGEST };
static char out[LARGEST], in[LARGEST];

/* A mechanism, and how to pass a message from one end to the other. */
struct mechanism {
	const char *name;
	void (*pass)(const struct mechanism *m, size_t size);
	int end[2];             /* descriptors: from, to; or the queue */
	char *segment;          /* shared memory */
	long ns[SIZES][ROUNDS]; /* per message */
};

static void through_descriptors(const struct mechanism *m, size_t size)
{
	must(write(m->end[1], out, size));
	for (size_t got = 0; got < size;)
		got += must(read(m->end[0], in, size - got));
}

static void through_queue(const struct mechanism *m, size_t size)
{
	struct {
		long type;
		char text[LARGEST];
	} message = { .type = 1 };

	must(msgsnd(m->end[0], &message, size, 0));
	must(msgrcv(m->end[0], &message, size, 0, 0));
}

static void through_memory(const struct mechanism *m, size_t size)
{
	memcpy(m->segment, out, size);
	memcpy(in, m->segment, size);
}

static void make(struct mechanism m[])
{
	int id = must(shmget(IPC_PRIVATE, LARGEST, 0600));

	remove_at_end(SEGMENT, id);
	m[MEMORY].segment = (char *)must(shmat(id, NULL, 0));
	must(pipe(m[PIPE].end));
	m[MESSAGE_QUEUE].end[0] = must(msgget(IPC_PRIVATE, 0600));
	remove_at_end(QUEUE, m[MESSAGE_QUEUE].end[0]);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, m[UNIX].end));
	tcp_pair(m[TCP].end);
}

static void measure(struct mechanism *m, int s, int round)
{
	long ns = processor_ns();

	for (int i = 0; i < MESSAGES; i++)
		m->pass(m, sizes[s]);
	m->ns[s][round] = (processor_ns() - ns) / MESSAGES;
}

static int by_ns(const void *a, const void *b)
{
	const long *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The median: other processes disturb some rounds, and in a virtual machine this clock may stand
 * still for a while. */
static long median(long ns[ROUNDS])
{
	qsort(ns, ROUNDS, sizeof(*ns), by_ns);
	return ns[ROUNDS / 2];
}

static void act(void)
{
	struct mechanism m[] = {
		[MEMORY] = { .name = "shared memory", .pass = through_memory },
		[PIPE] = { .name = "pipe", .pass = through_descriptors },
		[MESSAGE_QUEUE] = { .name = "message queue", .pass = through_queue },
		[UNIX] = { .name = "Unix socket", .pass = through_descriptors },
		[TCP] = { .name = "TCP", .pass = through_descriptors },
	};
	long ns[MECHANISMS][SIZES];

	step("%d messages of 64 bytes and of 4096 bytes, %d times, through each of five mechanisms.",
	     MESSAGES, ROUNDS);
	make(m);
	for (int i = 0; i < ROUNDS * MECHANISMS * SIZES; i++)
		measure(&m[i / SIZES % MECHANISMS], i % SIZES, i / SIZES / MECHANISMS);
	for (int i = 0; i < MECHANISMS; i++) {
		for (int s = 0; s < SIZES; s++)
			ns[i][s] = median(m[i].ns[s]);
		step("%-14s %7ld ns for 64 bytes, %7ld ns for 4096", m[i].name, ns[i][0], ns[i][1]);
	}
	for (int s = 0; s < SIZES; s++)
		saw(ns[MEMORY][s] < ns[PIPE][s], "%zu bytes: shared memory is faster than a pipe",
		    sizes[s]);
	saw_but(ns[PIPE][0] < ns[TCP][0], "64 bytes: a pipe is faster than TCP");
}

static void expect(void)
{
	predict("pipe", "send_ops", ROUNDS * SIZES * MESSAGES, "one write(2) for each message");
	predict("pipe", "send_copied", (long)ROUNDS * MESSAGES * (64 + LARGEST),
		"one copy into the kernel");
	predict("pipe", "recv_copied", (long)ROUNDS * MESSAGES * (64 + LARGEST),
		"one copy out of it");
	predict("sysv_shm", "send_copied", 0, "shared memory needs neither call nor copy");
	predict_but();
	predict("sysv_msg", "send_copied", (long)ROUNDS * MESSAGES * (64 + LARGEST),
		"a message queue copies as much as a pipe");
	predict("tcp", "send_copied", (long)ROUNDS * MESSAGES * (64 + LARGEST),
		"and so does a socket");
}

LAB(cost, .nr = 6, .rows = "pipe sysv_msg sysv_shm unix_stream tcp",
    .claim = "Pipes are inefficient: they do not suit processes that exchange data often.",
    .about = "Each message through a pipe costs two system calls and two copies; shared memory "
	     "needs neither. But the other mechanisms need them, too. Here one process sends and "
	     "receives, and its processor time is measured. So the numbers show the work of the "
	     "mechanism alone.",
    .but = "compared with shared memory they are inefficient. Compared with the other mechanisms "
	   "that copy they are among the cheapest. (Between two processes most of the time is "
	   "spent waiting for each other: see `ipclab bench`.)");
