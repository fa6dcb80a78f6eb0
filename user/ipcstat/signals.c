// SPDX-License-Identifier: GPL-2.0-only
/* ipcstat signals: by number, what became of them. */
#include <err.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "common/cli.h"
#include "common/json.h"
#include "ipcstat/ipcstat.h"
#include "output.h"
#include "table.h"

/* Nothing was counted, as far as is known; and something is known. */
static bool is_idle(const struct nl_row *row)
{
	bool known = false;

	for (unsigned int i = 0; i < row->nr; i++) {
		if (row->counter[i].value)
			return false;
		known |= row->counter[i].kind == NL_VALUE;
	}
	return known;
}

/* The same columns for each; none without the module. */
static void list_columns(const struct nl_rows *rows, struct names *columns)
{
	if (!rows->nr)
		return;
	names_add(columns, "signal");
	names_add(columns, "number");
	for (unsigned int i = 0; i < rows->row[0].nr; i++)
		names_add(columns, rows->row[0].counter[i].name);
}

static void print_text(const struct nl_rows *rows, const struct output *output, bool hide_idle)
{
	struct table table = { 0 };
	char name[32];

	table_column(&table, true, "signal");
	table_column(&table, false, "number");
	for (unsigned int i = 0; rows->nr && i < rows->row[0].nr; i++)
		table_column(&table, false, "%s", rows->row[0].counter[i].name);
	for (unsigned int i = 0; i < rows->nr; i++) {
		const struct nl_row *row = &rows->row[i];

		if (hide_idle && is_idle(row))
			continue;
		signal_name(row->signal, name);
		table_cell(&table, "%s", name);
		table_cell(&table, "%u", row->signal);
		for (unsigned int j = 0; j < rows->row[0].nr; j++) {
			const struct nl_counter *counter =
				nl_find_counter(row, rows->row[0].counter[j].name);

			if (!counter || counter->kind == NL_NONE)
				table_cell(&table, "-");
			else if (counter->kind == NL_UNKNOWN)
				table_cell(&table, "?");
			else
				table_cell(&table, "%" PRIu64, counter->value);
		}
	}
	output_time(output, NULL, stdout);
	table_print(&table, output, stdout);
}

static void print_json(const struct nl_rows *rows, const struct output *output, bool hide_idle)
{
	struct json json = { 0 };
	char name[32];

	json_open(&json, NULL, '{');
	output_time_json(output, NULL, &json);
	json_open(&json, "signals", '[');
	output_begin_rows(output, &json);
	for (unsigned int i = 0; i < rows->nr; i++) {
		const struct nl_row *row = &rows->row[i];

		if (hide_idle && is_idle(row))
			continue;
		signal_name(row->signal, name);
		json_open(&json, NULL, '{');
		json_string(&json, "signal", name);
		json_number(&json, "number", row->signal);
		for (unsigned int j = 0; j < row->nr; j++) {
			if (row->counter[j].kind == NL_VALUE)
				json_number(&json, row->counter[j].name, row->counter[j].value);
			else if (row->counter[j].kind == NL_UNKNOWN)
				json_null(&json, row->counter[j].name);
		}
		json_close(&json, '}');
	}
	output_end_rows(&json);
	json_close(&json, ']');
	json_close(&json, '}');
}

/* For the help and the completion. */
static void add_all_columns(const struct syntax *syntax, struct names *words)
{
	struct nl_rows rows = { 0 };
	struct nl *nl;

	(void)syntax;
	if (!nl_open(&nl) && !nl_get_signals(nl, &rows))
		list_columns(&rows, words);
	nl_free_rows(&rows);
	nl_end(nl);
}

static int cmd_signals(int argc, char **argv)
{
	struct output output = { 0 };
	struct names columns = { 0 };
	struct nl_rows rows = { 0 };
	bool hide_idle = false;
	struct nl *nl;
	int status;

	status = output_parse(argc, argv, &signals_syntax, &output, &hide_idle);
	if (status >= 0)
		return status;
	status = EXIT_FAILURE;
	if (nl_open(&nl) || nl_get_signals(nl, &rows)) {
		warnx("%s", nl_error(nl));
		goto done;
	}
	list_columns(&rows, &columns);
	status = EXIT_BAD_ARGS;
	if (!output_choose_of(&output, &columns, &columns))
		goto done;
	(output.json ? print_json : print_text)(&rows, &output, hide_idle);
	status = EXIT_SUCCESS;
done:
	output_free(&output);
	names_free(&columns);
	nl_free_rows(&rows);
	nl_end(nl);
	return status;
}

const struct syntax signals_syntax = {
	.command = "signals",
	.args = "[OPTION]...",
	.what = "signals by number, and what became of them",
	.run = cmd_signals,
	.opts = { OUTPUT_OPTS, idle_opt },
	.columns = add_all_columns,
};
