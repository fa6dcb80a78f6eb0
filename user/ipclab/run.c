// SPDX-License-Identifier: GPL-2.0-only
/*
 * One run of an exercise: its objects, its processes, and their end. The main
 * process makes and removes every object, so that one process knows them all;
 * the children only use them, and die with it.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exercise.h"

volatile int lab_interrupted;

static void give_up(const char *what)
{
	fprintf(stderr, "ipclab: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void *zeroed(size_t n, size_t size)
{
	void *mem = calloc(n, size);

	if (!mem)
		give_up("memory");
	return mem;
}

struct lab *lab_new(const struct exercise *exercise, unsigned int pairs, unsigned long count,
		    size_t size)
{
	size_t bytes = sizeof(struct lab_shared) + pairs * sizeof(struct pair_shared);
	struct lab *lab = zeroed(1, sizeof(*lab));

	lab->exercise = exercise;
	lab->pairs = pairs;
	lab->count = count;
	lab->total = (uint64_t)pairs * count;
	lab->size = exercise->limit ? size : 0;
	lab->shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (lab->shared == MAP_FAILED)
		give_up("shared memory");
	lab->shared_size = bytes;
	lab->pair = zeroed(pairs, sizeof(*lab->pair));
	for (unsigned int i = 0; i < pairs; i++) {
		struct pair *p = &lab->pair[i];

		p->lab = lab;
		p->shared = &lab->shared->pair[i];
		p->nr = i;
		p->count = count;
		p->size = lab->size;
		p->fd[0] = p->fd[1] = p->id = -1;
	}
	return lab;
}

void lab_become_child(pid_t parent)
{
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(1);
}

static void child(struct pair *p, pid_t parent)
{
	int ret;

	lab_become_child(parent);
	/* Nobody is urgent. Otherwise each message's receiver would interrupt its sender. */
	sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){ 0 });
	p->buf = calloc(1, p->size + LAB_HEADROOM);
	if (!p->buf) {
		ret = lab_error(p, "memory for the data");
	} else if (p->sender) {
		ret = p->lab->exercise->sender(p);
		atomic_store(&p->shared->done, p->count);
		if (!ret && !p->been_half_way)
			lab_half_way(p);
	} else {
		ret = p->lab->exercise->receiver(p);
	}
	_exit(ret ? 1 : 0);
}

static pid_t start_child(struct pair *p, bool sender)
{
	pid_t parent = getpid(), pid = fork();

	p->sender = sender;
	if (!pid)
		child(p, parent);
	if (pid < 0)
		return lab_error(p, "fork");
	p->child[sender] = pid;
	p->lab->children++;
	return pid;
}

/* Takes notice of children that have ended. */
static int reap(struct lab *lab, int options)
{
	int status, ret = 0;
	char why[64];
	pid_t pid;

	while (lab->children && (pid = waitpid(-1, &status, options)) > 0) {
		for (unsigned int i = 0; i < 2 * lab->pairs; i++)
			if (lab->pair[i / 2].child[i % 2] == pid)
				lab->pair[i / 2].child[i % 2] = 0;
		lab->children--;
		if (!status)
			continue;
		if (WIFSIGNALED(status))
			snprintf(why, sizeof(why), "killed by signal %d", WTERMSIG(status));
		else
			snprintf(why, sizeof(why), "exit status %d", WEXITSTATUS(status));
		lab_blame(lab, "a child", why);
		ret = -1;
	}
	return ret;
}

static uint64_t progress(const struct lab *lab)
{
	uint64_t sum = atomic_load(&lab->shared->half_way);

	for (unsigned int i = 0; i < lab->pairs; i++)
		sum += atomic_load(&lab->pair[i].shared->done) +
		       atomic_load(&lab->pair[i].shared->taken);
	return sum;
}

static bool all_half_way(const struct lab *lab)
{
	return atomic_load(&lab->shared->half_way) == lab->pairs;
}

static bool all_gone(const struct lab *lab)
{
	return !lab->children;
}

static int wait_until(struct lab *lab, bool (*reached)(const struct lab *lab))
{
	uint64_t last = lab_now(), before = progress(lab), now;

	while (!reached(lab)) {
		lab_nap(1000);
		if (lab_interrupted || reap(lab, WNOHANG))
			return -1;
		now = progress(lab);
		if (now != before)
			last = lab_now();
		before = now;
		if (lab_now() - last > STUCK_SECONDS * NS_PER_S) {
			lab_blame(lab, "stuck", "no operation has ended for a minute");
			return -1;
		}
	}
	return 0;
}

int lab_setup(struct lab *lab)
{
	for (unsigned int i = 0; i < lab->pairs && !lab_interrupted; i++) {
		lab->made++;
		if (lab->exercise->setup(&lab->pair[i]))
			return -1;
		lab->pair[i].hold = MIN(lab->pair[i].hold, lab->count);
	}
	return 0;
}

int lab_start(struct lab *lab)
{
	pid_t pid;

	if (lab_setup(lab))
		return -1;
	for (unsigned int i = 0; i < lab->pairs && !lab_interrupted; i++) {
		pid = start_child(&lab->pair[i], false);
		if (pid < 0)
			return -1;
		atomic_store(&lab->pair[i].shared->receiver, pid);
		if (start_child(&lab->pair[i], true) < 0)
			return -1;
	}
	return wait_until(lab, all_half_way);
}

static void remove_all(struct lab *lab)
{
	while (lab->made)
		lab->exercise->teardown(&lab->pair[--lab->made]);
	if (lab->dir[0])
		rmdir(lab->dir);
	lab->dir[0] = '\0';
}

int lab_finish(struct lab *lab)
{
	atomic_store(&lab->shared->go_on, true);
	if (wait_until(lab, all_gone))
		return -1;
	remove_all(lab);
	return 0;
}

const char *lab_reason(const struct lab *lab)
{
	return lab->shared->reason;
}

void lab_free(struct lab *lab)
{
	for (unsigned int i = 0; i < 2 * lab->pairs; i++)
		if (lab->pair[i / 2].child[i % 2])
			kill(lab->pair[i / 2].child[i % 2], SIGKILL);
	reap(lab, 0);
	remove_all(lab);
	munmap(lab->shared, lab->shared_size);
	free(lab->pair);
	free(lab->want);
	free(lab);
}
