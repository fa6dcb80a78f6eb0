// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli.h"
#include "metrics.h"
#include "reading.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define LAST_SERIES 2 /* those about the text itself */

/* All that is read of the module, for these arguments. */
struct reading {
	const struct metrics_args *args;
	bool loaded;
	struct nl_info info;
	struct nl_rows rows, signals;
	struct nl_hists hists;
	struct nl_hooks hooks;
	struct nl_flow_state flow_state;
	struct nl_flows flows;
};

/* ---- reading ---- */

static void reading_free(struct reading *reading)
{
	nl_free_info(&reading->info);
	nl_free_rows(&reading->rows);
	nl_free_rows(&reading->signals);
	nl_free_hists(&reading->hists);
	nl_free_hooks(&reading->hooks);
	nl_free_flows(&reading->flows);
	*reading = (struct reading){ .args = reading->args };
}

static int read_flows(struct nl *nl, struct reading *reading)
{
	const struct nl_flow_filter all = { 0 };
	int err = nl_get_flow_state(nl, &reading->flow_state);

	if (err || !reading->flow_state.max)
		return err;
	err = nl_get_flows(nl, &all, &reading->flows);
	if (err == -ENODATA) /* switched off meanwhile */
		reading->flow_state.max = 0;
	return err == -ENODATA ? 0 : err;
}

static int read_all(struct nl *nl, void *arg)
{
	struct reading *reading = arg;
	int err;

	reading_free(reading);
	err = nl_get_info(nl, &reading->info);
	if (!err)
		err = nl_get_rows(nl, NULL, &reading->rows);
	if (!err)
		err = nl_get_hists(nl, &reading->hists);
	if (!err)
		err = nl_get_signals(nl, &reading->signals);
	if (!err)
		err = nl_get_hooks(nl, &reading->hooks);
	if (!err && (reading->args->per_process || reading->args->per_cgroup))
		err = read_flows(nl, reading);
	return err;
}

/* ---- rows ---- */

/* A family with a series for each row, or for each of its directions. */
static const struct column {
	struct family family;
	const char *name; /* in the module; of a direction: what is behind send_ and recv_ */
	bool directions, ns;
} columns[] = {
	{ { "ipcstat_objects", GAUGE, NULL,
	    "Pipes, queues, segments, sets of semaphores, sockets, eventfds that exist now." },
	  "objects",
	  false,
	  false },
	{ { "ipcstat_queued_messages", GAUGE, NULL, "Messages that wait inside the kernel now." },
	  "queued",
	  false,
	  false },
	{ { "ipcstat_queued_bytes", GAUGE, "bytes",
	    "Bytes of payload that wait inside the kernel now." },
	  "queued_bytes",
	  false,
	  false },
	{ { "ipcstat_blocked_tasks", GAUGE, NULL, "Tasks that are asleep in the mechanism now." },
	  "blocked",
	  false,
	  false },
	{ { "ipcstat_operations", COUNTER, NULL, "Operations, failed ones included." },
	  "ops",
	  true,
	  false },
	{ { "ipcstat_bytes", COUNTER, "bytes", "Payload that was accepted or handed out." },
	  "bytes",
	  true,
	  false },
	{ { "ipcstat_copied_bytes", COUNTER, "bytes",
	    "The part of it that was copied between process and kernel." },
	  "copied",
	  true,
	  false },
	{ { "ipcstat_failures", COUNTER, NULL,
	    "Operations that returned an error, EAGAIN among them." },
	  "fails",
	  true,
	  false },
	{ { "ipcstat_waits", COUNTER, NULL, "Operations that had to sleep." },
	  "waits",
	  true,
	  false },
	{ { "ipcstat_runqueue_seconds", COUNTER, "seconds",
	    "The part of the time of waits that tasks were awake but waited for a CPU." },
	  "runq_ns",
	  true,
	  true },
};

static void put_column(struct exposition *e, const struct nl_row *row, const struct column *column,
		       const char *direction)
{
	const struct label labels[] = { { "mechanism", row->name },
					{ "direction", direction },
					{ NULL, NULL } };
	const struct nl_counter *counter;
	char name[2 * IPCSTAT_NAME_MAX];

	snprintf(name, sizeof(name), "%s%s%s", direction ? direction : "", direction ? "_" : "",
		 column->name);
	counter = nl_find_counter(row, name);
	if (!counter || counter->kind != NL_VALUE)
		return;
	if (column->ns)
		exposition_seconds(e, labels, counter->value);
	else
		exposition_value(e, labels, counter->value);
}

static void put_rows(struct exposition *e, const struct nl_rows *rows)
{
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		exposition_family(e, &columns[i].family);
		for (unsigned int j = 0; j < rows->nr; j++) {
			if (columns[i].directions) {
				put_column(e, &rows->row[j], &columns[i], "send");
				put_column(e, &rows->row[j], &columns[i], "recv");
			} else {
				put_column(e, &rows->row[j], &columns[i], NULL);
			}
		}
	}
}

/* ---- waits ---- */

/*
 * The bounds, and the first bucket of the module's that lies behind: its bucket i ends
 * where 2^(i+1) microseconds begin. The same for ever: who changes one changes all series.
 */
static const struct {
	const char *le;
	unsigned int behind;
} bounds[] = {
	{ "0.000128", 7 },  { "0.002048", 11 }, { "0.032768", 15 },
	{ "0.524288", 19 }, { "8.388608", 23 }, { "+Inf", NL_BUCKETS },
};

static void put_wait(struct exposition *e, const struct nl_rows *rows, const char *mech,
		     const struct nl_hist *hist, const char *direction)
{
	const struct label labels[] = { { "mechanism", mech },
					{ "direction", direction },
					{ NULL, NULL } };
	const struct nl_row *row = nl_find_row(rows, mech);
	struct exposition_bucket bucket[ARRAY_SIZE(bounds)];
	const struct nl_counter *sum;
	char name[IPCSTAT_NAME_MAX];
	uint64_t count = 0;

	snprintf(name, sizeof(name), "%s_wait_ns", direction);
	sum = row ? nl_find_counter(row, name) : NULL;
	if (!sum || sum->kind != NL_VALUE || hist->kind != NL_VALUE)
		return;
	for (unsigned int i = 0, j = 0; i < ARRAY_SIZE(bounds); i++) {
		for (; j < bounds[i].behind && j < hist->nr; j++)
			count += hist->bucket[j];
		bucket[i] = (struct exposition_bucket){ bounds[i].le, count };
	}
	exposition_histogram(e, labels, bucket, ARRAY_SIZE(bounds), sum->value);
}

static void put_waits(struct exposition *e, const struct reading *reading)
{
	static const struct family family = {
		"ipcstat_wait_seconds", HISTOGRAM, "seconds",
		"How long operations slept, from falling asleep until running again."
	};

	exposition_family(e, &family);
	for (unsigned int i = 0; i < reading->hists.nr; i++) {
		const struct nl_hist_row *row = &reading->hists.row[i];

		for (unsigned int j = 0; j < row->nr; j++) {
			const struct nl_hist *hist = &row->hist[j];

			if (strcmp(hist->unit, "usecs"))
				continue;
			if (!strcmp(hist->name, "send_wait"))
				put_wait(e, &reading->rows, row->name, hist, "send");
			else if (!strcmp(hist->name, "recv_wait"))
				put_wait(e, &reading->rows, row->name, hist, "recv");
		}
	}
}

/* ---- what the numbers are worth ---- */

static void put_one(struct exposition *e, const struct family *family, const struct label *labels,
		    uint64_t value)
{
	exposition_family(e, family);
	exposition_value(e, labels, value);
}

static void put_info(struct exposition *e, const struct nl_info *info)
{
	static const struct family build = { "ipcstat_build", INFO, NULL,
					     "The kernel module: its version, that of its netlink "
					     "protocol, how results are seen." };
	static const struct family since = { "ipcstat_start_time_seconds", GAUGE, "seconds",
					     "When counting began, since the epoch." };
	static const struct family missed = {
		"ipcstat_missed_events", COUNTER, NULL,
		"Events that were not counted: while this is 0 all numbers are exact."
	};
	char *protocol = format("%d", IPCSTAT_GENL_VERSION);
	const struct label labels[] = { { "version", info->version },
					{ "protocol", protocol },
					{ "backend", info->backend },
					{ NULL, NULL } };

	put_one(e, &build, labels, 1);
	put_one(e, &since, NULL, info->since);
	put_one(e, &missed, NULL, info->missed);
	free(protocol);
}

static void put_hook_states(struct exposition *e, const struct nl_hooks *hooks)
{
	static const struct family family = {
		"ipcstat_hooks", GAUGE, NULL,
		"Where the kernel is watched, by state; absent is where it has no such path."
	};
	static const char *const states[] = { "attached", "unavailable", "absent" };

	exposition_family(e, &family);
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		const struct label labels[] = { { "state", states[i] }, { NULL, NULL } };
		unsigned int nr = 0;

		for (unsigned int j = 0; j < hooks->nr; j++)
			nr += !strcmp(hooks->hook[j].state, states[i]);
		exposition_value(e, labels, nr);
	}
}

/* Only of the hooks of which there is something to say. */
static void put_hooks(struct exposition *e, const struct nl_hooks *hooks)
{
	static const struct family attached = {
		"ipcstat_hook_attached", GAUGE, NULL,
		"0 for each hook that should be attached and is not: what it feeds is not known."
	};
	static const struct family missed = { "ipcstat_hook_missed", COUNTER, NULL,
					      "Events missed, of the hooks that missed any." };

	exposition_family(e, &attached);
	for (unsigned int i = 0; i < hooks->nr; i++) {
		const struct label labels[] = { { "hook", hooks->hook[i].name }, { NULL, NULL } };

		if (!strcmp(hooks->hook[i].state, "unavailable"))
			exposition_value(e, labels, 0);
	}
	exposition_family(e, &missed);
	for (unsigned int i = 0; i < hooks->nr; i++) {
		const struct label labels[] = { { "hook", hooks->hook[i].name }, { NULL, NULL } };

		if (hooks->hook[i].missed)
			exposition_value(e, labels, hooks->hook[i].missed);
	}
}

static void put_unknown(struct exposition *e, const struct nl_rows *rows)
{
	static const struct family family = {
		"ipcstat_unknown", GAUGE, NULL,
		"1 for each counter of which this kernel gives no exact way to know."
	};

	exposition_family(e, &family);
	for (unsigned int i = 0; i < rows->nr; i++) {
		for (unsigned int j = 0; j < rows->row[i].nr; j++) {
			const struct nl_counter *counter = &rows->row[i].counter[j];
			const struct label labels[] = { { "mechanism", rows->row[i].name },
							{ "counter", counter->name },
							{ NULL, NULL } };

			if (counter->kind == NL_UNKNOWN)
				exposition_value(e, labels, 1);
		}
	}
}

/* ---- signals ---- */

/* Only those that there have been. The ones with small numbers come first, should room end. */
static void put_signals(struct exposition *e, const struct nl_rows *signals)
{
	static const struct family generated = {
		"ipcstat_signals", COUNTER, NULL,
		"Signals generated, of those numbers of which there were any."
	};
	static const struct family outcomes = { "ipcstat_signal_outcomes", COUNTER, NULL,
						"What became of them, where it happened." };
	char name[32];

	for (int part = 0; part < 2; part++) {
		exposition_family(e, part ? &outcomes : &generated);
		for (unsigned int i = 0; i < signals->nr; i++) {
			const struct nl_row *row = &signals->row[i];

			signal_name(row->signal, name);
			for (unsigned int j = 0; j < row->nr; j++) {
				const struct nl_counter *counter = &row->counter[j];
				bool all = !strcmp(counter->name, "generated");
				const struct label labels[] = { { "signal", name },
								{ "outcome",
								  all ? NULL : counter->name },
								{ NULL, NULL } };

				if (counter->kind == NL_VALUE && counter->value && all == !part)
					exposition_value(e, labels, counter->value);
			}
		}
	}
}

/* ---- */

static void put_loaded(struct exposition *e, const struct reading *reading)
{
	static const struct family family = { "ipcstat_module_loaded", GAUGE, NULL,
					      "Whether the kernel module is loaded: 0 or 1." };

	put_one(e, &family, NULL, reading->loaded);
}

/* About the text itself, at its end: room was kept for it. */
static void put_series(struct exposition *e)
{
	static const struct family truncated = {
		"ipcstat_series_truncated", GAUGE, NULL,
		"Series left out of this text, for want of room."
	};
	static const struct family series = { "ipcstat_series", GAUGE, NULL,
					      "Series in this text." };

	e->limit += LAST_SERIES;
	put_one(e, &truncated, NULL, e->truncated);
	put_one(e, &series, NULL, e->series + 1);
}

/* What matters most comes first, should there be too much. */
static void put_all(struct exposition *e, const struct metrics_args *args, struct reading *reading)
{
	e->limit = METRICS_MAX_SERIES - LAST_SERIES;
	if (e->openmetrics && e->created)
		e->limit *= 2;
	put_loaded(e, reading);
	if (reading->loaded) {
		put_info(e, &reading->info);
		put_hook_states(e, &reading->hooks);
		put_unknown(e, &reading->rows);
		put_rows(e, &reading->rows);
		put_waits(e, reading);
		put_hooks(e, &reading->hooks);
		put_signals(e, &reading->signals);
		if (args->per_process || args->per_cgroup)
			metrics_flows(e, args, &reading->flow_state, &reading->flows);
	}
	put_series(e);
	exposition_end(e);
}

int metrics_get(const struct metrics_args *args, bool openmetrics, char **text, size_t *len)
{
	struct reading reading = { .args = args };
	struct exposition e = { .openmetrics = openmetrics, .created = args->created };
	int err;

	*text = NULL;
	err = reading_take(read_all, &reading, text);
	reading.loaded = !err;
	if (!err || err == -ENODEV) {
		e.out = must(open_memstream(text, len));
		e.since = reading.info.since;
		put_all(&e, args, &reading);
		fclose(e.out);
		must(*text);
		err = 0;
	}
	reading_free(&reading);
	return err;
}
