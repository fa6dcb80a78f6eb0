// SPDX-License-Identifier: GPL-2.0-only
/*
 * locks FILE: does a known number of flock(2) with FILE, each in a way of its own, and prints
 * what a row flock has to have grown by: send_ops recv_ops send_fails recv_fails recv_waits.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/time.h>
#include <unistd.h>

static struct {
	unsigned int send, recv, send_fails, recv_fails, waits;
} sum;

/* One operation, and what has to come of it. */
static int lock(int fd, int operation, int error)
{
	int got = flock(fd, operation) ? errno : 0;

	if ((operation & ~LOCK_NB) == LOCK_UN) {
		sum.send++;
		sum.send_fails += error != 0;
	} else {
		sum.recv++;
		sum.recv_fails += error != 0;
	}
	sum.waits += error == EINTR;
	if (got == error)
		return 0;
	fprintf(stderr, "locks: flock(%d, %d): errno %d instead of %d\n", fd, operation, got,
		error);
	return 1;
}

static void on_alarm(int sig)
{
	(void)sig;
}

/* Again and again, should it come too early. */
static void interrupt_soon(void)
{
	const struct itimerval often = { .it_value.tv_usec = 200000,
					 .it_interval.tv_usec = 200000 };
	const struct sigaction action = { .sa_handler = on_alarm };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
}

int main(int argc, char **argv)
{
	int one, other, bad = 0;

	if (argc != 2) {
		fprintf(stderr, "Usage: locks FILE\n");
		return 2;
	}
	one = open(argv[1], O_RDWR | O_CREAT, 0600);
	other = open(argv[1], O_RDONLY);
	if (one < 0 || other < 0) {
		perror(argv[1]);
		return 1;
	}
	for (int i = 0; i < 23; i++) {
		bad |= lock(one, LOCK_EX, 0);
		bad |= lock(one, LOCK_UN, 0);
	}
	bad |= lock(one, LOCK_UN | LOCK_NB, 0); /* there is none */
	bad |= lock(one, LOCK_SH, 0);
	bad |= lock(other, LOCK_SH | LOCK_NB, 0);
	bad |= lock(other, LOCK_EX | LOCK_NB, EWOULDBLOCK);
	bad |= lock(-1, LOCK_UN, EBADF);
	bad |= lock(-1, LOCK_EX, EBADF);
	bad |= lock(one, 0, EINVAL);
	bad |= lock(other, LOCK_UN, 0);
	bad |= lock(one, LOCK_EX, 0); /* from shared */
	interrupt_soon();
	bad |= lock(other, LOCK_EX, EINTR);
	close(other);
	close(one); /* locked: no operation */
	printf("%u %u %u %u %u\n", sum.send, sum.recv, sum.send_fails, sum.recv_fails, sum.waits);
	return bad;
}
