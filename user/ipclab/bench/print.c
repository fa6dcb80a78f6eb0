// SPDX-License-Identifier: GPL-2.0-only
/* The tables of ipclab bench. */
#include <stdio.h>
#include <string.h>

#include "private.h"

#define MIB (1UL << 20)
#define KIB (1UL << 10)

void bench_size_text(size_t size, char text[24])
{
	if (!size)
		strcpy(text, "-");
	else if (size % MIB == 0)
		snprintf(text, 24, "%zuM", size / MIB);
	else if (size % KIB == 0)
		snprintf(text, 24, "%zuK", size / KIB);
	else
		snprintf(text, 24, "%zu", size);
}

void bench_number_text(double value, char text[24])
{
	snprintf(text, 24, "%.*f", value < 1 ? 3 : value < 10 ? 2 : value < 100 ? 1 : 0, value);
}

double bench_messages_per_s(const struct bench_cell *cell)
{
	return (double)cell->streamed * NS_PER_S / MAX(1, cell->stream_ns);
}

double bench_mib_per_s(const struct bench_cell *cell)
{
	return bench_messages_per_s(cell) * cell->size / MIB;
}

static void put_name(const struct carrier *carrier, size_t size)
{
	char text[24];

	bench_size_text(size, text);
	printf("%-14s %5s", carrier->exercise->name, text);
}

/* ---- latency ---- */

static void put_us(uint64_t ns, int width)
{
	char text[24];

	if (ns >= NS_PER_S)
		snprintf(text, sizeof(text), "%.2fs", ns / 1e9);
	else if (ns >= NS_PER_S / 10)
		snprintf(text, sizeof(text), "%.0fms", ns / 1e6);
	else
		bench_number_text(ns / 1e3, text);
	printf(" %*s", width, text);
}

static void put_latency(const struct bench_latency *latency)
{
	put_us(latency->p50_ns, 5);
	put_us(latency->p90_ns, 5);
	put_us(latency->p99_ns, 5);
	put_us(latency->max_ns, 6);
}

static void put_end(const struct bench_result *result, const struct carrier *carrier)
{
	for (unsigned int i = 0; i < result->opt->nr_carriers; i++) {
		const struct bench_end *end = &result->end[i];

		if (result->opt->carrier[i] != carrier || !end->why[0])
			continue;
		put_name(carrier, end->size);
		if (end->limit)
			printf("  up to %zu: %s\n", end->limit, end->why);
		else
			printf("  failed: %s\n", end->why);
	}
}

static void print_latency(const struct bench_result *result)
{
	const struct bench_options *opt = result->opt;

	printf("%-20s %24s %24s %4s\n", "Latency, us", "round trip", "one way", "same");
	printf("%-14s %5s", "mechanism", "size");
	for (unsigned int i = 0; i < 2; i++)
		printf(" %5s %5s %5s %6s", "p50", "p90", "p99", "max");
	printf(" %4s\n", "CPU");
	for (unsigned int i = 0, next = 0; i < opt->nr_carriers; i++) {
		for (; next < result->nr && result->cell[next].carrier == opt->carrier[i]; next++) {
			const struct bench_cell *cell = &result->cell[next];

			put_name(cell->carrier, cell->size);
			put_latency(&cell->round_trip);
			put_latency(&cell->one_way);
			printf(" %3.0f%%\n", 100.0 * cell->same_cpu / MAX(1, cell->round_trip.nr));
		}
		put_end(result, opt->carrier[i]);
	}
}

/* ---- throughput, and what was counted ---- */

/* mark: whether others had a part in it */
static void put_ratio(const struct nl_counter *counter, double per, bool mark, int width)
{
	char text[32];

	if (!per || counter->kind == NL_UNKNOWN)
		strcpy(text, "?");
	else if (counter->kind == NL_NONE)
		strcpy(text, "-");
	else
		snprintf(text, sizeof(text), "%.2f%s", counter->value / per, mark ? "~" : "");
	printf(" %*s", width, text);
}

/* A phase that has not been read has no messages. */
static void put_counted(const struct bench_cell *cell)
{
	const struct bench_counted *c = cell->counted;
	struct nl_counter copied = bench_sum(&c[0].copied, &c[1].copied);
	struct nl_counter signals = bench_sum(&c[0].signals, &c[1].signals);
	double messages = c[0].messages && c[1].messages ? c[0].messages + c[1].messages : 0;
	bool others = c[0].others || c[1].others;

	put_ratio(&copied, messages * MAX(1, cell->size), others, 6);
	put_ratio(&signals, messages, false, 7);
	for (unsigned int i = 0; i < BENCH_PHASES; i++) {
		put_ratio(&c[i].ops, c[i].messages, c[i].others, 6);
		put_ratio(&c[i].waits, c[i].messages, c[i].others, 5);
	}
}

static void print_throughput(const struct bench_result *result)
{
	char text[24];

	printf("\n%-20s %18s %s\n", "Throughput, one way", "",
	       "counted by the kernel for each message");
	printf("%-20s %18s %14s %12s %12s\n", "", "", "", "round trips", "one way");
	printf("%-14s %5s %10s %7s %6s %7s %6s %5s %6s %5s\n", "mechanism", "size", "messages/s",
	       "MiB/s", "copies", "signals", "ops", "waits", "ops", "waits");
	for (unsigned int i = 0; i < result->nr; i++) {
		const struct bench_cell *cell = &result->cell[i];

		put_name(cell->carrier, cell->size);
		printf(" %10.0f", bench_messages_per_s(cell));
		strcpy(text, "-");
		if (cell->size)
			bench_number_text(bench_mib_per_s(cell), text);
		printf(" %7s", text);
		put_counted(cell);
		puts("");
	}
}

void bench_print(const struct bench_result *result)
{
	print_latency(result);
	print_throughput(result);
	puts("");
	bench_print_words(result);
}
