// SPDX-License-Identifier: GPL-2.0-only
/*
 * sem_opposite [same]: two processes take the same two semaphores in opposite order, which is a
 * deadlock; or in the same order.
 */
#include <err.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>

static void add(int semaphore, int n)
{
	struct sembuf op = { .sem_op = n };

	if (semop(semaphore, &op, 1))
		err(1, "semop");
}

static void take_both(int first, int second)
{
	add(first, -1);
	usleep(200000); /* long enough for the other one to take its first */
	add(second, -1);
	add(second, 1);
	add(first, 1);
}

int main(int argc, char **argv)
{
	bool same = argc > 1 && !strcmp(argv[1], "same");
	int a = semget(IPC_PRIVATE, 1, 0600), b = semget(IPC_PRIVATE, 1, 0600);

	if (a < 0 || b < 0)
		err(1, "semget");
	add(a, 1);
	add(b, 1);
	if (!fork()) {
		if (same)
			take_both(a, b);
		else
			take_both(b, a);
		return 0;
	}
	take_both(a, b);
	wait(NULL);
	semctl(a, 0, IPC_RMID);
	semctl(b, 0, IPC_RMID);
	return 0;
}
