// SPDX-License-Identifier: GPL-2.0-only
/* Claim 11: shared memory is the same pages in both processes, and nothing is copied. */
#include <sched.h>
#include <string.h>
#include <sys/shm.h>
#include <unistd.h>

#include "textbook.h"

#define ROUNDS 1024
#define SIZE (1 << 20)

struct segment {
	atomic_bool full;
	uint64_t frame; /* of this page, as process 2 sees it */
	char data[SIZE];
};

static char buffer[SIZE]; /* each process has its own */

static void await(const struct segment *segment, bool full)
{
	while (segment->full != full)
		sched_yield();
}

static void check(const char *data, int round)
{
	if (data[0] != (char)round || data[SIZE - 1] != (char)round)
		give_up("not what process 1 has written");
}

static void process_2(int id, int from)
{
	struct segment *segment = (void *)must(shmat(id, NULL, 0));

	for (int i = 0; i < ROUNDS; i++) {
		await(segment, true);
		check(segment->data, i);
		segment->frame = page_frame(segment);
		segment->full = false;
	}
	must(shmdt(segment));
	for (int i = 0; i < ROUNDS; i++) {
		for (int got = 0; got < SIZE;)
			got += must(read(from, buffer + got, SIZE - got));
		check(buffer, i);
	}
	_exit(0);
}

static void write_segment(struct segment *segment, int round)
{
	memset(segment->data, round, SIZE);
	segment->full = true;
	await(segment, false);
}

static void through_segment(int id)
{
	struct segment *segment = (void *)must(shmat(id, NULL, 0));
	long before = page_faults(), first, later;

	write_segment(segment, 0);
	first = page_faults() - before;
	for (int i = 1; i < ROUNDS; i++)
		write_segment(segment, i);
	later = page_faults() - before - first;
	saw(first > 0 && later * 10 < first,
	    "%ld page faults when process 1 writes for the first time, %ld in %d more rounds",
	    first, later, ROUNDS - 1);
	if (page_frame(segment))
		saw(segment->frame == page_frame(segment),
		    "the segment begins in page %#lx of the machine, in both processes",
		    segment->frame);
	must(shmdt(segment));
}

static void through_pipe(int to)
{
	for (int i = 0; i < ROUNDS; i++) {
		memset(buffer, i, SIZE);
		must(write(to, buffer, SIZE));
	}
}

static void act(void)
{
	int id, end[2];
	pid_t pid;

	id = must(shmget(IPC_PRIVATE, sizeof(struct segment), 0600));
	remove_at_end(SEGMENT, id);
	must(pipe(end));
	pid = must(fork());
	if (!pid)
		process_2(id, end[0]);
	step("Two processes attach a segment. Process 1 writes 1 MiB, process 2 looks at it, in "
	     "turns, %d times.",
	     ROUNDS);
	through_segment(id);
	step("The same through a pipe.");
	through_pipe(end[1]);
	join(pid);
}

static void expect(void)
{
	predict("sysv_shm", "send_ops", 2, "each process attaches the segment");
	predict("sysv_shm", "send_copied", 0, "what one writes is not copied into the kernel ...");
	predict("sysv_shm", "recv_copied", 0, "... nor out of it");
	predict("sysv_shm", "recv_ops", 2, "each detaches it");
	predict("pipe", "send_copied", ROUNDS * SIZE, "a pipe copies the same GiB in ...");
	predict("pipe", "recv_copied", ROUNDS * SIZE, "... and out");
}

LAB(shared_memory, .nr = 11, .rows = "sysv_shm pipe",
    .claim = "Shared memory maps the same physical pages into both processes. Nothing is copied, "
	     "the other one sees it at once: it is the fastest.",
    .about = "After both have attached the segment the kernel has nothing more to do, but at the "
	     "first touch of each page. A GiB is handed over through a segment, and then "
	     "through a pipe. It is fast because of what is not done: lab 6 compares times.",
    .task = "Make a System V segment of 1 MiB. Two processes attach it, hand a GiB over in it, "
	    "and detach it. Then hand a GiB over through a pipe.");
