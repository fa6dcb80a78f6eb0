// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <dirent.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli.h"
#include "deadlock.h"

/* A process that could wake somebody, or has tasks that sleep. */
struct process {
	pid_t tgid;
	unsigned int threads; /* 0: it has gone */
	unsigned int dead;    /* of them */
	unsigned int *task;   /* its sleeping ones, by number */
	unsigned int nr_tasks;
};

struct graph {
	const struct nl_sleepers *sleepers;
	const struct wakers *wakers;
	void *tree; /* of processes, for tsearch(3) */
};

static int compare(const void *a, const void *b)
{
	const struct process *x = a, *y = b;

	return x->tgid < y->tgid ? -1 : x->tgid > y->tgid;
}

static unsigned int count_threads(pid_t tgid)
{
	struct dirent *entry;
	unsigned int nr = 0;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", tgid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		nr += isdigit((unsigned char)*entry->d_name) != 0;
	if (dir)
		closedir(dir);
	return nr;
}

/* Finds a process, or adds it. */
static struct process *process(struct graph *graph, pid_t tgid)
{
	struct process key = { .tgid = tgid }, **node, *new;

	node = tfind(&key, &graph->tree, compare);
	if (node)
		return *node;
	new = must(calloc(1, sizeof(*new)));
	new->tgid = tgid;
	new->threads = count_threads(tgid);
	must(tsearch(new, &graph->tree, compare));
	return new;
}

static struct process *process_of(struct graph *graph, unsigned int task)
{
	return process(graph, (pid_t)graph->sleepers->task[task].tgid);
}

static void build(struct graph *graph, const bool *dead)
{
	for (unsigned int i = 0; i < graph->sleepers->nr; i++) {
		struct process *p = process_of(graph, i);

		p->task = must(reallocarray(p->task, p->nr_tasks + 1, sizeof(*p->task)));
		p->task[p->nr_tasks++] = i;
		p->dead += dead[i];
	}
}

static void free_process(void *p)
{
	free(((struct process *)p)->task);
	free(p);
}

/* Some process that could wake the task has a thread that is not dead. */
static bool can_be_woken(struct graph *graph, unsigned int task)
{
	const struct wakers *wakers = &graph->wakers[task];

	for (unsigned int i = 0; i < wakers->nr; i++) {
		const struct process *p = process(graph, wakers->tgid[i]);

		if (p->threads > p->dead)
			return true;
	}
	return false;
}

void deadlock_find(const struct nl_sleepers *sleepers, const struct wakers *wakers, bool *dead)
{
	struct graph graph = { .sleepers = sleepers, .wakers = wakers };
	bool changed = true;

	for (unsigned int i = 0; i < sleepers->nr; i++)
		dead[i] &= sleepers->task[i].tgid && !sleepers->task[i].timeout &&
			   wakers[i].known && wakers[i].complete;
	build(&graph, dead);
	while (changed) {
		changed = false;
		for (unsigned int i = 0; i < sleepers->nr; i++) {
			if (!dead[i] || !can_be_woken(&graph, i))
				continue;
			dead[i] = false;
			process_of(&graph, i)->dead--;
			changed = true;
		}
	}
	tdestroy(graph.tree, free_process);
}

/* A dead task that a dead task waits for, or -1: those who could wake it have gone. */
static int next_of(struct graph *graph, unsigned int task, const bool *dead)
{
	const struct wakers *wakers = &graph->wakers[task];

	for (unsigned int i = 0; i < wakers->nr; i++) {
		const struct process *p = process(graph, wakers->tgid[i]);

		for (unsigned int j = 0; j < p->nr_tasks; j++)
			if (dead[p->task[j]])
				return (int)p->task[j];
	}
	return -1;
}

/* The cycle that contains the task; the list of tasks is sorted by pid. */
static void add_cycle(struct cycles *cycles, unsigned int start, const int *next)
{
	unsigned int first = start, task = start;
	struct cycle *cycle;

	cycles->cycle = must(reallocarray(cycles->cycle, cycles->nr + 1, sizeof(*cycle)));
	cycle = &cycles->cycle[cycles->nr++];
	*cycle = (struct cycle){ 0 };
	do {
		if (task < first)
			first = task;
		task = (unsigned int)next[task];
	} while (task != start);
	task = first;
	do {
		cycle->task = must(reallocarray(cycle->task, cycle->nr + 1, sizeof(*cycle->task)));
		cycle->task[cycle->nr++] = task;
		task = (unsigned int)next[task];
	} while (task != first);
}

struct cycles deadlock_cycles(const struct nl_sleepers *sleepers, const struct wakers *wakers,
			      const bool *dead)
{
	struct graph graph = { .sleepers = sleepers, .wakers = wakers };
	unsigned int *seen = must(calloc(sleepers->nr + 1, sizeof(*seen)));
	int *next = must(calloc(sleepers->nr + 1, sizeof(*next)));
	struct cycles cycles = { 0 };

	build(&graph, dead);
	for (unsigned int i = 0; i < sleepers->nr; i++)
		next[i] = dead[i] ? next_of(&graph, i, dead) : -1;
	/* From each task along the way: who meets his own steps is on a cycle. */
	for (unsigned int i = 0; i < sleepers->nr; i++) {
		int task = (int)i;

		while (task >= 0 && !seen[task]) {
			seen[task] = i + 1;
			task = next[task];
		}
		if (task >= 0 && seen[task] == i + 1 && dead[task])
			add_cycle(&cycles, (unsigned int)task, next);
	}
	tdestroy(graph.tree, free_process);
	free(seen);
	free(next);
	return cycles;
}

void deadlock_free(struct cycles *cycles)
{
	for (unsigned int i = 0; i < cycles->nr; i++)
		free(cycles->cycle[i].task);
	free(cycles->cycle);
}
