// SPDX-License-Identifier: GPL-2.0-only
/*
 * An operation that is under way while the module is loaded: it does not count, nor does
 * what its task sleeps for afterwards; and the task's next operations do.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "edge.h"

static struct {
	atomic_int go, done;
} * shared;

static int fd[2];

/* One read for each go; in between it sleeps for no mechanism. */
static int reader(void *unused)
{
	char c;

	(void)unused;
	for (int nr = 1;; nr++) {
		while (shared->go < nr)
			nanosleep(&(struct timespec){ .tv_nsec = 500000000 }, NULL);
		if (read(fd[0], &c, 1) != 1)
			return 1;
		shared->done = nr;
	}
}

static void write_byte(void)
{
	EDGE_MUST(write(fd[1], "", 1) == 1);
}

static void await_done(void)
{
	for (int tries = 0; shared->done != shared->go; tries++) {
		EDGE_MUST(tries < 10000);
		usleep(1000);
	}
}

int main(void)
{
	int64_t blocked;
	pid_t child;

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	EDGE_MUST(shared != MAP_FAILED && !pipe(fd));
	edge_unload();
	shared->go = 1;
	child = edge_child(reader, NULL);
	edge_asleep(child, SYS_read);
	edge_load();

	edge_begin("a read that is older than the module");
	write_byte();
	await_done();
	edge_asleep(child, SYS_clock_nanosleep);
	blocked = edge_now("pipe", "blocked");
	edge_op("pipe", EDGE_SEND, 1, 1, 1, 0);
	edge_value("pipe", "blocked", 0);
	edge_end();

	edge_check(blocked == 0, "its task sleeps for something else");

	edge_begin("the next read, which need not sleep");
	write_byte();
	shared->go++;
	await_done();
	edge_op("pipe", EDGE_SEND, 1, 1, 1, 0);
	edge_op("pipe", EDGE_RECV, 1, 1, 1, 0);
	edge_value("pipe", "blocked", 0);
	edge_end();

	edge_begin("and one that sleeps");
	shared->go++;
	edge_asleep(child, SYS_read);
	blocked = edge_now("pipe", "blocked");
	write_byte();
	await_done();
	edge_op("pipe", EDGE_SEND, 1, 1, 1, 0);
	edge_op("pipe", EDGE_RECV, 1, 1, 1, 0);
	edge_expect("pipe", "recv_waits", 1);
	edge_value("pipe", "blocked", 0);
	edge_end();
	edge_check(blocked == 1, "which is seen in blocked");

	kill(child, SIGKILL);
	edge_wait(child);
	return edge_done();
}
