// SPDX-License-Identifier: GPL-2.0-only
/* Claim 14: a semaphore that begins with 0 makes one process wait until another one is done. */
#include <sys/sem.h>
#include <unistd.h>

#include "textbook.h"

#define ROUNDS 10

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

/* The things that process 1 makes, and how many of them process 2 has used. */
struct things {
	atomic_bool made[ROUNDS];
	atomic_int used;
};

static struct things *things;

/* Process 2. It does P before it uses anything. */
static void use(int semaphore, const char *what_is_seen)
{
	int early = 0;

	for (int i = 0; i < ROUNDS; i++) {
		P(semaphore);
		early += !things->made[i];
		things->used++;
	}
	saw(!early, "%s", what_is_seen);
	_exit(0);
}

/* Process 2 always comes first. */
static void first_2(int semaphore)
{
	pid_t pid = must(fork());

	if (!pid)
		use(semaphore, "process 2 came first and waited for each thing");
	for (int i = 0; i < ROUNDS; i++) {
		await_asleep("sysv_sem", 1);
		things->made[i] = true;
		V(semaphore);
		while (things->used == i)
			usleep(1000);
	}
	join(pid);
}

/* Process 1 makes everything before process 2 begins: the semaphore has counted it. */
static void first_1(int semaphore)
{
	pid_t pid;

	for (int i = 0; i < ROUNDS; i++) {
		things->made[i] = true;
		V(semaphore);
	}
	saw(semctl(semaphore, 0, GETVAL) == ROUNDS, "before process 2 begins, the semaphore is %d",
	    ROUNDS);
	pid = must(fork());
	if (!pid)
		use(semaphore, "process 2 came later and found everything");
	join(pid);
}

static void act(void)
{
	int semaphore = must(semget(IPC_PRIVATE, 1, 0600));

	remove_at_end(SEMAPHORES, semaphore);
	must(semctl(semaphore, 0, SETVAL, 0));
	step("The semaphore is 0. Process 2 does P and sleeps; process 1 makes a thing and does V: "
	     "%d times.",
	     ROUNDS);
	things = shared(sizeof(*things));
	first_2(semaphore);
	look("2 came first");
	step("Now process 1 makes %d things, and does V after each. Only then does process 2 begin.",
	     ROUNDS);
	things = shared(sizeof(*things));
	first_1(semaphore);
	saw(semctl(semaphore, 0, GETVAL) == 0, "at the end the semaphore is 0 again");
}

static void expect(void)
{
	predict_at("2 came first", "sysv_sem", "recv_waits", ROUNDS,
		   "it sleeps exactly once in each P");
	predict("sysv_sem", "recv_waits", ROUNDS,
		"later it never sleeps: everything is made already");
	predict("sysv_sem", "recv_ops", 2 * ROUNDS, "one P for each thing that is used");
	predict("sysv_sem", "send_ops", 2 * ROUNDS, "one V for each thing that is made");
	predict("sysv_sem", "send_waits", 0, "V never waits");
}

LAB(order, .nr = 14, .rows = "sysv_sem",
    .claim = "A semaphore also synchronises: with the initial value 0, one process waits until "
	     "another one is done.",
    .about = "Process 2 must not begin before process 1 has done its part. So process 2 does P, "
	     "and process 1 does V when it is done. The order is the same whichever process is "
	     "faster; the speed only decides whether process 2 has to sleep.",
    .task = "Make a System V semaphore of value 0. Ten times a process does P and sleeps, and "
	    "another one does V when the first one sleeps. Then the second process does V ten "
	    "times, and after all of these the first one does P ten times.");
