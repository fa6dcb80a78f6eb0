// SPDX-License-Identifier: GPL-2.0-only
/* Claim 13: with P and V around it only one process at a time writes: lab 12 with a semaphore. */
#include <sched.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include "textbook.h"

#define PROCESSES 4
#define TIMES 1000
#define ALL (PROCESSES * TIMES)

static void P(int semaphore)
{
	struct sembuf op = { .sem_op = -1 };

	must(semop(semaphore, &op, 1));
}

static void V(int semaphore)
{
	struct sembuf op = { .sem_op = 1 };

	must(semop(semaphore, &op, 1));
}

/* The same as in lab 12. */
static void increment(volatile long *counter)
{
	long value = *counter;

	sched_yield();
	*counter = value + 1;
}

static void child(volatile long *counter, int semaphore)
{
	for (int i = 0; i < TIMES; i++) {
		P(semaphore);
		/* The first process stays inside until all others wait. */
		if (!*counter)
			await_asleep("sysv_sem", PROCESSES - 1);
		increment(counter);
		V(semaphore);
	}
	_exit(0);
}

static void act(void)
{
	volatile long *counter;
	pid_t pid[PROCESSES];
	int segment, semaphore;

	step("A process attaches a segment with a counter (0) and makes a semaphore (1).");
	segment = must(shmget(IPC_PRIVATE, sizeof(*counter), 0600));
	remove_at_end(SEGMENT, segment);
	counter = (void *)must(shmat(segment, NULL, 0));
	semaphore = must(semget(IPC_PRIVATE, 1, 0600));
	remove_at_end(SEMAPHORES, semaphore);
	must(semctl(semaphore, 0, SETVAL, 1));
	remember("have to wait", PROCESSES - 1);
	step("Each of its %d children does P, adds 1 to the counter, and does V: %d times.",
	     PROCESSES, TIMES);
	for (int i = 0; i < PROCESSES; i++) {
		pid[i] = must(fork());
		if (!pid[i])
			child(counter, semaphore);
	}
	for (int i = 0; i < PROCESSES; i++)
		join(pid[i]);
	saw(*counter == ALL, "after %d additions the counter is %ld: no update is lost", ALL,
	    *counter);
	saw(semctl(semaphore, 0, GETVAL) == 1, "the semaphore is 1 again");
	must(shmdt((void *)counter));
}

static void expect(void)
{
	predict("sysv_sem", "recv_ops", ALL, "a P before each addition");
	predict("sysv_sem", "send_ops", ALL, "a V after each addition");
	predict_between("sysv_sem", "recv_waits", recall("have to wait"), ALL,
			"a process that does P while another one is inside sleeps: each but the "
			"first, at least once");
	predict("sysv_sem", "send_waits", 0, "V never waits");
	predict("sysv_sem", "recv_fails", 0, "no P returns before it has succeeded");
	predict("sysv_sem", "blocked", 0, "at the end no process sleeps");
	predict("sysv_shm", "send_copied", 0, "the semaphore protects the data, but carries none");
}

LAB(mutual_exclusion, .nr = 13, .rows = "sysv_sem sysv_shm",
    .claim = "A semaphore is an integer counter with two atomic operations, P and V. With the "
	     "initial value 1 it protects shared memory: mutual exclusion.",
    .about = "P takes 1 from the semaphore, and waits while it is 0. V adds 1, and wakes a process "
	     "that waits. Only one process at a time is between P and V. This is lab 12 with a "
	     "semaphore. Each P, each V and each sleep is counted.",
    .task = "Attach a System V segment with a counter, make a System V semaphore of value 1, and 4 "
	    "children. Each of them adds 1 to the counter, 1000 times, between semop(2) by -1 and "
	    "semop(2) by 1.");
