// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "ipcstat/table.h"
#include "table.h"

/* Numbers and nothing else: they are set to the right. */
static bool is_number(const char *word)
{
	return !strcmp(word, "pid") || !strcmp(word, "to_pid");
}

static void print_word(struct table *table, const struct flow_line *line, const char *name,
		       const char *word)
{
	bool ended = (line->ended[0] && !strcmp(name, "comm")) ||
		     (line->ended[1] && !strcmp(name, "to_comm"));

	table_cell(table, "%s%s", word, ended ? " (ended)" : "");
}

void flow_lines_print(const struct flow_lines *lines, const struct output *output, FILE *out)
{
	const char *const *words = flow_groupings[lines->view.by].words;
	const char *least = lines->view.at_least ? ">=" : "";
	struct table table = { 0 };

	for (unsigned int i = 0; words[i]; i++)
		table_column(&table, !is_number(words[i]), "%s", words[i]);
	for (size_t i = 0; i < FLOW_NUMBERS; i++)
		table_column(&table, false, "%s", flow_numbers[i].name);
	for (unsigned int i = 0; i < lines->nr; i++) {
		const struct flow_line *line = lines->line[i];

		for (unsigned int j = 0; words[j]; j++)
			print_word(&table, line, words[j], line->word[j]);
		for (size_t j = 0; j < FLOW_NUMBERS; j++) {
			const struct nl_counter *value =
				&line->value[flow_numbers[j].dir][flow_numbers[j].value];

			if (value->kind == NL_VALUE)
				table_cell(&table, "%s%" PRIu64, least, value->value);
			else
				table_cell(&table, value->kind == NL_NONE ? "-" : "?");
		}
	}
	output_time(output, NULL, out);
	table_print(&table, output, out);
}

void flow_lines_json(const struct flow_lines *lines, const struct output *output, struct json *json)
{
	unsigned int by = lines->view.by;
	const char *const *words = flow_groupings[by].words;

	output_time_json(output, NULL, json);
	json_open(json, "flows", '[');
	output_begin_rows(output, json);
	for (unsigned int i = 0; i < lines->nr; i++) {
		const struct flow_line *line = lines->line[i];

		json_open(json, NULL, '{');
		for (unsigned int j = 0; words[j]; j++) {
			if (line->absent[j])
				json_null(json, words[j]);
			else if (is_number(words[j]))
				json_number(json, words[j], strtoull(line->word[j], NULL, 10));
			else
				json_string(json, words[j], line->word[j]);
		}
		if (by == FLOW_BY_FLOW || by == FLOW_BY_PROCESS || by == FLOW_BY_PAIR)
			json_bool(json, "ended", line->ended[0]);
		if (by == FLOW_BY_PAIR)
			json_bool(json, "to_ended", line->ended[1]);
		for (size_t j = 0; j < FLOW_NUMBERS; j++) {
			const struct nl_counter *value =
				&line->value[flow_numbers[j].dir][flow_numbers[j].value];

			if (value->kind == NL_VALUE)
				json_number(json, flow_numbers[j].name, value->value);
			else if (value->kind == NL_UNKNOWN)
				json_null(json, flow_numbers[j].name);
		}
		json_close(json, '}');
	}
	output_end_rows(json);
	json_close(json, ']');
}
