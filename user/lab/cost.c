// SPDX-License-Identifier: GPL-2.0-only
/* Claim 6: pipes are inefficient where data is exchanged often. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "textbook.h"

#define MESSAGES 500
#define LARGEST 4096
#define SIZES 2

static const size_t sizes[SIZES] = { 64, LARGEST };
static char out[LARGEST], in[LARGEST];

/* A message goes in at one end and comes out at the other. The time of the processor counts. */
static int from, to, queue;
static char *segment;

static void through_descriptors(size_t size)
{
	must(write(to, out, size));
	for (size_t got = 0; got < size;)
		got += must(read(from, in, size - got));
}

static void through_queue(size_t size)
{
	struct {
		long type;
		char text[LARGEST];
	} message = { .type = 1 };

	must(msgsnd(queue, &message, size, 0));
	must(msgrcv(queue, &message, size, 0, 0));
}

static void through_memory(size_t size)
{
	memcpy(segment, out, size);
	memcpy(in, segment, size);
}

static long now_ns(void)
{
	struct timespec t;

	must(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t));
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

/* Nanoseconds a message: the best of five rounds, since others disturb. */
static void measure(const char *name, void (*pass)(size_t size), long ns[SIZES])
{
	for (int s = 0; s < SIZES; s++) {
		ns[s] = 0;
		for (int round = 0; round < 5; round++) {
			long start = now_ns();

			for (int i = 0; i < MESSAGES; i++)
				pass(sizes[s]);
			start = (now_ns() - start) / MESSAGES;
			if (!ns[s] || start < ns[s])
				ns[s] = start;
		}
	}
	step("%-14s %7ld ns for 64 bytes, %7ld ns for 4096", name, ns[0], ns[1]);
}

static void connect_tcp(void)
{
	struct sockaddr_in here = { .sin_family = AF_INET };
	socklen_t len = sizeof(here);
	int listener = must(socket(AF_INET, SOCK_STREAM, 0));

	here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(bind(listener, (struct sockaddr *)&here, len));
	must(listen(listener, 1));
	must(getsockname(listener, (struct sockaddr *)&here, &len));
	to = must(socket(AF_INET, SOCK_STREAM, 0));
	must(connect(to, (struct sockaddr *)&here, len));
	from = must(accept(listener, NULL, NULL));
}

static void act(void)
{
	long memory_ns[SIZES], pipe_ns[SIZES], tcp_ns[SIZES], other_ns[SIZES];
	int id, end[2];

	step("%d messages of 64 bytes, and %d of 4096, five times, through each of five mechanisms:",
	     MESSAGES, MESSAGES);
	id = must(shmget(IPC_PRIVATE, LARGEST, 0600));
	remove_at_end(SEGMENT, id);
	segment = (char *)must(shmat(id, NULL, 0));
	measure("shared memory", through_memory, memory_ns);
	must(pipe(end));
	from = end[0], to = end[1];
	measure("pipe", through_descriptors, pipe_ns);
	queue = must(msgget(IPC_PRIVATE, 0600));
	remove_at_end(QUEUE, queue);
	measure("message queue", through_queue, other_ns);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, end));
	from = end[0], to = end[1];
	measure("Unix socket", through_descriptors, other_ns);
	connect_tcp();
	measure("TCP", through_descriptors, tcp_ns);

	for (int s = 0; s < SIZES; s++) {
		saw(memory_ns[s] < pipe_ns[s], "%zu bytes: shared memory is quicker than a pipe",
		    sizes[s]);
		saw_but(pipe_ns[s] < tcp_ns[s], "%zu bytes: a pipe is quicker than TCP", sizes[s]);
	}
}

static void expect(void)
{
	predict("pipe", "send_ops", 5 * SIZES * MESSAGES, "a system call for each message");
	predict("pipe", "send_copied", 5L * MESSAGES * (64 + LARGEST), "and a copy in");
	predict("pipe", "recv_copied", 5L * MESSAGES * (64 + LARGEST), "and a copy out");
	predict("sysv_shm", "send_copied", 0, "shared memory has neither");
	predict_but();
	predict("sysv_msg", "send_copied", 5L * MESSAGES * (64 + LARGEST),
		"but a message queue copies as much");
	predict("tcp", "send_copied", 5L * MESSAGES * (64 + LARGEST), "and so does a socket");
}

LAB(cost, .nr = 6, .rows = "pipe sysv_msg sysv_shm unix_stream tcp",
    .claim = "Pipes are inefficient: they do not suit processes that exchange data often.",
    .about = "Each message costs two system calls and two copies, where shared memory has none. "
	     "But the other mechanisms have them, too. One process sends and receives here, so "
	     "that nothing but the mechanism's own work is measured: its processor time.",
    .but = "compared with shared memory they are; of the mechanisms that copy they are among the "
	   "cheapest. (What costs most between processes is waiting for each other: see "
	   "`ipclab bench`.)");
