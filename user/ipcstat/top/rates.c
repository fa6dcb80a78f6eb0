// SPDX-License-Identifier: GPL-2.0-only
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "changes.h"
#include "common/cli.h"
#include "ipcstat/who/objects.h"
#include "rates.h"

/* ---- lines ---- */

static int by_key(const void *a, const void *b)
{
	const struct top_line *x = a, *y = b;
	int diff = by_number(x->other, y->other) ?: by_number(x->pid, y->pid);

	diff = diff ?: by_number(x->start_ns, y->start_ns) ?: strcmp(x->mech, y->mech);
	return diff || !x->object ? diff : strcmp(x->object, y->object);
}

static void name_process(struct top_line *line, const struct nl_flow *flow)
{
	if (flow->other)
		strcpy(line->comm, "(other)");
	else if (!flow->start_ns)
		strcpy(line->comm, "(kernel)");
	else
		memcpy(line->comm, flow->comm, sizeof(flow->comm));
	make_printable(line->comm);
	line->last_ns = flow->last_ns;
	line->ended |= flow->exited;
}

static void make_key(struct top_line *key, enum top_by by, const struct nl_flow *flow,
		     const struct flow_names *names)
{
	*key = (struct top_line){ 0 };
	memcpy(key->mech, flow->mech, sizeof(key->mech));
	if (by == TOP_BY_OBJECT)
		key->object = flow->other ? "-" : names->object;
	if (by != TOP_BY_PROCESS)
		return;
	key->other = flow->other;
	key->pid = flow->pid;
	key->start_ns = flow->start_ns;
	name_process(key, flow);
}

static struct top_line *find_line(struct top_report *report, void **tree, struct top_line *key)
{
	struct top_line **node = tfind(key, tree, by_key);
	struct top_line *line;

	if (node)
		return *node;
	line = must(malloc(sizeof(*line)));
	*line = *key;
	if (key->object)
		line->object = must(strdup(key->object));
	for (int i = 0; i <= TOP_BLOCKED; i++)
		line->value[i].kind = NL_NONE;
	must(tsearch(line, tree, by_key));
	report->line = must(reallocarray(report->line, report->nr + 1, sizeof(*report->line)));
	return report->line[report->nr++] = line;
}

static void add_to_line(struct top_line *line, const struct nl_flow *flow, struct top_sleep sleep)
{
	bool send = !strcmp(flow->direction, "send");
	const struct nl_counter slept = { .kind = NL_VALUE, .value = (uint64_t)sleep.ns };
	const struct nl_counter blocked = { .kind = NL_VALUE, .value = sleep.blocked };

	top_add(&line->value[send ? TOP_SEND_OPS : TOP_RECV_OPS], &flow->value[NL_OPS]);
	top_add(&line->value[send ? TOP_SEND_BYTES : TOP_RECV_BYTES], &flow->value[NL_BYTES]);
	top_add(&line->value[TOP_WAITED], &flow->value[NL_WAIT_NS]);
	if (sleep.ns)
		top_add(&line->value[TOP_WAITED], &slept);
	top_add(&line->value[TOP_BLOCKED], &blocked);
}

/* True: nothing came of it. A sleep that ended is counted a moment before or after. */
static bool is_idle(struct top_line *line)
{
	struct nl_counter *waited = &line->value[TOP_WAITED];
	bool idle = true;

	if ((int64_t)waited->value < 0)
		waited->value = 0;
	for (int i = TOP_SEND_OPS; i <= TOP_BLOCKED; i++)
		idle &= !line->value[i].value;
	return idle;
}

static void free_line(struct top_line *line)
{
	free(line->object);
	free(line);
}

/* Drops the idle lines, and adds up the others. */
static void finish_lines(struct top_report *report, void **tree)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < report->nr; i++) {
		struct top_line *line = report->line[i];

		tdelete(line, tree, by_key);
		if (is_idle(line)) {
			free_line(line);
			continue;
		}
		report->line[nr++] = line;
		for (int j = TOP_SEND_OPS; j <= TOP_BLOCKED; j++)
			report->total[j] += line->value[j].value;
	}
	report->nr = nr;
}

static bool wanted(const struct nl_flow *flow, const char *comm)
{
	return !comm || (!flow->other && !strcmp(flow->comm, comm));
}

static void add_lines(struct top_report *report, const struct top_changes *changes,
		      const char *comm, enum top_by by)
{
	const struct nl_flows *flows = &changes->flows;
	struct flow_names *names = by == TOP_BY_OBJECT ? flow_names_find(flows) : NULL;
	struct top_line key, *line;
	void *tree = NULL;

	for (unsigned int i = 0; i < flows->nr; i++) {
		const struct nl_flow *flow = &flows->flow[i];

		if (!wanted(flow, comm))
			continue;
		make_key(&key, by, flow, names ? &names[i] : NULL);
		line = find_line(report, &tree, &key);
		/* A process is called what it was called last. */
		if (by == TOP_BY_PROCESS && flow->last_ns > line->last_ns)
			name_process(line, flow);
		add_to_line(line, flow, changes->sleep[i]);
	}
	finish_lines(report, &tree);
	flow_names_free(names, flows->nr);
}

void top_compare(const struct reading *before, const struct reading *now,
		 const struct nl_flow_filter *filter, const char *comm, enum top_by by,
		 struct top_report *report)
{
	struct top_changes changes;

	*report =
		(struct top_report){ .seconds = (double)(now->clock_ns - before->clock_ns) / 1e9 };
	if (!filter->pid && !filter->mech && !comm)
		report->hidden = now->sleepers.hidden;
	top_find_changes(&changes, before, now, filter);
	add_lines(report, &changes, comm, by);
	top_free_changes(&changes);
}

void top_free_report(struct top_report *report)
{
	for (unsigned int i = 0; i < report->nr; i++)
		free_line(report->line[i]);
	free(report->line);
	*report = (struct top_report){ 0 };
}

double top_waited_percent(const struct top_report *report, uint64_t waited_ns)
{
	return report->seconds > 0 ? (double)waited_ns / report->seconds / 1e7 : 0;
}

/* ---- order ---- */

bool top_has(enum top_by by, enum top_column column)
{
	if (column == TOP_PID || column == TOP_COMM)
		return by == TOP_BY_PROCESS;
	return column != TOP_OBJECT || by == TOP_BY_OBJECT;
}

struct order {
	enum top_column column;
	bool ascending;
};

static uint64_t number_of(const struct top_line *line, enum top_column column)
{
	if (column == TOP_BYTES)
		return line->value[TOP_SEND_BYTES].value + line->value[TOP_RECV_BYTES].value;
	return column == TOP_PID ? line->pid : line->value[column].value;
}

static int by_column(const struct top_line *x, const struct top_line *y, enum top_column column)
{
	switch (column) {
	case TOP_COMM:
		return strcmp(x->comm, y->comm);
	case TOP_MECHANISM:
		return strcmp(x->mech, y->mech);
	case TOP_OBJECT:
		return strcmp(x->object ? x->object : "", y->object ? y->object : "");
	default:
		return by_number(number_of(x, column), number_of(y, column));
	}
}

static int by_order(const void *a, const void *b, void *arg)
{
	const struct top_line *x = *(struct top_line *const *)a, *y = *(struct top_line *const *)b;
	const struct order *order = arg;
	int diff = by_column(x, y, order->column);

	if (!diff && order->column == TOP_BYTES)
		diff = by_number(x->value[TOP_SEND_OPS].value + x->value[TOP_RECV_OPS].value,
				 y->value[TOP_SEND_OPS].value + y->value[TOP_RECV_OPS].value);
	if (diff)
		return order->ascending ? diff : -diff;
	return by_key(x, y);
}

void top_sort(struct top_report *report, enum top_column column, bool ascending)
{
	struct order order = { column, ascending };

	if (report->nr)
		qsort_r(report->line, report->nr, sizeof(*report->line), by_order, &order);
}
