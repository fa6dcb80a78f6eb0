// SPDX-License-Identifier: GPL-2.0-only
/*
 * What delays an operation and is no wait for its mechanism: a page that is missing, a
 * lock inside the kernel, another task that takes the CPU.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "edge.h"

#define PAGE 4096
#define OPS 4999

static int fd[2];

/* ---- a page fault, and a lock that is held meanwhile ---- */

static char *missing; /* a page that comes when we say so */
static _Atomic pid_t faulting, locked_out;

static int make_missing(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register area = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC);

	missing = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EDGE_MUST(uffd >= 0 && missing != MAP_FAILED && !ioctl(uffd, UFFDIO_API, &api));
	area.range.start = (uintptr_t)missing;
	area.range.len = PAGE;
	EDGE_MUST(!ioctl(uffd, UFFDIO_REGISTER, &area));
	return uffd;
}

static void *write_missing(void *unused)
{
	faulting = gettid();
	EDGE_MUST(write(fd[1], missing, 64) == 64);
	return unused;
}

static void *write_too(void *unused)
{
	char data[64] = "";

	locked_out = gettid();
	EDGE_MUST(write(fd[1], data, 64) == 64);
	return unused;
}

/* The state that /proc shows of a thread in write(2); 0: it is elsewhere. */
static char state_in_write(pid_t tid)
{
	char path[64], text[512] = "", *state;
	long nr = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", tid);
	f = fopen(path, "r");
	if (f) {
		if (fscanf(f, "%ld", &nr) != 1)
			nr = -1;
		fclose(f);
	}
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	f = fopen(path, "r");
	if (f) {
		text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
		fclose(f);
	}
	state = strrchr(text, ')');
	return nr == SYS_write && state ? state[2] : 0;
}

/* Until it sleeps in write(2): state S or D. */
static char await_sleep(_Atomic pid_t *tid)
{
	char state;

	for (int tries = 0; tries < 10000; tries++) {
		state = *tid ? state_in_write(*tid) : 0;
		if (state == 'S' || state == 'D')
			return state;
		usleep(1000);
	}
	edge_bail(__FILE__, __LINE__, "a thread does not fall asleep");
}

static void page_and_lock(void)
{
	static char page[PAGE];
	struct uffdio_copy copy = { .src = (uintptr_t)page, .len = PAGE };
	int uffd = make_missing();
	pthread_t first, second;
	int64_t blocked;

	copy.dst = (uintptr_t)missing;
	EDGE_MUST(!pipe(fd));
	edge_begin("a missing page, and the pipe's lock");
	EDGE_MUST(!pthread_create(&first, NULL, write_missing, NULL));
	await_sleep(&faulting);
	EDGE_MUST(!pthread_create(&second, NULL, write_too, NULL));
	await_sleep(&locked_out);
	usleep(20000);
	blocked = edge_now("pipe", "blocked");
	EDGE_MUST(!ioctl(uffd, UFFDIO_COPY, &copy));
	pthread_join(first, NULL);
	pthread_join(second, NULL);
	edge_op("pipe", EDGE_SEND, 2, 128, 128, 0);
	edge_expect("pipe", "objects", 0);
	edge_expect("pipe", "queued_bytes", 128);
	edge_expect("pipe", "send_waits", 0);
	edge_expect("pipe", "send_wait_ns", 0);
	edge_end();
	edge_check(blocked == 0, "neither is blocked in the mechanism meanwhile");
	close(fd[0]);
	close(fd[1]);
	close(uffd);
}

/* ---- preemption ---- */

/* Takes the CPU for a while, again and again. */
static int rival(void *unused)
{
	struct sched_param param = { .sched_priority = 1 };
	struct timespec now, start;

	(void)unused;
	EDGE_MUST(!sched_setscheduler(0, SCHED_FIFO, &param));
	for (;;) {
		nanosleep(&(struct timespec){ .tv_nsec = 500000 }, NULL);
		clock_gettime(CLOCK_MONOTONIC, &start);
		do
			clock_gettime(CLOCK_MONOTONIC, &now);
		while ((now.tv_sec - start.tv_sec) * 1000000000L + now.tv_nsec - start.tv_nsec <
		       500000);
	}
}

static void preemption(void)
{
	struct rusage before, after;
	char data[64] = "";
	cpu_set_t one;
	pid_t child;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	EDGE_MUST(!sched_setaffinity(0, sizeof(one), &one));
	child = edge_child(rival, NULL);
	EDGE_MUST(!pipe(fd));
	edge_begin("another task takes the CPU");
	getrusage(RUSAGE_SELF, &before);
	for (int i = 0; i < OPS; i++)
		EDGE_MUST(write(fd[1], data, 64) == 64 && read(fd[0], data, 64) == 64);
	getrusage(RUSAGE_SELF, &after);
	edge_op("pipe", EDGE_SEND, OPS, OPS * 64, OPS * 64, 0);
	edge_op("pipe", EDGE_RECV, OPS, OPS * 64, OPS * 64, 0);
	edge_expect("pipe", "objects", 0);
	edge_expect("pipe", "send_waits", 0);
	edge_expect("pipe", "recv_waits", 0);
	edge_end();
	edge_check(after.ru_nivcsw > before.ru_nivcsw, "and took it %ld times",
		   after.ru_nivcsw - before.ru_nivcsw);
	kill(child, SIGKILL);
	edge_wait(child);
	close(fd[0]);
	close(fd[1]);
}

int main(void)
{
	page_and_lock();
	preemption();
	return edge_done();
}
