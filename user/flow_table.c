// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "flow_table.h"
#include "json.h"
#include "objects.h"
#include "table.h"

#define MAX_WORDS 6

enum dir {
	SEND,
	RECV,
	NR_DIRS
};

/* A way to group flows: the names of what its lines tell apart. */
static const struct grouping {
	const char *name;
	const char *words[MAX_WORDS + 1];
} groupings[] = {
	{ "flow", { "pid", "comm", "mechanism", "object" } },
	{ "process", { "pid", "comm" } },
	{ "object", { "mechanism", "object" } },
	{ "mechanism", { "mechanism" } },
	{ "pair", { "pid", "comm", "to_pid", "to_comm", "mechanism", "object" } },
	{ "cgroup", { "cgroup" } },
	{ "user", { "user" } },
};

enum {
	BY_FLOW,
	BY_PROCESS,
	BY_OBJECT,
	BY_MECHANISM,
	BY_PAIR,
	BY_CGROUP,
	BY_USER,
	NR_GROUPINGS
};

/* The numbers of a line. */
static const struct number {
	const char *name;
	enum dir dir;
	enum nl_flow_value value;
} columns[] = {
	{ "send_ops", SEND, NL_OPS },         { "send_bytes", SEND, NL_BYTES },
	{ "send_copied", SEND, NL_COPIED },   { "send_waits", SEND, NL_WAITS },
	{ "send_wait_ns", SEND, NL_WAIT_NS }, { "send_fails", SEND, NL_FAILS },
	{ "recv_ops", RECV, NL_OPS },         { "recv_bytes", RECV, NL_BYTES },
	{ "recv_copied", RECV, NL_COPIED },   { "recv_waits", RECV, NL_WAITS },
	{ "recv_wait_ns", RECV, NL_WAIT_NS }, { "recv_fails", RECV, NL_FAILS },
};

#define NR_COLUMNS (sizeof(columns) / sizeof(columns[0]))
#define SORT_BYTES 0 /* of both directions, then operations; otherwise a column, from 1 */

struct line {
	char *word[MAX_WORDS];
	bool ended[2]; /* the process, and the other one of a pair */
	struct nl_counter value[NR_DIRS][NL_FLOW_VALUES];
};

struct flow_lines {
	struct flow_view view;
	unsigned int nr;
	struct line **line;
	void *tree; /* the same, by words */
};

/* ---- adding up ---- */

static int by_words(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	int diff = 0;

	for (unsigned int i = 0; i < MAX_WORDS && !diff && x->word[i]; i++)
		diff = strcmp(x->word[i], y->word[i]);
	return diff;
}

static void free_words(struct line *line)
{
	for (unsigned int i = 0; i < MAX_WORDS; i++)
		free(line->word[i]);
}

/* The line with these words, which become its own or are freed. */
static struct line *find_line(struct flow_lines *lines, struct line *key)
{
	struct line **node = tfind(key, &lines->tree, by_words);
	struct line *line;

	if (node) {
		free_words(key);
		return *node;
	}
	line = must(malloc(sizeof(*line)));
	*line = *key;
	for (int dir = 0; dir < NR_DIRS; dir++)
		for (int i = 0; i < NL_FLOW_VALUES; i++)
			line->value[dir][i].kind = NL_NONE;
	must(tsearch(line, &lines->tree, by_words));
	lines->line = must(reallocarray(lines->line, lines->nr + 1, sizeof(struct line *)));
	return lines->line[lines->nr++] = line;
}

static enum dir direction(const struct nl_flow *flow)
{
	return strcmp(flow->direction, "send") ? RECV : SEND;
}

/* What is not known of one is not known of the sum. */
static void add_flow(struct line *line, const struct nl_flow *flow)
{
	for (int i = 0; i < NL_FLOW_VALUES; i++) {
		struct nl_counter *sum = &line->value[direction(flow)][i];
		const struct nl_counter *one = &flow->value[i];

		if (one->kind == NL_UNKNOWN || sum->kind == NL_NONE)
			sum->kind = one->kind == NL_NONE ? sum->kind : one->kind;
		sum->value += one->value;
	}
}

static char *copy(const char *text)
{
	return must(strdup(text));
}

static char *pid_text(const struct nl_flow *flow)
{
	return flow->other ? copy("-") : format("%u", flow->pid);
}

static char *comm_text(const struct nl_flow *flow)
{
	if (flow->other)
		return copy("(other)");
	return copy(flow->start_ns ? flow->comm : "(kernel)");
}

static void add_words(struct line *key, unsigned int by, const struct nl_flow *flow,
		      const struct flow_names *names)
{
	unsigned int nr = 0;

	if (by == BY_FLOW || by == BY_PROCESS) {
		key->word[nr++] = pid_text(flow);
		key->word[nr++] = comm_text(flow);
	}
	if (by == BY_FLOW || by == BY_OBJECT || by == BY_MECHANISM)
		key->word[nr++] = copy(flow->mech);
	if (by == BY_FLOW || by == BY_OBJECT)
		key->word[nr++] = copy(flow->other ? "-" : names->object);
	if (by == BY_CGROUP)
		key->word[nr++] = flow->other ? copy("(other)") : flow_cgroup(flow);
	if (by == BY_USER)
		key->word[nr++] = flow->other ? copy("(other)") : flow_user(flow);
}

static void add_to_lines(struct flow_lines *lines, const struct nl_flow *flow,
			 const struct flow_names *names)
{
	struct line key = { .ended = { flow->exited } };

	add_words(&key, lines->view.by, flow, names);
	add_flow(find_line(lines, &key), flow);
}

/* A sender and a receiver of one channel; either may be missing: then it is nobody known. */
static void add_pair(struct flow_lines *lines, const struct nl_flow *from, const struct nl_flow *to,
		     const char *channel)
{
	struct line key = { .ended = { from && from->exited, to && to->exited } };
	const char *mech = from ? from->mech : to ? to->mech : "-";
	struct line *line;

	key.word[0] = from ? pid_text(from) : copy("-");
	key.word[1] = from ? comm_text(from) : copy("-");
	key.word[2] = to ? pid_text(to) : copy("-");
	key.word[3] = to ? comm_text(to) : copy("-");
	key.word[4] = copy(mech);
	key.word[5] = copy(channel);
	line = find_line(lines, &key);
	if (from)
		add_flow(line, from);
	if (to)
		add_flow(line, to);
}

/* Where a flow meets others: those that receive there, by that. */
struct meeting {
	char *key;
	unsigned int nr; /* of the flow */
};

static char *meeting_key(const struct nl_flow *flow, const struct flow_names *names)
{
	if (strcmp(flow->mech, "signal"))
		return copy(names->key);
	/* Who sends one names the process, who receives it is it. */
	return format("signal %" PRIu64, direction(flow) == SEND ? flow->id : (uint64_t)flow->pid);
}

static int by_key(const void *a, const void *b)
{
	const struct meeting *x = a, *y = b;

	return strcmp(x->key, y->key);
}

static struct meeting *find_receivers(const struct nl_flows *flows, const struct flow_names *names,
				      unsigned int *nr)
{
	struct meeting *receiver = must(calloc(flows->nr + 1, sizeof(*receiver)));

	*nr = 0;
	for (unsigned int i = 0; i < flows->nr; i++) {
		const struct nl_flow *to = &flows->flow[i];

		if (to->other || direction(to) != RECV)
			continue;
		receiver[*nr].key = meeting_key(to, &names[i]);
		receiver[(*nr)++].nr = i;
	}
	if (*nr)
		qsort(receiver, *nr, sizeof(*receiver), by_key);
	return receiver;
}

/* The first one with that key, or behind all smaller ones. */
static unsigned int first_receiver(const struct meeting *receiver, unsigned int nr, const char *key)
{
	unsigned int low = 0, high = nr;

	while (low < high) {
		unsigned int middle = (low + high) / 2;

		if (strcmp(receiver[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * Each sender of a channel with each of its receivers. Where they are several, nobody knows
 * what came from whom: each has what it has sent, or received, in all.
 */
static void find_pairs(struct flow_lines *lines, const struct nl_flows *flows,
		       const struct flow_names *names)
{
	bool *paired = must(calloc(flows->nr + 1, sizeof(*paired)));
	unsigned int nr;
	struct meeting *receiver = find_receivers(flows, names, &nr);

	for (unsigned int i = 0; i < flows->nr; i++) {
		const struct nl_flow *from = &flows->flow[i];
		char *key;

		if (from->other || !from->has_id || direction(from) != SEND)
			continue;
		key = meeting_key(from, &names[i]);
		for (unsigned int j = first_receiver(receiver, nr, key);
		     j < nr && !strcmp(receiver[j].key, key); j++) {
			const struct nl_flow *to = &flows->flow[receiver[j].nr];

			/* What is sent at one end of a connection is received at the other. */
			if (from->id == to->id && strcmp(names[i].channel, names[i].object))
				continue;
			add_pair(lines, from, to, names[i].channel);
			paired[i] = paired[receiver[j].nr] = true;
		}
		free(key);
	}
	for (unsigned int i = 0; i < flows->nr; i++) {
		const struct nl_flow *flow = &flows->flow[i];

		if (paired[i])
			continue;
		if (direction(flow) == SEND)
			add_pair(lines, flow, NULL, flow->other ? "-" : names[i].channel);
		else
			add_pair(lines, NULL, flow, flow->other ? "-" : names[i].channel);
	}
	for (unsigned int i = 0; i < nr; i++)
		free(receiver[i].key);
	free(receiver);
	free(paired);
}

/* ---- printing ---- */

static unsigned int sort_column;

static uint64_t sort_value(const struct line *line)
{
	const struct number *column;

	if (sort_column == SORT_BYTES)
		return line->value[SEND][NL_BYTES].value + line->value[RECV][NL_BYTES].value;
	column = &columns[sort_column - 1];
	return line->value[column->dir][column->value].value;
}

static int largest_first(const void *a, const void *b)
{
	const struct line *x = *(struct line *const *)a, *y = *(struct line *const *)b;
	uint64_t vx = sort_value(x), vy = sort_value(y);

	if (vx == vy) {
		vx = x->value[SEND][NL_OPS].value + x->value[RECV][NL_OPS].value;
		vy = y->value[SEND][NL_OPS].value + y->value[RECV][NL_OPS].value;
	}
	return vx != vy ? (vx > vy ? -1 : 1) : by_words(x, y);
}

/* Numbers and nothing else: they are set to the right. */
static bool is_number(const char *word)
{
	return !strcmp(word, "pid") || !strcmp(word, "to_pid");
}

static void print_word(struct table *table, const struct line *line, const char *name,
		       const char *word)
{
	bool ended = (line->ended[0] && !strcmp(name, "comm")) ||
		     (line->ended[1] && !strcmp(name, "to_comm"));

	table_cell(table, "%s%s", word, ended ? " (ended)" : "");
}

void flow_lines_print(const struct flow_lines *lines, const struct output *output, FILE *out)
{
	const char *const *words = groupings[lines->view.by].words;
	const char *least = lines->view.at_least ? ">=" : "";
	struct table table = { 0 };

	for (unsigned int i = 0; words[i]; i++)
		table_column(&table, !is_number(words[i]), "%s", words[i]);
	for (size_t i = 0; i < NR_COLUMNS; i++)
		table_column(&table, false, "%s", columns[i].name);
	for (unsigned int i = 0; i < lines->nr; i++) {
		const struct line *line = lines->line[i];

		for (unsigned int j = 0; words[j]; j++)
			print_word(&table, line, words[j], line->word[j]);
		for (size_t j = 0; j < NR_COLUMNS; j++) {
			const struct nl_counter *value =
				&line->value[columns[j].dir][columns[j].value];

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
	const char *const *words = groupings[by].words;

	output_time_json(output, NULL, json);
	json_open(json, "flows", '[');
	output_begin_rows(output, json);
	for (unsigned int i = 0; i < lines->nr; i++) {
		const struct line *line = lines->line[i];

		json_open(json, NULL, '{');
		for (unsigned int j = 0; words[j]; j++) {
			if (!strcmp(line->word[j], "-"))
				json_null(json, words[j]);
			else if (is_number(words[j]))
				json_number(json, words[j], strtoull(line->word[j], NULL, 10));
			else
				json_string(json, words[j], line->word[j]);
		}
		if (by == BY_FLOW || by == BY_PROCESS || by == BY_PAIR)
			json_bool(json, "ended", line->ended[0]);
		if (by == BY_PAIR)
			json_bool(json, "to_ended", line->ended[1]);
		for (size_t j = 0; j < NR_COLUMNS; j++) {
			const struct nl_counter *value =
				&line->value[columns[j].dir][columns[j].value];

			if (value->kind == NL_VALUE)
				json_number(json, columns[j].name, value->value);
			else if (value->kind == NL_UNKNOWN)
				json_null(json, columns[j].name);
		}
		json_close(json, '}');
	}
	output_end_rows(json);
	json_close(json, ']');
}

/* ---- */

struct flow_lines *flow_lines_new(const struct nl_flows *flows, const struct flow_view *view)
{
	struct flow_lines *lines = must(calloc(1, sizeof(*lines)));
	struct flow_names *names = flow_names_find(flows);

	lines->view = *view;
	if (view->by == BY_PAIR)
		find_pairs(lines, flows, names);
	else
		for (unsigned int i = 0; i < flows->nr; i++)
			add_to_lines(lines, &flows->flow[i], &names[i]);
	flow_names_free(names, flows->nr);
	sort_column = view->sort;
	if (lines->nr)
		qsort(lines->line, lines->nr, sizeof(struct line *), largest_first);
	return lines;
}

void flow_lines_free(struct flow_lines *lines)
{
	for (unsigned int i = 0; i < lines->nr; i++) {
		tdelete(lines->line[i], &lines->tree, by_words);
		free_words(lines->line[i]);
		free(lines->line[i]);
	}
	free(lines->line);
	free(lines);
}

/* ---- what is asked for ---- */

void flow_add_groupings(const struct syntax *syntax, struct names *words)
{
	(void)syntax;
	for (int by = 0; by < NR_GROUPINGS; by++)
		names_add(words, groupings[by].name);
}

void flow_add_sorts(const struct syntax *syntax, struct names *words)
{
	(void)syntax;
	names_add(words, "bytes");
	for (size_t i = 0; i < NR_COLUMNS; i++)
		names_add(words, columns[i].name);
}

void flow_add_columns(const struct syntax *syntax, struct names *words)
{
	(void)syntax;
	for (int by = 0; by < NR_GROUPINGS; by++)
		for (int i = 0; groupings[by].words[i]; i++)
			if (!names_have(words, groupings[by].words[i]))
				names_add(words, groupings[by].words[i]);
	for (size_t i = 0; i < NR_COLUMNS; i++)
		names_add(words, columns[i].name);
}

bool flow_view_choose(const struct flow_view *view, struct output *output)
{
	struct column all[MAX_WORDS + NR_COLUMNS + 1] = { 0 }, *column = all;
	const char *const *words = groupings[view->by].words;

	for (; *words; words++, column++) {
		column->name = *words;
		if (!strcmp(*words, "comm"))
			column->keys = "comm,ended";
		else if (!strcmp(*words, "to_comm"))
			column->keys = "to_comm,to_ended";
	}
	for (size_t i = 0; i < NR_COLUMNS; i++)
		column++->name = columns[i].name;
	return output_choose(output, all);
}

bool flow_view_by(struct flow_view *view, const char *name)
{
	for (view->by = 0; view->by < NR_GROUPINGS; view->by++)
		if (!strcmp(name, groupings[view->by].name))
			return true;
	return words_lack(name, "grouping", flow_add_groupings);
}

bool flow_view_sort(struct flow_view *view, const char *name)
{
	view->sort = SORT_BYTES;
	if (!strcmp(name, "bytes"))
		return true;
	while (view->sort++ < NR_COLUMNS)
		if (!strcmp(name, columns[view->sort - 1].name))
			return true;
	return words_lack(name, "number to sort by", flow_add_sorts);
}
