// SPDX-License-Identifier: GPL-2.0-only
/* ipcstat hist: how long waits took, how large messages were, as the bcc tools show it. */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "common/cli.h"
#include "common/json.h"
#include "hist.h"
#include "ipcstat/ipcstat.h"
#include "output.h"

#define BAR_WIDTH 40
#define LABEL_WIDTH 8 /* of one bound; wider where a value is */

/* The smallest and the largest value of a bucket. */
static uint64_t low(unsigned int bucket)
{
	return bucket ? (uint64_t)1 << bucket : 0;
}

static uint64_t high(unsigned int bucket)
{
	return bucket + 1 < NL_BUCKETS ? ((uint64_t)1 << (bucket + 1)) - 1 : UINT64_MAX;
}

static uint64_t total(const struct nl_hist *hist)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < hist->nr; i++)
		sum += hist->bucket[i];
	return sum;
}

/*
 * The value that percent of the values do not exceed, as if those of a bucket lay at
 * equal distances in it. Never more than the largest value, where that is known.
 */
static uint64_t percentile(const struct nl_hist *hist, unsigned int percent)
{
	double wanted = (double)total(hist) * percent / 100, below = 0;

	for (unsigned int i = 0; i < hist->nr; i++) {
		double in = (double)hist->bucket[i], value;
		uint64_t top = high(i);

		if (!hist->bucket[i] || below + in < wanted) {
			below += in;
			continue;
		}
		if (hist->has_longest && hist->longest < top)
			top = hist->longest;
		value = (double)low(i) + ((double)top - (double)low(i)) * (wanted - below) / in;
		return value < (double)top ? (uint64_t)value : top;
	}
	return 0;
}

static const char *values_of(const struct nl_hist *hist)
{
	return strcmp(hist->unit, "usecs") ? "operation" : "wait";
}

static void print_heading(const struct nl_hist_row *row, const struct nl_hist *hist)
{
	uint64_t count = total(hist);

	printf("%s %s: ", row->name, hist->name);
	if (hist->kind == NL_UNKNOWN) {
		printf("?, this kernel gives no exact way to know\n");
		return;
	}
	printf("%" PRIu64 " %s%s\n", count, values_of(hist), count == 1 ? "" : "s");
	if (!count)
		return;
	printf("     p50 ~%" PRIu64 ", p90 ~%" PRIu64 ", p99 ~%" PRIu64, percentile(hist, 50),
	       percentile(hist, 90), percentile(hist, 99));
	if (hist->has_longest)
		printf(", max %" PRIu64, hist->longest);
	printf(" %s\n", hist->unit);
}

/* As print_log2_hist() of the bcc tools does. */
static void print_buckets(const struct nl_hist *hist)
{
	int width = snprintf(NULL, 0, "%" PRIu64, hist->nr ? high(hist->nr - 1) : 0);
	uint64_t most = 1;

	if (width < LABEL_WIDTH)
		width = LABEL_WIDTH;
	for (unsigned int i = 0; i < hist->nr; i++)
		if (hist->bucket[i] > most)
			most = hist->bucket[i];
	printf("%*s%-*s : count    distribution\n", width - 3, "", width + 7, hist->unit);
	for (unsigned int i = 0; i < hist->nr; i++) {
		int stars = (int)((double)hist->bucket[i] * BAR_WIDTH / (double)most);

		printf("%*" PRIu64 " -> %-*" PRIu64 " : %-8" PRIu64 " |%-*.*s|\n", width, low(i),
		       width, high(i), hist->bucket[i], BAR_WIDTH, stars,
		       "****************************************");
	}
}

/* Nothing happened, as far as is known. */
static bool is_idle(const struct nl_hist *hist)
{
	return hist->kind == NL_VALUE && !total(hist);
}

static void print_text(const struct nl_hists *hists, bool hide_idle)
{
	bool first = true;

	for (unsigned int i = 0; i < hists->nr; i++) {
		for (unsigned int j = 0; j < hists->row[i].nr; j++) {
			const struct nl_hist *hist = &hists->row[i].hist[j];

			if (hist->kind == NL_NONE || (hide_idle && is_idle(hist)))
				continue;
			if (!first)
				putchar('\n');
			first = false;
			print_heading(&hists->row[i], hist);
			if (total(hist))
				print_buckets(hist);
		}
	}
}

static void json_hist(struct json *json, const struct nl_hist_row *row, const struct nl_hist *hist)
{
	json_open(json, NULL, '{');
	json_string(json, "mechanism", row->name);
	json_string(json, "histogram", hist->name);
	json_string(json, "unit", hist->unit);
	if (hist->kind == NL_UNKNOWN) {
		json_null(json, "count");
		json_close(json, '}');
		return;
	}
	json_number(json, "count", total(hist));
	if (total(hist)) {
		json_number(json, "p50", percentile(hist, 50));
		json_number(json, "p90", percentile(hist, 90));
		json_number(json, "p99", percentile(hist, 99));
		if (hist->has_longest)
			json_number(json, "max", hist->longest);
	}
	json_open(json, "buckets", '[');
	for (unsigned int i = 0; i < hist->nr; i++) {
		json_open(json, NULL, '{');
		json_number(json, "low", low(i));
		json_number(json, "high", high(i));
		json_number(json, "count", hist->bucket[i]);
		json_close(json, '}');
	}
	json_close(json, ']');
	json_close(json, '}');
}

void hists_json(const struct nl_hists *hists, bool hide_idle, struct json *json)
{
	json_open(json, "histograms", '[');
	for (unsigned int i = 0; i < hists->nr; i++) {
		for (unsigned int j = 0; j < hists->row[i].nr; j++) {
			const struct nl_hist *hist = &hists->row[i].hist[j];

			if (hist->kind != NL_NONE && !(hide_idle && is_idle(hist)))
				json_hist(json, &hists->row[i], hist);
		}
	}
	json_close(json, ']');
}

static void print_json(const struct nl_hists *hists, bool hide_idle)
{
	struct json json = { 0 };

	json_open(&json, NULL, '{');
	hists_json(hists, hide_idle, &json);
	json_close(&json, '}');
}

/* Only one row; otherwise it says which there are, and returns false. */
static bool keep_only(struct nl_hists *hists, const char *mech)
{
	struct names all = { 0 }, chosen = { 0 };
	bool good;

	for (unsigned int i = 0; i < hists->nr; i++)
		names_add(&all, hists->row[i].name);
	good = names_choose(mech, "mechanism", &all, &chosen);
	for (unsigned int i = 0; good && i < hists->nr; i++)
		if (!names_have(&chosen, hists->row[i].name))
			hists->row[i].nr = 0;
	names_free(&all);
	names_free(&chosen);
	return good;
}

static int cmd_hist(int argc, char **argv)
{
	struct output output = { 0 };
	struct nl_hists hists = { 0 };
	bool hide_idle = false;
	const char *mech;
	struct nl *nl;
	int status;

	status = output_parse(argc, argv, &hist_syntax, &output, &hide_idle);
	if (status >= 0)
		return status;
	mech = argv[optind];
	if (mech && argv[optind + 1]) {
		warnx("%s: `ipcstat hist` takes one list of mechanisms; see `ipcstat hist -h`",
		      argv[optind + 1]);
		return EXIT_BAD_ARGS;
	}
	status = EXIT_FAILURE;
	if (nl_open(&nl) || nl_get_hists(nl, &hists)) {
		warnx("%s", nl_error(nl));
	} else if (mech && !keep_only(&hists, mech)) {
		status = EXIT_BAD_ARGS;
	} else {
		(output.json ? print_json : print_text)(&hists, hide_idle);
		status = EXIT_SUCCESS;
	}
	nl_free_hists(&hists);
	nl_end(nl);
	return status;
}

const struct syntax hist_syntax = {
	.command = "hist",
	.args = "[-z] [-J] [MECH,...]",
	.what = "how long waits took, how large messages were",
	.run = cmd_hist,
	.opts = { json_opt, idle_opt },
	.takes_operands = true,
	.operands = add_mechanisms,
};
