// SPDX-License-Identifier: GPL-2.0-only
/* Claim 12: processes that write the same shared memory overwrite what the others wrote. */
#include <sched.h>
#include <sys/shm.h>
#include <unistd.h>

#include "textbook.h"

#define PROCESSES 4
#define TIMES 5000
#define ALL (PROCESSES * TIMES)

/* The two steps of `(*counter)++`. The scheduler rarely takes the CPU away just between them.
 * So the process yields there, and updates are lost quickly. */
static void increment(volatile long *counter)
{
	long value = *counter;

	sched_yield();
	*counter = value + 1;
}

static void child(volatile long *counter, atomic_int *ready)
{
	++*ready;
	while (*ready < PROCESSES)
		sched_yield();
	for (int i = 0; i < TIMES; i++)
		increment(counter);
	_exit(0);
}

static void act(void)
{
	atomic_int *ready = shared(sizeof(*ready));
	volatile long *counter;
	pid_t pid[PROCESSES];
	int id;

	step("A process attaches a segment with a counter, 0, and makes %d children.", PROCESSES);
	id = must(shmget(IPC_PRIVATE, sizeof(*counter), 0600));
	remove_at_end(SEGMENT, id);
	counter = (void *)must(shmat(id, NULL, 0));
	step("Each child adds 1 to the counter %d times: reads it, and writes one more.", TIMES);
	for (int i = 0; i < PROCESSES; i++) {
		pid[i] = must(fork());
		if (!pid[i])
			child(counter, ready);
	}
	for (int i = 0; i < PROCESSES; i++)
		join(pid[i]);
	saw(*counter < ALL, "after %d additions the counter is %ld: %ld updates are lost", ALL,
	    *counter, ALL - *counter);
	must(shmdt((void *)counter));
}

static void expect(void)
{
	predict("sysv_shm", "send_ops", 1 + PROCESSES,
		"the parent attaches the segment; each child inherits that");
	predict("sysv_shm", "recv_ops", 1 + PROCESSES,
		"each process detaches it, at the latest when it ends");
	predict("sysv_shm", "send_copied", 0, "the kernel copies nothing, so it sees no conflict");
	predict("sysv_sem", "recv_ops", 0, "no process waits for its turn: no P ...");
	predict("sysv_sem", "send_ops", 0, "... and no V");
}

LAB(lost_updates, .nr = 12, .rows = "sysv_shm sysv_sem",
    .claim = "Shared memory brings conflict: processes that write at the same time overwrite each "
	     "other's data.",
    .about = "To add 1 to a number is to read it and to write it. If another process does the "
	     "same in between, one of the two additions is lost. The number of lost updates "
	     "differs from run to run. The processes yield the CPU at the worst moment, between "
	     "read and write. Without that, updates are lost as well, but on one CPU it may take "
	     "long. Lab 13 does the same with a semaphore.",
    .task = "Attach a System V segment with a counter, and make 4 children. Each of them adds 1 "
	    "to it, 5000 times, without any protection.");
