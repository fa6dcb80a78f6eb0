// SPDX-License-Identifier: GPL-2.0-only
/* What the tables of ipclab bench come to, in words. */
#include <stdio.h>
#include <string.h>

#include "private.h"

/* What makes a cell the better one. */
typedef bool better_fn(const struct bench_cell *a, const struct bench_cell *b);

static bool quicker(const struct bench_cell *a, const struct bench_cell *b)
{
	return a->round_trip.p50_ns < b->round_trip.p50_ns;
}

static bool moves_more(const struct bench_cell *a, const struct bench_cell *b)
{
	return bench_mib_per_s(a) > bench_mib_per_s(b);
}

/* The best two of those with that size. What nobody can choose a size of does not compete. */
static void find_best(const struct bench_result *result, size_t size, better_fn *better,
		      const struct bench_cell *best[2])
{
	best[0] = best[1] = NULL;
	for (unsigned int i = 0; i < result->nr; i++) {
		const struct bench_cell *cell = &result->cell[i];

		if (cell->size != size || cell->carrier->fixed)
			continue;
		if (!best[0] || better(cell, best[0])) {
			best[1] = best[0];
			best[0] = cell;
		} else if (!best[1] || better(cell, best[1])) {
			best[1] = cell;
		}
	}
}

/* "at 1 byte", "at 64 bytes", "at 4K" */
static void size_words(size_t size, char text[40])
{
	char number[24];

	bench_size_text(size, number);
	snprintf(text, 40, "at %s%s", number, size == 1 ? " byte" : size < 1024 ? " bytes" : "");
	if (!size)
		strcpy(text, "without data");
}

static bool print_quickest(const struct bench_result *result, size_t size)
{
	const struct bench_cell *best[2];
	char us[2][24], where[40];

	find_best(result, size, quicker, best);
	if (!best[1])
		return false;
	for (unsigned int i = 0; i < 2; i++)
		bench_number_text(best[i]->round_trip.p50_ns / 1e3, us[i]);
	size_words(size, where);
	printf("Quickest %s: %s, round trip %s us; then %s, %s us.\n", where,
	       best[0]->carrier->exercise->name, us[0], best[1]->carrier->exercise->name, us[1]);
	return true;
}

static void print_most(const struct bench_result *result, size_t size)
{
	const struct bench_cell *best[2];
	char mib[2][24], where[40];

	find_best(result, size, moves_more, best);
	for (unsigned int i = 0; i < 2; i++)
		bench_number_text(bench_mib_per_s(best[i]), mib[i]);
	size_words(size, where);
	printf("Moves most %s: %s, %s MiB/s one way; then %s, %s MiB/s.\n", where,
	       best[0]->carrier->exercise->name, mib[0], best[1]->carrier->exercise->name, mib[1]);
}

/* At the smallest and at the largest size that have two or more to choose from. */
static void print_winners(const struct bench_result *result)
{
	const struct bench_options *opt = result->opt;
	unsigned int least = 0, most = opt->nr_sizes;

	print_quickest(result, 0);
	while (least < opt->nr_sizes && !print_quickest(result, opt->size[least]))
		least++;
	while (--most > least && !print_quickest(result, opt->size[most]))
		;
	if (least < opt->nr_sizes)
		print_most(result, opt->size[MAX(least, most)]);
}

static void print_machine(const struct bench_result *result)
{
	const int *cpu = result->opt->cpu;
	struct bench_host host;

	bench_host(&host);
	if (cpu[0] < 0)
		puts("Not pinned: whether they shared a CPU may matter more than the mechanism.");
	else
		printf("The sender was pinned to CPU %d, the receiver to CPU %d.\n", cpu[0],
		       cpu[1]);
	printf("%s, %u CPU%s.\n", host.kernel, host.cpus, host.cpus == 1 ? "" : "s");
	if (host.machine == MACHINE_EMULATED)
		printf("Emulated machine (%s): its numbers are only good for comparison.\n"
		       "On a real one even their order may be another.\n",
		       host.hypervisor);
	else if (host.machine == MACHINE_VIRTUAL)
		printf("Virtual machine (%s): its host has a part in all times.\n"
		       "If that is an emulated one, they are only good for comparison.\n",
		       host.hypervisor);
	else if (host.machine == MACHINE_UNKNOWN)
		puts("This machine may be emulated: then its numbers are only good for comparison.");
}

static bool any_others(const struct bench_result *result)
{
	for (unsigned int i = 0; i < result->nr; i++)
		for (unsigned int j = 0; j < BENCH_PHASES; j++)
			if (result->cell[i].counted[j].others)
				return true;
	return false;
}

void bench_print_words(const struct bench_result *result)
{
	if (result->uncounted)
		printf("? is not counted:\n  %s.\n", result->uncounted);
	if (any_others(result))
		puts("~ has others' operations in it: the mechanism has been used by them, too.");
	print_winners(result);
	print_machine(result);
	if (result->interrupted)
		puts("Interrupted: what is missing has not been measured.");
}
