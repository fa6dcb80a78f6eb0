// SPDX-License-Identifier: GPL-2.0-only
/* shm_handover pipe|memory: a process hands 16 MiB to its child, which adds up the bytes. */
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#define BYTES (16 << 20)
#define PIECE 65536

static unsigned long sum(const unsigned char *data, size_t bytes)
{
	unsigned long sum = 0;

	for (size_t i = 0; i < bytes; i++)
		sum += data[i];
	return sum;
}

static void through_pipe(void)
{
	static unsigned char piece[PIECE];
	unsigned long total = 0;
	int end[2];
	ssize_t n;

	if (pipe(end))
		err(1, "pipe");
	if (!fork()) {
		close(end[1]);
		while ((n = read(end[0], piece, PIECE)) > 0)
			total += sum(piece, n);
		printf("the child adds up %lu\n", total);
		return;
	}
	memset(piece, 1, PIECE);
	for (long sent = 0; sent < BYTES; sent += PIECE)
		if (write(end[1], piece, PIECE) != PIECE)
			err(1, "write");
	close(end[1]);
	wait(NULL);
}

static void through_memory(void)
{
	int segment = shmget(IPC_PRIVATE, BYTES, 0600);
	unsigned char *data = shmat(segment, NULL, 0);

	if (data == (void *)-1)
		err(1, "shmat");
	shmctl(segment, IPC_RMID, NULL); /* it goes with its last user */
	memset(data, 1, BYTES);
	if (!fork()) {
		printf("the child adds up %lu\n", sum(data, BYTES));
		return;
	}
	wait(NULL);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "pipe"))
		through_pipe();
	else if (argc == 2 && !strcmp(argv[1], "memory"))
		through_memory();
	else
		errx(2, "Usage: shm_handover pipe|memory");
	return 0;
}
