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

/* A message goes in at one end of a mechanism, and comes out at the other. */
struct mechanism {
	const char *name;
	void (*pass)(const struct mechanism *m, size_t size);
	int end[2];             /* descriptors: from, to; or the queue */
	char *segment;          /* shared memory */
	long ns[SIZES][ROUNDS]; /* for a message */
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

/* Half of the rounds took less: others disturb some of them, and in virtual machines this clock
 * may stand still for a while. */
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

	step("%d messages of 64 bytes, and of 4096, %d times, through each of five mechanisms.",
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
		saw(ns[MEMORY][s] < ns[PIPE][s], "%zu bytes: shared memory is quicker than a pipe",
		    sizes[s]);
	saw_but(ns[PIPE][0] < ns[TCP][0], "64 bytes: a pipe is quicker than TCP");
}

static void expect(void)
{
	predict("pipe", "send_ops", ROUNDS * SIZES * MESSAGES, "a system call for each message");
	predict("pipe", "send_copied", (long)ROUNDS * MESSAGES * (64 + LARGEST), "and a copy in");
	predict("pipe", "recv_copied", (long)ROUNDS * MESSAGES * (64 + LARGEST), "and a copy out");
	predict("sysv_shm", "send_copied", 0, "shared memory has neither");
	predict_but();
	predict("sysv_msg", "send_copied", (long)ROUNDS * MESSAGES * (64 + LARGEST),
		"but a message queue copies as much");
	predict("tcp", "send_copied", (long)ROUNDS * MESSAGES * (64 + LARGEST),
		"and so does a socket");
}

LAB(cost, .nr = 6, .rows = "pipe sysv_msg sysv_shm unix_stream tcp",
    .claim = "Pipes are inefficient: they do not suit processes that exchange data often.",
    .about = "Each message costs two system calls and two copies, where shared memory has none. "
	     "But the other mechanisms have them, too. One process sends and receives here, so "
	     "that nothing but the mechanism's own work is measured: its processor time.",
    .but = "compared with shared memory they are; of the mechanisms that copy they are among the "
	   "cheapest. (What costs most between processes is waiting for each other: see "
	   "`ipclab bench`.)");
