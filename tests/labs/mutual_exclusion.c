// SPDX-License-Identifier: GPL-2.0-only
/*
 * The task of the lab mutual_exclusion, as a student does it; WRONG: the sum is right, for the
 * addition is atomic, but no semaphore protects it.
 */
#include <err.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN 4
#define TIMES 1000

static __attribute__((unused)) void add(int semaphore, int n)
{
	struct sembuf op = { .sem_op = n };

	if (semop(semaphore, &op, 1))
		err(1, "semop");
}

static void child(volatile int *counter, int semaphore)
{
	for (int i = 0; i < TIMES; i++) {
#ifdef WRONG
		(void)semaphore;
		__atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
#else
		add(semaphore, -1);
		++*counter;
		add(semaphore, 1);
#endif
	}
	_exit(0);
}

int main(void)
{
	int segment = shmget(IPC_PRIVATE, sizeof(int), 0600);
	int semaphore = semget(IPC_PRIVATE, 1, 0600);
	int *counter = shmat(segment, NULL, 0);

	if (semaphore < 0 || counter == (void *)-1 || semctl(semaphore, 0, SETVAL, 1))
		err(1, "semget or shmat");
	shmctl(segment, IPC_RMID, NULL);
	for (int i = 0; i < CHILDREN; i++)
		if (!fork())
			child(counter, semaphore);
	while (wait(NULL) > 0)
		;
	semctl(semaphore, 0, IPC_RMID);
	return *counter == CHILDREN * TIMES ? 0 : 1;
}
