// SPDX-License-Identifier: GPL-2.0-only
/* Claim 15: POSIX semaphores. They enter the kernel only when a process has to sleep. */
#include <semaphore.h>
#include <unistd.h>

#include "textbook.h"

#define TIMES 10000

static void child(sem_t *semaphore, atomic_bool *posted)
{
	must(sem_wait(semaphore));
	saw(*posted, "a process that finds 0 in sem_wait() waits for a sem_post()");
	_exit(0);
}

static void act(void)
{
	sem_t *semaphore = shared(sizeof(*semaphore));
	atomic_bool *posted = shared(sizeof(*posted));
	int value;
	pid_t pid;

	step("A process makes a POSIX semaphore of value 1 in shared memory.");
	must(sem_init(semaphore, 1, 1));
	step("It does sem_wait() and sem_post() %d times. No other process uses the semaphore.",
	     TIMES);
	for (int i = 0; i < TIMES; i++) {
		must(sem_wait(semaphore));
		must(sem_post(semaphore));
	}
	look("alone");

	step("It takes the semaphore. A child wants it, too, and sleeps. Then the parent gives it back.");
	must(sem_wait(semaphore));
	must(sem_getvalue(semaphore, &value));
	saw(value == 0, "sem_wait() has set it to 0");
	pid = must(fork());
	if (!pid)
		child(semaphore, posted);
	await_asleep("futex", 1);
	*posted = true;
	must(sem_post(semaphore));
	join(pid);
	must(sem_destroy(semaphore));
}

static void expect(void)
{
	predict("futex", "recv_waits", 1, "the child sleeps once: P waits while the value is 0");
	predict("futex", "send_ops", 1, "sem_post() wakes it once: V");
	predict("futex", "blocked", 0, "at the end no process sleeps");
	predict_but();
	predict_at("alone", "futex", "recv_ops", 0, "10000 sem_wait(), none of them a system call");
	predict_at("alone", "futex", "send_ops", 0, "10000 sem_post(), none of them a system call");
	predict("futex", "recv_ops", 1, "one sem_wait() of 10002 called the kernel");
	predict("sysv_sem", "recv_ops", 0, "it is not a System V semaphore");
}

LAB(posix_semaphore, .nr = 15, .rows = "futex sysv_sem",
    .claim = "POSIX has semaphores, too: sem_wait() is P, sem_post() is V; a process that does P "
	     "while the value is 0 sleeps until another one does V.",
    .about = "A System V semaphore is an object of the kernel, and each P and V is a system call: "
	     "see lab 13. A POSIX semaphore is a number in memory that the processes share; the "
	     "kernel does not know it. A process calls the kernel, with futex(2), only to sleep, "
	     "or to wake a process that sleeps.",
    .task = "In shared memory, make a POSIX semaphore for several processes, with the value 1. Do "
	    "sem_wait() and sem_post() 10000 times. Then do sem_wait(), let a child sleep in its "
	    "sem_wait(), and do sem_post() when it sleeps.",
    .but = "as long as no process has to wait, P and V are instructions of the processor, not "
	   "system calls. So the kernel can count the waits, but not the operations.");
