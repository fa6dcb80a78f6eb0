// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "report.h"
#include "table.h"

int sample_take(struct nl *nl, struct sample *sample)
{
	int err;

	*sample = (struct sample){ 0 };
	clock_gettime(CLOCK_MONOTONIC, &sample->clock);
	clock_gettime(CLOCK_REALTIME, &sample->wall);
	err = nl_get_rows(nl, NULL, &sample->rows);
	if (!err)
		err = nl_get_info(nl, &sample->info);
	if (err)
		sample_free(sample);
	return err;
}

void sample_free(struct sample *sample)
{
	nl_free_rows(&sample->rows);
	nl_free_info(&sample->info);
}

void warn_missed(const struct nl_info *info, uint64_t before)
{
	if (info->missed > before)
		warnx("%" PRIu64 " events were missed, so some numbers are too small: "
		      "`ipcstat hooks` shows where",
		      info->missed);
}

void report_names(const struct nl_rows *rows, struct names *columns, struct names *mechanisms)
{
	names_add(columns, KEY_COLUMN);
	for (unsigned int i = 0; i < rows->nr; i++) {
		const struct nl_row *row = &rows->row[i];

		names_add(mechanisms, row->name);
		for (unsigned int j = 0; j < row->nr; j++)
			if (!names_have(columns, row->counter[j].name))
				names_add(columns, row->counter[j].name);
	}
}

/* How long the numbers of a report have been counting. */
static double seconds_between(const struct sample *now, const struct sample *before)
{
	if (before)
		return (double)(now->clock.tv_sec - before->clock.tv_sec) +
		       (double)(now->clock.tv_nsec - before->clock.tv_nsec) / 1e9;
	return (double)now->wall.tv_sec - (double)now->info.since + (double)now->wall.tv_nsec / 1e9;
}

/* A row of a report; row.before is NULL where counting began with the load. */
struct line {
	const struct nl_row *now, *before;
	double seconds;
};

struct cell {
	enum {
		ABSENT,
		UNKNOWN,
		NUMBER,
		RATE
	} kind;
	uint64_t number;
	double rate;
};

/* By how much a counter has grown; false if that cannot be known. */
static bool growth(const struct line *line, const struct nl_counter *counter, uint64_t *result)
{
	const struct nl_counter *was;

	if (counter->kind != NL_VALUE)
		return false;
	*result = counter->value;
	if (!line->before)
		return true;
	was = nl_find_counter(line->before, counter->name);
	if (!was || was->kind != NL_VALUE)
		return false;
	*result -= was->value;
	return true;
}

static struct cell get_cell(const struct report *report, const struct line *line, const char *name)
{
	const struct nl_counter *counter = nl_find_counter(line->now, name);
	struct cell cell = { .kind = UNKNOWN };

	if (!counter || counter->kind == NL_NONE) {
		cell.kind = ABSENT;
	} else if (!report->rates || counter->gauge) {
		cell.kind = counter->kind == NL_VALUE ? NUMBER : UNKNOWN;
		cell.number = counter->value;
	} else if (line->seconds > 0 && growth(line, counter, &cell.number)) {
		cell.kind = RATE;
		cell.rate = (double)cell.number / line->seconds;
	}
	return cell;
}

/* Nothing was counted: no counter that is known has moved, and one is known. */
static bool is_idle(const struct line *line)
{
	bool known = false;
	uint64_t grown;

	for (unsigned int i = 0; i < line->now->nr; i++) {
		const struct nl_counter *counter = &line->now->counter[i];

		if (counter->gauge || !growth(line, counter, &grown))
			continue;
		if (grown)
			return false;
		known = true;
	}
	return known;
}

/* Is row i part of the report? If so, *line is it. */
static bool get_line(const struct report *report, const struct sample *now,
		     const struct sample *before, unsigned int i, struct line *line)
{
	line->now = &now->rows.row[i];
	line->before = before ? nl_find_row(&before->rows, line->now->name) : NULL;
	line->seconds = seconds_between(now, before);
	if (report->mechanisms.nr && !names_have(&report->mechanisms, line->now->name))
		return false;
	return !report->hide_idle || !is_idle(line);
}

static void print_rate(struct table *table, double rate)
{
	if (rate == 0)
		table_cell(table, "0");
	else
		table_cell(table, "%.*f", rate < 9.995 ? 2 : rate < 99.95 ? 1 : 0, rate);
}

static void print_text(const struct report *report, const struct sample *now,
		       const struct sample *before)
{
	struct table table = { 0 };

	for (unsigned int col = 0; col < report->columns.nr; col++) {
		const char *name = report->columns.name[col];
		const struct nl_counter *counter = NULL;

		for (unsigned int i = 0; i < now->rows.nr && !counter; i++)
			counter = nl_find_counter(&now->rows.row[i], name);
		table_column(&table, !counter, "%s%s", name,
			     report->rates && counter && !counter->gauge ? "/s" : "");
	}
	for (unsigned int i = 0; i < now->rows.nr; i++) {
		struct line line;

		if (!get_line(report, now, before, i, &line))
			continue;
		for (unsigned int col = 0; col < report->columns.nr; col++) {
			const char *name = report->columns.name[col];
			struct cell cell = get_cell(report, &line, name);

			if (!strcmp(name, KEY_COLUMN))
				table_cell(&table, "%s", line.now->name);
			else if (cell.kind == ABSENT)
				table_cell(&table, "-");
			else if (cell.kind == UNKNOWN)
				table_cell(&table, "?");
			else if (cell.kind == NUMBER)
				table_cell(&table, "%" PRIu64, cell.number);
			else
				print_rate(&table, cell.rate);
		}
	}
	output_time(&report->output, &now->wall, stdout);
	table_print(&table, &report->output, stdout);
	if (report->rates && !report->output.raw)
		putchar('\n');
}

void report_json(const struct report *report, const struct sample *now, const struct sample *before,
		 struct json *json)
{
	const struct nl_info *info = &now->info;

	json_string(json, "version", info->version);
	json_number(json, "since", info->since);
	json_string(json, "backend", info->backend);
	json_number(json, "hooks_attached", info->hooks_attached);
	json_number(json, "hooks_all", info->hooks_all);
	json_number(json, "missed", info->missed);
	output_time_json(&report->output, &now->wall, json);
	if (report->rates)
		json_real(json, "seconds", seconds_between(now, before));
	json_open(json, "mechanisms", '[');
	for (unsigned int i = 0; i < now->rows.nr; i++) {
		struct line line;

		if (!get_line(report, now, before, i, &line))
			continue;
		json_open(json, NULL, '{');
		for (unsigned int col = 0; col < report->columns.nr; col++) {
			const char *name = report->columns.name[col];
			struct cell cell = get_cell(report, &line, name);

			if (!strcmp(name, KEY_COLUMN))
				json_string(json, name, line.now->name);
			else if (cell.kind == UNKNOWN)
				json_null(json, name);
			else if (cell.kind == NUMBER)
				json_number(json, name, cell.number);
			else if (cell.kind == RATE)
				json_real(json, name, cell.rate);
		}
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void print_json(const struct report *report, const struct sample *now,
		       const struct sample *before)
{
	struct json json = { .lines = report->rates };

	json_open(&json, NULL, '{');
	report_json(report, now, before, &json);
	json_close(&json, '}');
}

void report_print(const struct report *report, const struct sample *now,
		  const struct sample *before)
{
	if (report->output.json)
		print_json(report, now, before);
	else
		print_text(report, now, before);
}
