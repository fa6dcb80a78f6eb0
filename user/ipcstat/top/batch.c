// SPDX-License-Identifier: GPL-2.0-only
/* ipcstat top -b: its reports, as plain text. */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "ipcstat/table.h"
#include "state.h"

/* The numbers are in the order of enum top_column. */
const struct column top_columns[] = {
	{ "pid", false, NULL },        { "comm", true, NULL },
	{ "mechanism", true, NULL },   { "send_ops", false, NULL },
	{ "send_bytes", false, NULL }, { "recv_ops", false, NULL },
	{ "recv_bytes", false, NULL }, { "waited%", false, NULL },
	{ "blocked", false, NULL },    { 0 },
};

static void print_cell(struct table *table, const struct top_report *report,
		       const struct top_line *line, enum top_column column)
{
	const struct nl_counter *value = &line->value[column];

	if (value->kind != NL_VALUE)
		table_cell(table, value->kind == NL_NONE ? "-" : "?");
	else if (column == TOP_WAITED)
		table_cell(table, "%.1f", top_waited_percent(report, value->value));
	else
		table_cell(table, "%" PRIu64, value->value);
}

static void print_lines(const struct top *top)
{
	const struct top_report *report = &top->report;
	struct table table = { 0 };

	table_columns(&table, top_columns);
	for (unsigned int i = 0; i < report->nr; i++) {
		const struct top_line *line = report->line[i];

		if (line->other)
			table_cell(&table, "-");
		else
			table_cell(&table, "%u", line->pid);
		table_cell(&table, "%s%s", line->comm, line->ended ? " (ended)" : "");
		table_cell(&table, "%s", line->mech);
		for (int j = TOP_SEND_OPS; j <= TOP_BLOCKED; j++)
			print_cell(&table, report, line, j);
	}
	table_print(&table, &top->output, stdout);
}

/* The line before the table. */
static void print_totals(const struct top *top)
{
	struct timespec wall = top->now.wall;
	const struct top_report *report = &top->report;
	char text[TIME_TEXT_MAX];

	if (top->trouble)
		clock_gettime(CLOCK_REALTIME, &wall);
	time_stamp(&wall, top->output.time_format, false, text);
	if (top->trouble || !top->before.valid) {
		printf("%s %s\n", text, top->trouble ? top->trouble : "flows are back");
		return;
	}
	printf("%s seconds %.3f send_ops %" PRIu64 " send_bytes %" PRIu64 " recv_ops %" PRIu64
	       " recv_bytes %" PRIu64 " flows %u max_flows %u evicted %" PRIu64 " blocked %" PRIu64
	       "\n",
	       text, report->seconds, report->total[TOP_SEND_OPS], report->total[TOP_SEND_BYTES],
	       report->total[TOP_RECV_OPS], report->total[TOP_RECV_BYTES], top->now.state.used,
	       top->now.state.max, top->now.state.evicted, report->total[TOP_BLOCKED]);
}

void top_print(const struct top *top)
{
	bool there = !top->trouble && top->before.valid;

	if (top->output.raw) {
		if (there)
			print_lines(top);
		else if (top->trouble)
			warnx("%s", top->trouble);
		return;
	}
	print_totals(top);
	if (there)
		print_lines(top);
	putchar('\n');
}
