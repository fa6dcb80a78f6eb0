// SPDX-License-Identifier: GPL-2.0-only
/* Claim 12: processes that write the same shared memory overwrite what the others wrote. */
#include <sched.h>
#include <sys/shm.h>
#include <unistd.h>

#include "textbook.h"

#define PROCESSES 4
#define TIMES 5000
#define ALL (PROCESSES * TIMES)

/* What `(*counter)++` is for the machine. The scheduler may take the CPU away between the two
 * lines; seldom, for they are short. So that nobody has to wait for it, it is offered. */
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
	step("Each of them adds 1 to it, %d times: reads it, and writes one more.", TIMES);
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
		"who made it attaches it; each child inherits that");
	predict("sysv_shm", "recv_ops", 1 + PROCESSES, "all detach it, at their end at the latest");
	predict("sysv_shm", "send_copied", 0, "the kernel copies nothing, and so it sees nothing");
	predict("sysv_sem", "recv_ops", 0, "nobody asks whether another one is at it: no P ...");
	predict("sysv_sem", "send_ops", 0, "... and no V");
}

LAB(lost_updates, .nr = 12, .rows = "sysv_shm sysv_sem",
    .claim = "Shared memory brings conflict: processes that write at the same time overwrite each "
	     "other's data.",
    .about = "To add 1 to a number is to read it, and to write it. If another process does the "
	     "same in between, one of both additions is lost. How many are is different each "
	     "time. The processes offer the CPU to each other at the worst moment, between read "
	     "and write; without that it happens as well, but on one CPU it may take long. Lab "
	     "13 does the same with a semaphore.",
    .task = "Attach a System V segment with a counter, and make 4 children. Each of them adds 1 "
	    "to it, 5000 times, without any protection.");
