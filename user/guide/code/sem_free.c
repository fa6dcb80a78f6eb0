// SPDX-License-Identifier: GPL-2.0-only
/* sem_free posix|sysv: 1000 times P and V on a semaphore that no other process uses. */
#include <err.h>
#include <semaphore.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/sem.h>

#define ROUNDS 1000

static void posix(void)
{
	sem_t *sem =
		mmap(NULL, sizeof(*sem), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (sem == MAP_FAILED || sem_init(sem, 1, 1))
		err(1, "sem_init");
	for (int i = 0; i < ROUNDS; i++)
		if (sem_wait(sem) || sem_post(sem))
			err(1, "sem_wait");
}

static void sysv(void)
{
	struct sembuf p = { .sem_op = -1 }, v = { .sem_op = 1 };
	int set = semget(IPC_PRIVATE, 1, 0600);

	if (set < 0 || semctl(set, 0, SETVAL, 1))
		err(1, "semget");
	for (int i = 0; i < ROUNDS; i++)
		if (semop(set, &p, 1) || semop(set, &v, 1))
			err(1, "semop");
	semctl(set, 0, IPC_RMID);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "posix"))
		posix();
	else if (argc == 2 && !strcmp(argv[1], "sysv"))
		sysv();
	else
		errx(2, "Usage: sem_free posix|sysv");
	return 0;
}
