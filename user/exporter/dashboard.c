// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/cli.h"
#include "dashboard.h"
#include "exporter/page.h" /* made of the files in page/ */
#include "ipcstat/graph/model.h"
#include "ipcstat/hist.h"
#include "ipcstat/report.h"
#include "reading.h"

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

static void reading_free(struct reading *reading)
{
	sample_free(&reading->sample);
	nl_free_hists(&reading->hists);
	graph_source_free(&reading->source);
	*reading = (struct reading){ 0 };
}

/* ---- counters ---- */

static int read_report(struct nl *nl, void *arg)
{
	struct reading *reading = arg;
	int err;

	reading_free(reading);
	err = sample_take(nl, &reading->sample);
	return err ? err : nl_get_hists(nl, &reading->hists);
}

static void put_report(struct json *json, struct reading *reading)
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

/* ---- flows ---- */

static int read_flows(struct nl *nl, void *arg)
{
	const struct nl_flow_filter all = { 0 };
	struct reading *reading = arg;
	int err;

	reading_free(reading);
	err = nl_get_flow_state(nl, &reading->state);
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

/* ---- documents ---- */

static const struct {
	read_fn *read;
	void (*put)(struct json *json, struct reading *reading);
} documents[] = {
	[DASHBOARD_REPORT] = { read_report, put_report },
	[DASHBOARD_FLOWS] = { read_flows, put_flows },
};

int dashboard_get(enum dashboard which, bool flows, char **text, size_t *len)
{
	struct reading reading = { 0 };
	struct json json = { .lines = true };
	int err = reading_take(documents[which].read, &reading, text);

	if (!err || err == -ENODEV) {
		json.out = must(open_memstream(text, len));
		json_open(&json, NULL, '{');
		json_bool(&json, "loaded", !err);
		if (which == DASHBOARD_REPORT)
			json_bool(&json, "flows", flows);
		if (!err)
			documents[which].put(&json, &reading);
		json_close(&json, '}');
		fclose(json.out);
		must(*text);
		err = 0;
	}
	reading_free(&reading);
	return err;
}
