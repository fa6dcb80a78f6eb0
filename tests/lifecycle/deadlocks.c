// SPDX-License-Identifier: GPL-2.0-only
/*
 * deadlocks CASE FILE: processes that wait for each other, or seem to.
 *
 * Writes the pids of "left", "right" and, where there is one, "third" into FILE when all
 * of them are asleep, waits until somebody removes it, and ends them.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <mqueue.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "asleep.h"

#define MUST(cond)                                                             \
	do {                                                                   \
		if (!(cond)) {                                                 \
			fprintf(stderr, "deadlocks: line %d: %m\n", __LINE__); \
			exit(1);                                               \
		}                                                              \
	} while (0)

static pid_t child[3];
static int nr_children;

/* ---- what they do ---- */

static int to_left[2], to_right[2]; /* pipes, or a pair of sockets in to_left */
static int sem_id = -1, queue[2] = { -1, -1 };
static mqd_t mq[2];

static void make_pipes(void)
{
	MUST(!pipe(to_left) && !pipe(to_right));
}

static void read_byte(int fd)
{
	char c;

	if (read(fd, &c, 1) != 1)
		_exit(1); /* the others have ended first */
}

static void nap(void)
{
	nanosleep(&(struct timespec){ 1000, 0 }, NULL);
}

static void *napping(void *unused)
{
	nap();
	return unused;
}

static void left_reads(void)
{
	close(to_left[1]);
	close(to_right[0]);
	read_byte(to_left[0]);
}

static void right_reads(void)
{
	close(to_right[1]);
	close(to_left[0]);
	read_byte(to_right[0]);
}

static void right_naps(void)
{
	close(to_left[0]);
	nap();
}

static void third_pauses(void)
{
	close(to_left[0]);
	close(to_right[0]);
	close(to_right[1]);
	pause();
}

static void right_has_a_thread(void)
{
	pthread_t thread;

	MUST(!pthread_create(&thread, NULL, napping, NULL));
	right_reads();
}

/* Nobody else writes, and he himself does not. */
static void reads_own_pipe(void)
{
	close(to_right[0]);
	close(to_right[1]);
	read_byte(to_left[0]);
}

static void make_sems(void)
{
	sem_id = semget(IPC_PRIVATE, 2, 0600);
	MUST(sem_id >= 0);
	MUST(!semop(sem_id, (struct sembuf[]){ { 0, 1, 0 }, { 1, 1, 0 } }, 2));
}

static void take(unsigned short nr, const struct timespec *timeout)
{
	MUST(!semtimedop(sem_id, &(struct sembuf){ nr, -1, 0 }, 1, timeout));
}

/* Both have taken their first one before they want the other's. */
static void await_zero(unsigned short nr)
{
	while (semctl(sem_id, nr, GETVAL))
		usleep(1000);
}

static void take_in_order(unsigned short first, unsigned short then, const struct timespec *timeout)
{
	take(first, NULL);
	await_zero(then);
	take(then, timeout);
}

static void left_takes(void)
{
	take_in_order(0, 1, NULL);
}

static void right_takes(void)
{
	take_in_order(1, 0, NULL);
}

static void right_takes_in_time(void)
{
	take_in_order(1, 0, &(struct timespec){ 1000, 0 });
}

static void right_takes_and_naps(void)
{
	take(1, NULL);
	nap();
}

/* A pipe one way, a semaphore the other. */
static void make_mixed(void)
{
	make_pipes();
	make_sems();
}

static void left_takes_and_reads(void)
{
	take(0, NULL);
	left_reads();
}

static void right_waits_for_sem(void)
{
	close(to_left[0]);
	await_zero(0);
	take(0, NULL);
}

struct msg {
	long type;
	char text[1];
};

static void make_queues(void)
{
	for (int i = 0; i < 2; i++) {
		queue[i] = msgget(IPC_PRIVATE, 0600);
		MUST(queue[i] >= 0);
	}
}

/* Each has sent the other a message, has got one, and waits for the next. */
static void talk(int from, int to)
{
	struct msg msg = { .type = 1 };

	MUST(!msgsnd(queue[to], &msg, 1, 0));
	MUST(msgrcv(queue[from], &msg, 1, 0, 0) == 1);
	MUST(msgrcv(queue[from], &msg, 1, 0, 0) == 1);
}

static void left_talks(void)
{
	talk(0, 1);
}

static void right_talks(void)
{
	talk(1, 0);
}

static void make_mqs(void)
{
}

static void wait_for_mail(int own, int others)
{
	static const char *const name[2] = { "/deadlocks0", "/deadlocks1" };
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 1 };
	char c;

	mq[own] = mq_open(name[own], O_RDONLY | O_CREAT, 0600, &attr);
	MUST(mq[own] >= 0);
	mq[others] = mq_open(name[others], O_WRONLY | O_CREAT, 0600, &attr);
	MUST(mq[others] >= 0);
	MUST(mq_receive(mq[own], &c, 1, NULL) == 1);
}

static void left_waits_for_mail(void)
{
	wait_for_mail(0, 1);
}

static void right_waits_for_mail(void)
{
	wait_for_mail(1, 0);
}

static void make_sockets(void)
{
	MUST(!socketpair(AF_UNIX, SOCK_STREAM, 0, to_left));
	to_right[0] = to_right[1] = -1;
}

static void left_receives(void)
{
	close(to_left[1]);
	read_byte(to_left[0]);
}

static void right_receives(void)
{
	close(to_left[0]);
	read_byte(to_left[1]);
}

/* The system calls that they are to be seen asleep in, in their order. */
static const struct scenario {
	const char *name;
	void (*make)(void);
	void (*act[3])(void);
	long syscall[3];
} scenarios[] = {
	{ "pipes", make_pipes, { left_reads, right_reads }, { SYS_read, SYS_read } },
	{ "self", make_pipes, { reads_own_pipe }, { SYS_read } },
	{ "sems", make_sems, { left_takes, right_takes }, { SYS_semtimedop, SYS_semtimedop } },
	{ "queues", make_queues, { left_talks, right_talks }, { SYS_msgrcv, SYS_msgrcv } },
	{ "mixed",
	  make_mixed,
	  { left_takes_and_reads, right_waits_for_sem },
	  { SYS_read, SYS_semtimedop } },
	{ "mqs",
	  make_mqs,
	  { left_waits_for_mail, right_waits_for_mail },
	  { SYS_mq_timedreceive, SYS_mq_timedreceive } },
	{ "sockets", make_sockets, { left_receives, right_receives }, { SYS_read, SYS_read } },
	/* None of these is one. */
	{ "slow", make_pipes, { left_reads, right_naps }, { SYS_read, SYS_clock_nanosleep } },
	{ "slowsem",
	  make_sems,
	  { left_takes, right_takes_and_naps },
	  { SYS_semtimedop, SYS_clock_nanosleep } },
	{ "timed",
	  make_sems,
	  { left_takes, right_takes_in_time },
	  { SYS_semtimedop, SYS_semtimedop } },
	{ "third",
	  make_pipes,
	  { left_reads, right_reads, third_pauses },
	  { SYS_read, SYS_read, SYS_pause } },
	{ "thread", make_pipes, { left_reads, right_has_a_thread }, { SYS_read, SYS_read } },
};

/* ---- */

static pid_t start(void (*act)(void), const char *name)
{
	pid_t pid = fork();

	MUST(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, name);
		act();
		_exit(1);
	}
	return pid;
}

/* All asleep for a while: nobody is on his way to where he stays. */
static void await_sleep(const struct scenario *s)
{
	for (int calm = 0; calm < 50; calm++) {
		for (int i = 0; i < nr_children; i++)
			if (!asleep(child[i], child[i], s->syscall[i]))
				calm = 0;
		usleep(1000);
	}
}

static void end(void)
{
	for (int i = 0; i < nr_children; i++) {
		kill(child[i], SIGKILL);
		waitpid(child[i], NULL, 0);
	}
	if (sem_id >= 0)
		semctl(sem_id, 0, IPC_RMID);
	for (int i = 0; i < 2; i++)
		if (queue[i] >= 0)
			msgctl(queue[i], IPC_RMID, NULL);
	mq_unlink("/deadlocks0");
	mq_unlink("/deadlocks1");
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "left", "right", "third" };
	const struct scenario *s = scenarios;
	FILE *file;

	while (argc == 3 && s < scenarios + sizeof(scenarios) / sizeof(*s) &&
	       strcmp(s->name, argv[1]))
		s++;
	if (argc != 3 || s == scenarios + sizeof(scenarios) / sizeof(*s)) {
		fprintf(stderr, "Usage: deadlocks CASE FILE\n");
		return 2;
	}
	to_left[0] = to_left[1] = to_right[0] = to_right[1] = -1;
	s->make();
	while (nr_children < 3 && s->act[nr_children]) {
		child[nr_children] = start(s->act[nr_children], names[nr_children]);
		nr_children++;
	}
	/* A pipe that we held would have a writer who is awake. */
	for (int i = 0; i < 2; i++) {
		close(to_left[i]);
		close(to_right[i]);
	}
	await_sleep(s);
	file = fopen(argv[2], "w");
	MUST(file);
	for (int i = 0; i < nr_children; i++)
		fprintf(file, "%d ", child[i]);
	MUST(!fclose(file));
	while (!access(argv[2], F_OK))
		usleep(10000);
	end();
	return 0;
}
