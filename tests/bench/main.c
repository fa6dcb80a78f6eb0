// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an operation costs, in nanoseconds of this machine's time. Under QEMU's -icount
 * one nanosecond is one instruction (see README in this directory).
 *
 *	ops [NAME...]			each operation; or those with such a name
 *	ops -n NUMBER KIND [NAME...]	while so many of a kind are there (crowd.c)
 *	ops -c [NAME...]		on all CPUs at once
 *
 * Prints a line for each: name, tab, cost. The smallest of several batches counts: what
 * a timer's interrupt adds to one of them is no part of the operation.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define WARM_UP 8
#define ROUNDS 40
/* What takes long has fewer rounds. */
#define LEAST_ROUNDS 8
#define ENOUGH_NS 200000000
/* For the mean, so many there and back. */
#define PAIRS 4096
#define MAX_CPUS 64

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void nothing(void)
{
}

/* One batch of calls, as a whole. */
static int64_t batch(void (*volatile act)(void), int nr)
{
	int64_t start = now_ns();

	for (int i = 0; i < nr; i++)
		act();
	return now_ns() - start;
}

static void keep_least(int64_t *least, int64_t ns)
{
	if (ns < *least)
		*least = ns;
}

/* There and back. */
struct cost {
	double act, undo;
};

static struct cost measure(const struct op *op)
{
	int64_t act = INT64_MAX, undo = INT64_MAX, loop = INT64_MAX, start = now_ns();

	for (int i = 0; i < WARM_UP + ROUNDS; i++) {
		if (i >= WARM_UP + LEAST_ROUNDS && now_ns() - start > ENOUGH_NS)
			break;
		/* The other process has to come first, if there is one. */
		if (i == WARM_UP)
			act = undo = INT64_MAX;
		keep_least(&loop, batch(nothing, op->batch));
		keep_least(&act, batch(op->act, op->batch));
		if (op->undo)
			keep_least(&undo, batch(op->undo, op->batch));
	}
	return (struct cost){ (double)(act - loop) / op->batch, (double)(undo - loop) / op->batch };
}

static void print(const struct op *op, struct cost cost)
{
	printf("%s\t%.1f\n", op->name, cost.act);
	if (op->undo)
		printf("%s\t%.1f\n", op->back, cost.undo);
}

static void alone(const struct op *op)
{
	op_make(op);
	print(op, measure(op));
	if (op->end)
		op->end();
}

/* ---- on all CPUs ---- */

static int nr_cpus;
static struct {
	atomic_int here;
	struct worker {
		struct cost cost;
		int64_t start, end;
	} worker[MAX_CPUS];
} * all;

/* The @nr-th time that all meet. */
static void meet(int nr)
{
	atomic_fetch_add(&all->here, 1);
	while (atomic_load(&all->here) < nr * nr_cpus)
		sched_yield();
}

static void work(const struct op *op, int cpu)
{
	struct worker *worker = &all->worker[cpu];
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	MUST(!sched_setaffinity(0, sizeof(set), &set));
	op_make(op);
	meet(1);
	worker->cost = measure(op);
	meet(2);
	worker->start = now_ns();
	for (int i = 0; i < PAIRS / op->batch; i++) {
		batch(op->act, op->batch);
		batch(op->undo, op->batch);
	}
	worker->end = now_ns();
	if (op->end)
		op->end();
	exit(0);
}

/*
 * The least of each CPU, and of these the largest. And the mean: under -icount the CPUs
 * take turns, and the clock, which is one, tells what all of them have executed.
 */
static void together(const struct op *op)
{
	int64_t start = INT64_MAX, end = 0;
	struct cost most = { 0, 0 };
	int status;

	atomic_store(&all->here, 0);
	for (int cpu = 0; cpu < nr_cpus; cpu++) {
		pid_t child = fork();

		MUST(child >= 0);
		if (!child)
			work(op, cpu);
	}
	for (int cpu = 0; cpu < nr_cpus; cpu++)
		MUST(wait(&status) > 0 && !status);
	for (const struct worker *worker = all->worker; worker < all->worker + nr_cpus; worker++) {
		if (worker->cost.act > most.act)
			most.act = worker->cost.act;
		if (worker->cost.undo > most.undo)
			most.undo = worker->cost.undo;
		if (worker->start < start)
			start = worker->start;
		if (worker->end > end)
			end = worker->end;
	}
	print(op, most);
	printf("%s and back, mean\t%.1f\n", op->name, (double)(end - start) / nr_cpus / PAIRS / 2);
}

/* ---- */

static bool is_asked_for(const struct op *op, int argc, char **argv)
{
	if (op->path && access(op->path, R_OK))
		return false;
	for (int i = 0; i < argc; i++)
		if (strstr(op->name, argv[i]))
			return true;
	return argc < 1;
}

int main(int argc, char **argv)
{
	bool cpus = false;
	long bytes;
	int c, nr = -1;

	while ((c = getopt(argc, argv, "cn:")) != -1) {
		if (c == '?')
			return 2;
		if (c == 'c')
			cpus = true;
		else
			nr = atoi(optarg);
	}
	argc -= optind;
	argv += optind;
	/* Timers at their time, not when it suits. */
	prctl(PR_SET_TIMERSLACK, 1);
	setvbuf(stdout, NULL, _IOLBF, 0);
	nr_cpus = sysconf(_SC_NPROCESSORS_ONLN);
	MUST(nr_cpus <= MAX_CPUS);
	all = mmap(NULL, sizeof(*all), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(all != MAP_FAILED);
	if (nr >= 0 && argc) {
		bytes = crowd_enter(*argv++, nr);
		argc--;
		if (nr)
			printf("memory of each\t%.1f\n", (double)bytes / nr);
	}
	for (size_t i = 0; i < nr_ops; i++)
		if (is_asked_for(&ops[i], argc, argv))
			(cpus && ops[i].undo ? together : alone)(&ops[i]);
	if (nr >= 0)
		crowd_leave();
	return 0;
}
