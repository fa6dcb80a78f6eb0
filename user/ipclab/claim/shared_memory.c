// SPDX-License-Identifier: GPL-2.0-only
/*
 * Claim 11: shared memory is the same pages in both processes, nothing is copied, and it is the
 * fastest. Half true: the processes need system calls to take turns.
 */
#include <string.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include "textbook.h"

#define ROUNDS 1024
#define SIZE (1 << 20)

/* The two semaphores of the set: whose turn it is. */
enum {
	FULL,  /* process 2 may look */
	EMPTY, /* process 1 may write again */
	NR_SEMAPHORES
};

struct segment {
	uint64_t frame; /* of this page, as process 2 sees it */
	char data[SIZE];
};

static char buffer[SIZE]; /* each process has its own */
static int semaphores;

static void P(int nr)
{
	struct sembuf op = { .sem_num = nr, .sem_op = -1 };

	must(semop(semaphores, &op, 1));
}

static void V(int nr)
{
	struct sembuf op = { .sem_num = nr, .sem_op = 1 };

	must(semop(semaphores, &op, 1));
}

static void check(const char *data, int round)
{
	if (data[0] != (char)round || data[SIZE - 1] != (char)round)
		give_up("process 2 sees other data than process 1 has written");
}

static void process_2(int id, int from)
{
	struct segment *segment = (void *)must(shmat(id, NULL, 0));

	for (int i = 0; i < ROUNDS; i++) {
		P(FULL);
		check(segment->data, i);
		if (!i)
			segment->frame = page_frame(segment);
		V(EMPTY);
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
	V(FULL);
	P(EMPTY);
}

/* Returns how long it took. */
static long through_segment(int id)
{
	struct segment *segment = (void *)must(shmat(id, NULL, 0));
	long before = page_faults(), first, later;
	long start = elapsed_ns(), ns;

	write_segment(segment, 0);
	first = page_faults() - before;
	for (int i = 1; i < ROUNDS; i++)
		write_segment(segment, i);
	ns = elapsed_ns() - start;
	later = page_faults() - before - first;
	saw(first > 0 && later * 10 < first,
	    "%ld page faults when process 1 writes for the first time, %ld in %d more rounds",
	    first, later, ROUNDS - 1);
	if (page_frame(segment))
		saw(segment->frame == page_frame(segment),
		    "in both processes the segment begins in physical page %#lx", segment->frame);
	must(shmdt(segment));
	return ns;
}

/* Returns how long it took. */
static long through_pipe(int to)
{
	long start = elapsed_ns();

	for (int i = 0; i < ROUNDS; i++) {
		memset(buffer, i, SIZE);
		must(write(to, buffer, SIZE));
	}
	return elapsed_ns() - start;
}

static void act(void)
{
	long memory_ns, pipe_ns;
	int id, end[2];
	pid_t pid;

	id = must(shmget(IPC_PRIVATE, sizeof(struct segment), 0600));
	remove_at_end(SEGMENT, id);
	semaphores = must(semget(IPC_PRIVATE, NR_SEMAPHORES, 0600));
	remove_at_end(SEMAPHORES, semaphores);
	must(pipe(end));
	pid = must(fork());
	if (!pid)
		process_2(id, end[0]);
	step("Two processes attach a segment. %d times process 1 writes 1 MiB and process 2 looks "
	     "at it. They take turns with two semaphores.",
	     ROUNDS);
	memory_ns = through_segment(id);
	step("The same data goes through a pipe.");
	pipe_ns = through_pipe(end[1]);
	join(pid);
	saw(memory_ns < pipe_ns,
	    "in pieces of 1 MiB shared memory is faster: %ld ms, against %ld ms through the pipe",
	    memory_ns / 1000000, pipe_ns / 1000000);
}

static void expect(void)
{
	predict("sysv_shm", "send_ops", 2, "each process attaches the segment");
	predict("sysv_shm", "send_copied", 0, "nothing is copied into the kernel ...");
	predict("sysv_shm", "recv_copied", 0, "... nor out of it");
	predict("sysv_shm", "recv_ops", 2, "each process detaches it");
	predict("pipe", "send_copied", ROUNDS * SIZE, "a pipe copies the same GiB in ...");
	predict("pipe", "recv_copied", ROUNDS * SIZE, "... and out");
	predict_but();
	predict("sysv_sem", "send_ops", 2 * ROUNDS, "to take turns, each round needs two V ...");
	predict("sysv_sem", "recv_ops", 2 * ROUNDS, "... and two P: four system calls");
}

LAB(shared_memory, .nr = 11, .rows = "sysv_shm sysv_sem pipe",
    .claim = "Shared memory maps the same physical pages into both processes. Nothing is copied, "
	     "no system call is needed, the other process sees the data at once: it is the "
	     "fastest.",
    .about = "After both processes have attached the segment, the kernel only handles the first "
	     "touch of each page. A GiB is handed over in a segment, and then through a pipe, "
	     "in pieces of 1 MiB.",
    .task = "Make a System V segment of 1 MiB and two System V semaphores of value 0. Two processes "
	    "attach the segment. 1024 times the first one writes 1 MiB, does V on semaphore 1 and "
	    "P on semaphore 2; the second one does P on semaphore 1, looks at the data, and does V "
	    "on semaphore 2. Both detach the segment. Then hand a GiB over through a pipe.",
    .but = "the data itself needs no copy and no system call. But to know when it is complete, and "
	   "when it may be overwritten, the processes need another mechanism: here four system "
	   "calls for each piece. With small messages that can cost more than the write(2) and "
	   "read(2) of a pipe: see `ipclab bench pipe sysv_shm -s 64`.");
