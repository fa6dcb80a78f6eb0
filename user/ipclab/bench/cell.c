// SPDX-License-Identifier: GPL-2.0-only
/* One cell: its objects, its two processes, what they measure and what is counted meanwhile. */
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "private.h"

/* Of the main process. */
struct cell_run {
	const struct bench_options *opt;
	struct bench_cell *cell;
	struct bench_shared *shared;
	struct lab *lab;  /* the objects */
	struct lab *hand; /* and what hands them over, or NULL */
	pid_t child[2];   /* 0: none (any more) */
};

static void blame(struct cell_run *run, const char *what, const char *why)
{
	lab_blame(run->lab, what, why);
}

/* ---- the objects ---- */

static int make_objects(struct cell_run *run)
{
	const struct carrier *carrier = run->cell->carrier;
	const struct exercise *exercise = carrier->exercise;
	size_t size = run->cell->size;
	const char *why;

	if (carrier->hand)
		size = bench_ring_bytes(size);
	else if (carrier->unlimited)
		size = MIN(size, exercise->limit(&why));
	run->lab = lab_new(exercise, carrier->duplex ? 1 : 2, 1, size);
	if (carrier->hand)
		run->hand = lab_new(carrier->hand, 4, 1, 0);
	/* Every second one would be another network's. */
	if (!carrier->duplex)
		run->lab->pair[1].nr = 2;
	if (lab_setup(run->lab))
		return -1;
	return run->hand && lab_setup(run->hand) ? -1 : 0;
}

/* ---- the processes ---- */

static int pin(struct peer *p, int cpu)
{
	cpu_set_t set[BENCH_CPU_SETS];

	CPU_ZERO_S(sizeof(set), set);
	CPU_SET_S(cpu, sizeof(set), set);
	return sched_setaffinity(0, sizeof(set), set) ? lab_error(p->out, "pin to a CPU") : 0;
}

void bench_populate(void *mem, size_t bytes)
{
	madvise(mem, bytes, MADV_POPULATE_WRITE);
}

static char *buffer(size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);
	char *mem = aligned_alloc(page, (LAB_HEADROOM + size + page - 1) / page * page);

	if (!mem)
		return NULL;
	memset(mem, 0, LAB_HEADROOM + size);
	return mem + LAB_HEADROOM;
}

/* Where the object has one end for each side, and where it has one for each direction. */
static void choose_ends(struct peer *p, struct lab *lab)
{
	bool duplex = p->carrier->duplex;

	p->out = &lab->pair[!p->first && !duplex];
	p->in = &lab->pair[p->first && !duplex];
	p->out_fd = p->out->fd[duplex ? p->first : 1];
	p->in_fd = p->in->fd[duplex ? p->first : 0];
}

static void choose_hands(struct peer *p, struct lab *hand)
{
	unsigned int out = p->first ? 0 : 2;

	p->out_ring.full = &hand->pair[out];
	p->out_ring.empty = &hand->pair[out + 1];
	p->in_ring.full = &hand->pair[2 - out];
	p->in_ring.empty = &hand->pair[2 - out + 1];
}

static int be_child(struct cell_run *run, bool first)
{
	int cpu = run->opt->cpu[!first];
	struct peer p = {
		.shared = run->shared,
		.carrier = run->cell->carrier,
		.first = first,
		.count = run->opt->count,
		.time_ns = run->opt->time_ns / BENCH_PHASES,
		.size = run->cell->size,
	};

	bench_populate(run->shared, sizeof(*run->shared));
	choose_ends(&p, run->lab);
	if (run->hand)
		choose_hands(&p, run->hand);
	p.out_buf = buffer(p.size);
	p.in_buf = buffer(p.size);
	if (!p.out_buf || !p.in_buf)
		return lab_error(p.out, "memory for the data");
	if (cpu >= 0 && pin(&p, cpu))
		return -1;
	return bench_play(&p);
}

/* The second one first, for the first one begins. */
static int start_children(struct cell_run *run)
{
	pid_t parent = getpid();

	for (int i = 1; i >= 0; i--) {
		run->child[i] = fork();
		if (!run->child[i]) {
			lab_become_child(parent);
			_exit(be_child(run, !i) ? 1 : 0);
		}
		if (run->child[i] < 0) {
			run->child[i] = 0;
			blame(run, "fork", strerror(errno));
			return -1;
		}
	}
	for (unsigned int i = 0; i < run->lab->pairs; i++)
		atomic_store(&run->lab->pair[i].shared->receiver, run->child[!i]);
	return 0;
}

/* Whether all goes on. With `ends` the children may end. */
static bool children_live(struct cell_run *run, bool ends)
{
	char why[64];
	int status;

	for (unsigned int i = 0; i < 2; i++) {
		if (!run->child[i] || waitpid(run->child[i], &status, WNOHANG) != run->child[i])
			continue;
		run->child[i] = 0;
		if (ends && !status)
			continue;
		if (WIFSIGNALED(status))
			snprintf(why, sizeof(why), "killed by signal %d", WTERMSIG(status));
		else
			snprintf(why, sizeof(why), "exit status %d", WEXITSTATUS(status));
		blame(run, "a child", why);
		return false;
	}
	return true;
}

static void end_children(struct cell_run *run)
{
	for (unsigned int i = 0; i < 2; i++) {
		if (!run->child[i])
			continue;
		kill(run->child[i], SIGKILL);
		waitpid(run->child[i], NULL, 0);
	}
}

/* ---- the phases ---- */

static uint64_t progress(const struct bench_shared *shared)
{
	return atomic_load(&shared->peer[0].moved) + atomic_load(&shared->peer[1].moved) +
	       atomic_load(&shared->standing);
}

static bool standing(const struct cell_run *run, unsigned int phase)
{
	return atomic_load(&run->shared->standing) == 2 * (phase + 1);
}

/* With longer and longer naps, not to disturb. */
static int wait_for(struct cell_run *run, unsigned int phase)
{
	uint64_t last = lab_now(), before = progress(run->shared), now;
	bool ends = phase > BENCH_PHASES;
	unsigned int nap = 50;

	while (ends ? run->child[0] || run->child[1] : !standing(run, phase)) {
		lab_nap(nap);
		nap = MIN(2 * nap, ends ? 500U : 20000U);
		if (lab_interrupted || !children_live(run, ends))
			return -1;
		now = progress(run->shared);
		if (now != before)
			last = lab_now();
		before = now;
		if (lab_now() - last > STUCK_SECONDS * NS_PER_S) {
			blame(run, "stuck", "no message has arrived for a minute");
			return -1;
		}
	}
	return 0;
}

/* Both stand; if they go on, until they stand again. */
static int run_phase(struct cell_run *run, unsigned int phase, struct nl *nl)
{
	struct bench_counted *counted = &run->cell->counted[phase];
	struct bench_shared *shared = run->shared;
	struct nl_rows before = { 0 }, after = { 0 };
	bool known;
	int ret;

	known = nl && !nl_get_rows(nl, NULL, &before);
	atomic_store(&shared->last, ULONG_MAX);
	atomic_store(&shared->go, phase + 1);
	ret = wait_for(run, phase + 1);
	known = known && !ret && !nl_get_rows(nl, NULL, &after);
	if (known) {
		counted->messages =
			shared->peer[0].messages[phase] + shared->peer[1].messages[phase];
		bench_count(run->cell->carrier, &before, &after,
			    shared->peer[0].calls[phase] + shared->peer[1].calls[phase], counted);
	}
	nl_free_rows(&before);
	nl_free_rows(&after);
	return ret;
}

static struct bench_latency latency(const struct bench_times *times)
{
	return (struct bench_latency){
		.nr = times->nr,
		.p50_ns = bench_times_percentile(times, 50),
		.p90_ns = bench_times_percentile(times, 90),
		.p99_ns = bench_times_percentile(times, 99),
		.max_ns = times->max_ns,
	};
}

static int play(struct cell_run *run, struct nl *nl)
{
	struct bench_shared *shared = run->shared;
	struct bench_cell *cell = run->cell;

	if (make_objects(run) || lab_interrupted || start_children(run) || wait_for(run, 0))
		return -1;
	for (unsigned int i = 0; i < BENCH_PHASES; i++)
		if (run_phase(run, i, nl))
			return -1;
	atomic_store(&shared->go, BENCH_PHASES + 1);
	if (wait_for(run, BENCH_PHASES + 1))
		return -1;
	cell->round_trip = latency(&shared->round_trip);
	cell->one_way = latency(&shared->one_way);
	cell->same_cpu = shared->same_cpu;
	cell->streamed = shared->peer[0].messages[ONE_WAY];
	cell->stream_ns = shared->ended_ns - shared->began_ns;
	return 0;
}

int bench_measure(const struct bench_options *opt, struct nl *nl, struct bench_cell *cell,
		  char why[256])
{
	struct cell_run run = { .opt = opt, .cell = cell };
	const char *reason;
	int ret;

	run.shared = mmap(NULL, sizeof(*run.shared), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (run.shared == MAP_FAILED) {
		snprintf(why, 256, "shared memory: %s", strerror(errno));
		return -1;
	}
	ret = play(&run, nl);
	end_children(&run);
	if (ret) {
		reason = lab_reason(run.lab);
		if (!*reason && run.hand)
			reason = lab_reason(run.hand);
		snprintf(why, 256, "%s", reason);
	}
	if (run.hand)
		lab_free(run.hand);
	lab_free(run.lab);
	munmap(run.shared, sizeof(*run.shared));
	return ret;
}
