// SPDX-License-Identifier: GPL-2.0-only
/* ipclab bench: all cells, one after the other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cli.h"
#include "private.h"

/* ---- on a terminal: how far it is ---- */

struct progress {
	bool shown;
	unsigned int at, of; /* cells */
};

static void show(struct progress *progress, const struct bench_cell *cell)
{
	char size[24];

	progress->at++;
	if (!isatty(STDERR_FILENO))
		return;
	progress->shown = true;
	bench_size_text(cell->size, size);
	fprintf(stderr, "\r\033[Kipclab: %u of %u: %s%s%s", progress->at, progress->of,
		cell->carrier->exercise->name, cell->size ? ", size " : "", cell->size ? size : "");
	fflush(stderr);
}

static void clear(struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = false;
}

/* ---- the cells ---- */

struct bench {
	const struct bench_options *opt;
	struct nl *nl; /* NULL: nothing is counted */
	struct bench_result result;
	struct progress progress;
	bool failed;
};

static bool has_sizes(const struct carrier *carrier)
{
	return carrier->exercise->limit;
}

/* False: its row ends before this size. */
static bool within_limit(const struct carrier *carrier, size_t size, struct bench_end *end)
{
	const char *why;
	size_t limit;

	if (!has_sizes(carrier) || carrier->unlimited)
		return true;
	limit = carrier->exercise->limit(&why);
	if (size <= limit)
		return true;
	end->size = size;
	end->limit = limit;
	snprintf(end->why, sizeof(end->why), "%s", why);
	return false;
}

/* False: the row has ended. */
static bool measure(struct bench *bench, const struct carrier *carrier, size_t size,
		    struct bench_end *end)
{
	struct bench_cell *cell = &bench->result.cell[bench->result.nr];

	memset(cell, 0, sizeof(*cell));
	cell->carrier = carrier;
	cell->size = size;
	show(&bench->progress, cell);
	if (!within_limit(carrier, size, end))
		return false;
	if (!bench_measure(bench->opt, bench->nl, cell, end->why)) {
		bench->result.nr++;
		return true;
	}
	clear(&bench->progress);
	if (lab_interrupted) {
		end->why[0] = '\0';
		return false;
	}
	end->size = has_sizes(carrier) ? size : 0;
	bench->failed = true;
	fprintf(stderr, "ipclab: %s: %s\n", carrier->exercise->name, end->why);
	return false;
}

static void measure_row(struct bench *bench, unsigned int i)
{
	const struct carrier *carrier = bench->opt->carrier[i];
	unsigned int nr = has_sizes(carrier) ? bench->opt->nr_sizes : 1;
	size_t size;

	for (unsigned int j = 0; j < nr && !lab_interrupted; j++) {
		size = has_sizes(carrier) ? bench->opt->size[j] : carrier->fixed;
		if (measure(bench, carrier, size, &bench->result.end[i]))
			continue;
		bench->progress.at += nr - j - 1;
		break;
	}
}

static void measure_all(struct bench *bench)
{
	const struct bench_options *opt = bench->opt;

	for (unsigned int i = 0; i < opt->nr_carriers; i++)
		bench->progress.of += has_sizes(opt->carrier[i]) ? opt->nr_sizes : 1;
	bench->result.opt = opt;
	bench->result.cell = must(calloc(bench->progress.of, sizeof(*bench->result.cell)));
	for (unsigned int i = 0; i < opt->nr_carriers && !lab_interrupted; i++)
		measure_row(bench, i);
	clear(&bench->progress);
	bench->result.interrupted = lab_interrupted;
}

/* ---- */

/* What has been measured before Ctrl+C is printed as a table only: half a JSON is none. */
static void report(struct bench *bench)
{
	if (!bench->opt->json)
		bench_print(&bench->result);
	else if (!lab_interrupted)
		bench_print_json(&bench->result);
	if (!bench->opt->plot || lab_interrupted)
		return;
	if (bench_plot(&bench->result))
		bench->failed = true;
}

int bench_main(int argc, char **argv)
{
	struct bench_options opt;
	struct bench bench = { .opt = &opt };
	struct nl_info info = { 0 };
	struct nl *nl = NULL;
	int status;

	status = bench_arguments(argc, argv, &opt);
	if (status >= 0)
		return status;
	if (opt.plot && bench_plot_check(opt.plot))
		return EXIT_FAILURE;
	if (nl_open(&nl) || nl_get_info(nl, &info))
		bench.result.uncounted = nl_error(nl);
	else
		bench.nl = nl;
	nl_free_info(&info);
	prepare();
	measure_all(&bench);
	report(&bench);
	free(bench.result.cell);
	nl_end(nl);
	end_if_interrupted();
	return bench.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
