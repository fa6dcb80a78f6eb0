// SPDX-License-Identifier: GPL-2.0-only
/* Claim 15: POSIX semaphores. They are the kernel's business only when somebody has to sleep. */
#include <semaphore.h>
#include <unistd.h>

#include "textbook.h"

#define TIMES 10000

static void child(sem_t *semaphore, atomic_bool *posted)
{
	must(sem_wait(semaphore));
	saw(*posted, "who finds 0 in sem_wait() waits for a sem_post()");
	_exit(0);
}

static void act(void)
{
	sem_t *semaphore = shared(sizeof(*semaphore));
	atomic_bool *posted = shared(sizeof(*posted));
	int value;
	pid_t pid;

	step("A POSIX semaphore is made in shared memory, with the value 1.");
	must(sem_init(semaphore, 1, 1));
	step("A process does sem_wait() and sem_post() %d times. Nobody else wants it.", TIMES);
	for (int i = 0; i < TIMES; i++) {
		must(sem_wait(semaphore));
		must(sem_post(semaphore));
	}
	look("alone");

	step("It keeps the semaphore. A child wants it, too, and sleeps. Then it is given back.");
	must(sem_wait(semaphore));
	must(sem_getvalue(semaphore, &value));
	saw(value == 0, "sem_wait() has made it 0");
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
	predict("futex", "send_ops", 1, "it is woken once: V");
	predict("futex", "blocked", 0, "in the end nobody is left asleep");
	predict_but();
	predict_at("alone", "futex", "recv_ops", 0, "10000 sem_wait(), and none was a system call");
	predict_at("alone", "futex", "send_ops", 0, "10000 sem_post(), and none was a system call");
	predict("futex", "recv_ops", 1, "one sem_wait() of 10002 has called the kernel");
	predict("sysv_sem", "recv_ops", 0, "the semaphores of System V are something else");
}

LAB(posix_semaphore, .nr = 15, .rows = "futex sysv_sem",
    .claim = "POSIX has semaphores, too: sem_wait() is P, sem_post() is V; who does P while the "
	     "value is 0 sleeps until somebody does V.",
    .about = "A semaphore of System V is an object of the kernel, and each P and V a system call: "
	     "see lab 13. A POSIX semaphore is a number in memory that the processes share, and "
	     "the kernel knows nothing of it. Only who has to sleep asks the kernel for it, with "
	     "futex(2); and who sees that somebody sleeps, to wake him.",
    .task = "In memory that is shared, make a POSIX semaphore between processes, with the value "
	    "1. Do sem_wait() and sem_post() 10000 times. Then do sem_wait(), let a child sleep in "
	    "its sem_wait(), and do sem_post() when it does.",
    .but = "as long as nobody has to wait, P and V are instructions of the processor, and no "
	   "system calls. So the kernel cannot count operations of POSIX semaphores, but waits.");
