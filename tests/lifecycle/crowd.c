// SPDX-License-Identifier: GPL-2.0-only
/*
 * crowd pipes|queues|semaphores|processes COUNT FILE: make so many, create FILE when all are
 * there (the processes asleep, reading from one pipe), and end when somebody removes it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "asleep.h"

#define MUST(cond)                                                         \
	do {                                                               \
		if (!(cond)) {                                             \
			fprintf(stderr, "crowd: line %d: %m\n", __LINE__); \
			exit(1);                                           \
		}                                                          \
	} while (0)

static int *made;
static int door[2];

static int make_pipe(void)
{
	int fd[2];

	return pipe(fd) ? -1 : fd[0];
}

static int make_queue(void)
{
	return msgget(IPC_PRIVATE, 0600);
}

static void end_queue(int id)
{
	MUST(!msgctl(id, IPC_RMID, NULL));
}

static int make_semaphore(void)
{
	return semget(IPC_PRIVATE, 1, 0600);
}

static void end_semaphore(int id)
{
	MUST(!semctl(id, 0, IPC_RMID));
}

static int make_process(void)
{
	pid_t pid = fork();
	char c;

	if (!pid) {
		close(door[1]);
		_exit(read(door[0], &c, 1) != 0);
	}
	return pid;
}

static void end_process(int pid)
{
	int status;

	close(door[1]);
	MUST(waitpid(pid, &status, 0) == pid && !status);
}

static const struct {
	const char *name;
	int (*make)(void);
	void (*end)(int made);
} kinds[] = {
	{ "pipes", make_pipe, NULL },
	{ "queues", make_queue, end_queue },
	{ "semaphores", make_semaphore, end_semaphore },
	{ "processes", make_process, end_process },
};

int main(int argc, char **argv)
{
	const struct rlimit files = { 1 << 20, 1 << 20 }, tasks = { RLIM_INFINITY, RLIM_INFINITY };
	unsigned int kind = 0;
	int count;

	if (argc != 4)
		return 2;
	count = atoi(argv[2]);
	while (kind < sizeof(kinds) / sizeof(kinds[0]) && strcmp(kinds[kind].name, argv[1]))
		kind++;
	MUST(kind < sizeof(kinds) / sizeof(kinds[0]) && count > 0);
	MUST(!setrlimit(RLIMIT_NOFILE, &files) && !setrlimit(RLIMIT_NPROC, &tasks));
	made = calloc(count, sizeof(*made));
	MUST(made && !pipe(door));
	for (int i = 0; i < count; i++) {
		made[i] = kinds[kind].make();
		MUST(made[i] >= 0);
	}
	for (int i = 0; kinds[kind].make == make_process && i < count; i++)
		while (!asleep(made[i], made[i], SYS_read))
			usleep(1000);
	MUST(close(open(argv[3], O_CREAT | O_WRONLY, 0600)) == 0);
	while (!access(argv[3], F_OK))
		usleep(100000);
	for (int i = 0; kinds[kind].end && i < count; i++)
		kinds[kind].end(made[i]);
	return 0;
}
