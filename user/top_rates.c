// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "objects.h"
#include "top_rates.h"

/* A process of which there is no flow, only somebody asleep. */
#define START_UNKNOWN UINT64_MAX

/* By how much the time of a flow's first use, which is read off a late tick, may differ. */
#define TICK_NS 1000000000

/* ---- readings ---- */

static int by_number(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* Sums of others come first; then those of a process are together, and at an object. */
static int by_identity(const void *a, const void *b)
{
	const struct nl_flow *x = a, *y = b;
	int diff = by_number(!x->other, !y->other) ?: by_number(x->pid, y->pid);

	diff = diff ?: strcmp(x->mech, y->mech);
	diff = diff ?: by_number(x->has_id, y->has_id) ?: by_number(x->id, y->id);
	diff = diff ?: by_number(x->space, y->space) ?: strcmp(x->direction, y->direction);
	return diff ?: by_number(x->start_ns, y->start_ns);
}

/* What is not known of one is not known of the sum. */
static void add(struct nl_counter *sum, const struct nl_counter *one)
{
	if (one->kind == NL_UNKNOWN || sum->kind == NL_NONE)
		sum->kind = one->kind == NL_NONE ? sum->kind : one->kind;
	sum->value += one->value;
}

/* Sums of others may have come in parts. */
static void arrange(struct nl_flows *flows)
{
	unsigned int nr = 0;

	if (flows->nr)
		qsort(flows->flow, flows->nr, sizeof(*flows->flow), by_identity);
	for (unsigned int i = 0; i < flows->nr; i++) {
		struct nl_flow *flow = &flows->flow[i];

		if (!nr || by_identity(&flows->flow[nr - 1], flow)) {
			flows->flow[nr++] = *flow;
			continue;
		}
		for (int j = 0; j < NL_FLOW_VALUES; j++)
			add(&flows->flow[nr - 1].value[j], &flow->value[j]);
	}
	flows->nr = nr;
}

static int read_once(struct nl *nl, const struct nl_flow_filter *filter, struct reading *reading)
{
	struct timespec clock;
	int err;

	*reading = (struct reading){ 0 };
	err = nl_get_sleepers(nl, &reading->sleepers);
	clock_gettime(CLOCK_MONOTONIC, &clock);
	reading->clock_ns = clock.tv_sec * INT64_C(1000000000) + clock.tv_nsec;
	clock_gettime(CLOCK_REALTIME, &reading->wall);
	err = err ?: nl_get_flows(nl, filter, &reading->flows);
	err = err ?: nl_get_flow_state(nl, &reading->state);
	if (err) {
		top_free_reading(reading);
		return err;
	}
	arrange(&reading->flows);
	reading->valid = true;
	return 0;
}

int top_read(struct nl **nl, const struct nl_flow_filter *filter, struct reading *reading,
	     char **why)
{
	int err = -ENODEV;

	*reading = (struct reading){ 0 };
	if (*nl)
		err = read_once(*nl, filter, reading);
	/* A module that was reloaded has a family of another number. */
	if (err == -ENODEV) {
		nl_end(*nl);
		err = nl_open(nl) ?: read_once(*nl, filter, reading);
	}
	if (!err)
		return 0;
	*why = must(strdup(nl_error(*nl)));
	nl_end(*nl);
	*nl = NULL;
	return err;
}

void top_free_reading(struct reading *reading)
{
	nl_free_flows(&reading->flows);
	nl_free_sleepers(&reading->sleepers);
	*reading = (struct reading){ 0 };
}

/* ---- differences ---- */

/* Flows that have moved something; their values are what they have grown by. */
struct changes {
	struct nl_flows flows;
	struct sleep {
		int64_t ns; /* by which sleeps that go on have grown */
		unsigned int blocked;
	} * sleep; /* of each */
};

static struct nl_flow *add_change(struct changes *changes, const struct nl_flow *flow,
				  struct sleep sleep)
{
	struct nl_flows *flows = &changes->flows;

	if (flows->nr == flows->room) {
		flows->room = flows->room ? 2 * flows->room : 64;
		flows->flow = must(reallocarray(flows->flow, flows->room, sizeof(*flows->flow)));
		changes->sleep =
			must(reallocarray(changes->sleep, flows->room, sizeof(*changes->sleep)));
	}
	changes->sleep[flows->nr] = sleep;
	flows->flow[flows->nr] = *flow;
	return &flows->flow[flows->nr++];
}

/* One that was evicted, and came back, is another one. */
static bool is_same(const struct nl_flow *now, const struct nl_flow *before)
{
	for (int i = 0; i < NL_FLOW_VALUES; i++)
		if (now->value[i].value < before->value[i].value)
			return false;
	return now->first_ns < before->first_ns + TICK_NS;
}

static void subtract(struct nl_flow *now, const struct nl_flow *before)
{
	for (int i = 0; i < NL_FLOW_VALUES; i++)
		now->value[i].value -= before->value[i].value;
}

static bool has_moved(const struct nl_flow *flow)
{
	for (int i = 0; i < NL_FLOW_VALUES; i++)
		if (flow->value[i].value)
			return true;
	return false;
}

/* It had to make room: what others have now has its old values in it. They come first. */
static void subtract_gone(struct changes *changes, const struct nl_flow *gone)
{
	struct nl_flow *other = changes->flows.flow;

	if (gone->other)
		return;
	for (unsigned int i = 0; i < changes->flows.nr && other->other; i++, other++) {
		if (strcmp(other->mech, gone->mech) || strcmp(other->direction, gone->direction))
			continue;
		for (int j = 0; j < NL_FLOW_VALUES; j++) {
			uint64_t *value = &other->value[j].value;

			*value -= *value < gone->value[j].value ? *value : gone->value[j].value;
		}
	}
}

static void compare_flows(struct changes *changes, const struct nl_flows *before,
			  const struct nl_flows *now)
{
	unsigned int old = 0;

	for (unsigned int i = 0; i < now->nr; i++) {
		struct nl_flow flow = now->flow[i];
		int diff = 1;

		while (old < before->nr && (diff = by_identity(&before->flow[old], &flow)) < 0)
			subtract_gone(changes, &before->flow[old++]);
		if (old < before->nr && !diff && is_same(&flow, &before->flow[old]))
			subtract(&flow, &before->flow[old++]);
		if (flow.other || has_moved(&flow))
			add_change(changes, &flow, (struct sleep){ 0 });
	}
	while (old < before->nr)
		subtract_gone(changes, &before->flow[old++]);
}

/* The first flow from here on in the order of identities. */
static unsigned int find_flow(const struct nl_flows *flows, const struct nl_flow *key)
{
	unsigned int low = 0, high = flows->nr;

	while (low < high) {
		unsigned int middle = low + (high - low) / 2;

		if (by_identity(&flows->flow[middle], key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* What is known of a sleeper's process, and object, from its flows. */
static void identify(struct nl_flow *flow, const struct nl_flows *flows)
{
	const struct nl_flow process = { .pid = flow->pid };

	for (unsigned int i = find_flow(flows, flow); i < flows->nr; i++) {
		const struct nl_flow *at = &flows->flow[i];

		if (at->pid != flow->pid || strcmp(at->mech, flow->mech) || at->id != flow->id ||
		    at->space != flow->space)
			break;
		if (!at->exited) {
			*flow = *at;
			return;
		}
	}
	for (unsigned int i = find_flow(flows, &process); i < flows->nr; i++) {
		const struct nl_flow *of = &flows->flow[i];

		if (of->pid != flow->pid)
			break;
		if (of->exited || !of->start_ns)
			continue;
		flow->start_ns = of->start_ns;
		memcpy(flow->comm, of->comm, sizeof(flow->comm));
		return;
	}
	flow->start_ns = START_UNKNOWN;
}

static void add_sleeper(struct changes *changes, const struct nl_flows *flows,
			const struct nl_sleeper *task, struct sleep sleep)
{
	struct nl_flow flow = {
		.pid = task->tgid, .has_id = *task->object, .id = task->id, .space = task->space
	};

	memcpy(flow.mech, task->mech, sizeof(flow.mech));
	memcpy(flow.comm, task->comm, sizeof(flow.comm));
	identify(&flow, flows);
	for (int i = 0; i < NL_FLOW_VALUES; i++)
		flow.value[i] = (struct nl_counter){ .kind = NL_NONE };
	add_change(changes, &flow, sleep);
}

static bool chosen(const struct nl_sleeper *task, const struct nl_flow_filter *filter)
{
	return (!filter->pid || task->tgid == filter->pid) &&
	       (!filter->mech || !strcmp(task->mech, filter->mech));
}

/*
 * A wait is counted when it ends, with all of its time. To know how long was waited in the
 * interval, add what those have slept that sleep now, and subtract what was slept before.
 */
static void compare_sleepers(struct changes *changes, const struct reading *before,
			     const struct reading *now, const struct nl_flow_filter *filter)
{
	for (unsigned int i = 0; i < now->sleepers.nr; i++) {
		const struct nl_sleeper *task = &now->sleepers.task[i];

		if (chosen(task, filter))
			add_sleeper(changes, &now->flows, task,
				    (struct sleep){ (int64_t)task->waited_ns, 1 });
	}
	for (unsigned int i = 0; i < before->sleepers.nr; i++) {
		const struct nl_sleeper *task = &before->sleepers.task[i];

		if (chosen(task, filter))
			add_sleeper(changes, &now->flows, task,
				    (struct sleep){ -(int64_t)task->waited_ns, 0 });
	}
}

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

static void add_to_line(struct top_line *line, const struct nl_flow *flow, struct sleep sleep)
{
	bool send = !strcmp(flow->direction, "send");
	const struct nl_counter slept = { .kind = NL_VALUE, .value = (uint64_t)sleep.ns };
	const struct nl_counter blocked = { .kind = NL_VALUE, .value = sleep.blocked };

	add(&line->value[send ? TOP_SEND_OPS : TOP_RECV_OPS], &flow->value[NL_OPS]);
	add(&line->value[send ? TOP_SEND_BYTES : TOP_RECV_BYTES], &flow->value[NL_BYTES]);
	add(&line->value[TOP_WAITED], &flow->value[NL_WAIT_NS]);
	if (sleep.ns)
		add(&line->value[TOP_WAITED], &slept);
	add(&line->value[TOP_BLOCKED], &blocked);
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

static void add_lines(struct top_report *report, const struct changes *changes, const char *comm,
		      enum top_by by)
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
	struct changes changes = { 0 };

	*report =
		(struct top_report){ .seconds = (double)(now->clock_ns - before->clock_ns) / 1e9 };
	if (!filter->pid && !filter->mech && !comm)
		report->hidden = now->sleepers.hidden;
	compare_flows(&changes, &before->flows, &now->flows);
	compare_sleepers(&changes, before, now, filter);
	add_lines(report, &changes, comm, by);
	nl_free_flows(&changes.flows);
	free(changes.sleep);
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
