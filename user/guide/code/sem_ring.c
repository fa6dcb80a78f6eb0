// SPDX-License-Identifier: GPL-2.0-only
/*
 * sem_ring [backwards]: producer and consumer. 1000 numbers go through a ring of 4 places, with
 * three semaphores. With "backwards" the producer takes the mutex first: a deadlock.
 */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>

#define ITEMS 1000
#define PLACES 4

enum {
	EMPTY, /* places that are free */
	FULL,  /* places that are taken */
	MUTEX, /* 1: nobody is at the ring */
	NR_SEMAPHORES
};

static int set;
static bool backwards;

static void add(int nr, int n)
{
	struct sembuf op = { .sem_num = nr, .sem_op = n };

	if (semop(set, &op, 1))
		err(1, "semop");
}

static void P(int nr)
{
	add(nr, -1);
}

static void V(int nr)
{
	add(nr, 1);
}

static void produce(int *ring)
{
	for (int i = 0; i < ITEMS; i++) {
		P(backwards ? MUTEX : EMPTY);
		P(backwards ? EMPTY : MUTEX);
		ring[i % PLACES] = i;
		V(MUTEX);
		V(FULL);
	}
}

static long consume(const int *ring)
{
	long sum = 0;

	for (int i = 0; i < ITEMS; i++) {
		P(FULL);
		P(MUTEX);
		sum += ring[i % PLACES];
		V(MUTEX);
		V(EMPTY);
	}
	return sum;
}

int main(int argc, char **argv)
{
	int *ring = mmap(NULL, PLACES * sizeof(int), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	backwards = argc > 1 && !strcmp(argv[1], "backwards");
	set = semget(IPC_PRIVATE, NR_SEMAPHORES, 0600);
	if (ring == MAP_FAILED || set < 0)
		err(1, "semget");
	semctl(set, EMPTY, SETVAL, PLACES);
	semctl(set, MUTEX, SETVAL, 1);
	if (!fork()) {
		produce(ring);
		return 0;
	}
	if (backwards)
		usleep(100000); /* the ring is full by then */
	printf("sum %ld\n", consume(ring));
	wait(NULL);
	semctl(set, 0, IPC_RMID);
	return 0;
}
