// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "dashboard.h"
#include "dashboard/page.h" /* made of the other files there */
#include "graph.h"
#include "hist.h"
#include "report.h"

const char dashboard_page[] = PAGE;
const char dashboard_policy[] =
	"default-src 'none'; script-src " SCRIPT_HASHES "; style-src " STYLE_HASHES "; "
	"connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
	"frame-ancestors 'none'";

struct reading {
	struct sample sample;
	struct nl_hists hists;
	struct nl_flow_state state;
	struct graph_source source;
};

/* Reads what a document needs; returns what the functions of nl.h do. */
typedef int read_fn(struct nl *nl, struct reading *reading);

static void reading_free(struct reading *reading)
{
	sample_free(&reading->sample);
	nl_free_hists(&reading->hists);
	graph_source_free(&reading->source);
	*reading = (struct reading){ 0 };
}

/*
 * Of a module that was loaded anew meanwhile nothing more can be read: then once more, so that
 * no document is about two of them. -ENODEV: it is not loaded.
 */
static int take(read_fn *read, struct reading *reading, char **why)
{
	int err = -ENODEV;

	for (int tries = 0; tries < 2 && err == -ENODEV; tries++) {
		struct nl *nl = NULL;

		reading_free(reading);
		err = nl_open(&nl);
		if (!err)
			err = read(nl, reading);
		if (err && err != -ENODEV)
			*why = format("%s", nl_error(nl));
		nl_end(nl);
	}
	return err;
}

/* ---- counters ---- */

static int read_report(struct nl *nl, struct reading *reading)
{
	int err = sample_take(nl, &reading->sample);

	return err ? err : nl_get_hists(nl, &reading->hists);
}

static void put_report(struct json *json, const struct reading *reading)
{
	const struct timespec *clock = &reading->sample.clock;
	struct report report = { .output = { .json = true, .timestamp = true } };
	struct names mechanisms = { 0 };

	json_real(json, "clock", (double)clock->tv_sec + (double)clock->tv_nsec / 1e9);
	report_names(&reading->sample.rows, &report.columns, &mechanisms);
	report_json(&report, &reading->sample, NULL, json);
	hists_json(&reading->hists, false, json);
	names_free(&report.columns);
	names_free(&mechanisms);
}

int dashboard_report(bool flows, char **text, size_t *len)
{
	struct reading reading = { 0 };
	struct json json = { .lines = true };
	int err = take(read_report, &reading, text);

	if (!err || err == -ENODEV) {
		json.out = must(open_memstream(text, len));
		json_open(&json, NULL, '{');
		json_bool(&json, "loaded", !err);
		json_bool(&json, "flows", flows);
		if (!err)
			put_report(&json, &reading);
		json_close(&json, '}');
		fclose(json.out);
		must(*text);
		err = 0;
	}
	reading_free(&reading);
	return err;
}

/* ---- flows ---- */

static int read_flows(struct nl *nl, struct reading *reading)
{
	const struct nl_flow_filter all = { 0 };
	int err = nl_get_flow_state(nl, &reading->state);

	if (err || !reading->state.max)
		return err;
	err = nl_get_flows(nl, &all, &reading->source.flows);
	if (!err)
		err = nl_get_sleepers(nl, &reading->source.sleepers);
	if (err == -ENODATA) { /* switched off meanwhile */
		reading->state.max = 0;
		err = 0;
	}
	return err;
}

static void put_flows(struct json *json, struct reading *reading)
{
	struct nl_flows *flows = &reading->source.flows;
	const struct flow_args all = { 0 };
	struct graph graph = { 0 };

	json_bool(json, "on", reading->state.max > 0);
	if (!reading->state.max)
		return;
	json_number(json, "max_flows", reading->state.max);
	json_number(json, "used", reading->state.used);
	json_number(json, "evicted", reading->state.evicted);
	json_bool(json, "changed", flows->changed);
	for (unsigned int i = 0; i < flows->nr; i++)
		make_printable(flows->flow[i].comm);
	graph_build(&graph, &reading->source, &all);
	graph_json(&graph, DASHBOARD_MAX_EDGES, json);
	graph_free(&graph);
}

int dashboard_flows(char **text, size_t *len)
{
	struct reading reading = { 0 };
	struct json json = { .lines = true };
	int err = take(read_flows, &reading, text);

	if (!err || err == -ENODEV) {
		json.out = must(open_memstream(text, len));
		json_open(&json, NULL, '{');
		json_bool(&json, "loaded", !err);
		if (!err)
			put_flows(&json, &reading);
		json_close(&json, '}');
		fclose(json.out);
		must(*text);
		err = 0;
	}
	reading_free(&reading);
	return err;
}
