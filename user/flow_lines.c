// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "flow_lines.h"
#include "objects.h"

/* ---- adding up ---- */

static int by_words(const void *a, const void *b)
{
	const struct flow_line *x = a, *y = b;
	int diff = 0;

	for (unsigned int i = 0; i < FLOW_MAX_WORDS && !diff && x->word[i]; i++)
		diff = strcmp(x->word[i], y->word[i]);
	return diff;
}

static void free_words(struct flow_line *line)
{
	for (unsigned int i = 0; i < FLOW_MAX_WORDS; i++)
		free(line->word[i]);
}

/* The line with these words, which become its own or are freed. */
static struct flow_line *find_line(struct flow_lines *lines, struct flow_line *key)
{
	struct flow_line **node = tfind(key, &lines->tree, by_words);
	struct flow_line *line;

	if (node) {
		free_words(key);
		return *node;
	}
	line = must(malloc(sizeof(*line)));
	*line = *key;
	for (int dir = 0; dir < FLOW_DIRS; dir++)
		for (int i = 0; i < NL_FLOW_VALUES; i++)
			line->value[dir][i].kind = NL_NONE;
	must(tsearch(line, &lines->tree, by_words));
	lines->line = must(reallocarray(lines->line, lines->nr + 1, sizeof(struct flow_line *)));
	return lines->line[lines->nr++] = line;
}

static enum flow_dir direction(const struct nl_flow *flow)
{
	return strcmp(flow->direction, "send") ? FLOW_RECV : FLOW_SEND;
}

/* What is not known of one is not known of the sum. */
static void add_flow(struct flow_line *line, const struct nl_flow *flow)
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

static void add_words(struct flow_line *key, unsigned int by, const struct nl_flow *flow,
		      const struct flow_names *names)
{
	unsigned int nr = 0;

	if (by == FLOW_BY_FLOW || by == FLOW_BY_PROCESS) {
		key->word[nr++] = pid_text(flow);
		key->word[nr++] = comm_text(flow);
	}
	if (by == FLOW_BY_FLOW || by == FLOW_BY_OBJECT || by == FLOW_BY_MECHANISM)
		key->word[nr++] = copy(flow->mech);
	if (by == FLOW_BY_FLOW || by == FLOW_BY_OBJECT)
		key->word[nr++] = copy(flow->other ? "-" : names->object);
	if (by == FLOW_BY_CGROUP)
		key->word[nr++] = flow->other ? copy("(other)") : flow_cgroup(flow);
	if (by == FLOW_BY_USER)
		key->word[nr++] = flow->other ? copy("(other)") : flow_user(flow);
}

static void add_to_lines(struct flow_lines *lines, const struct nl_flow *flow,
			 const struct flow_names *names)
{
	struct flow_line key = { .ended = { flow->exited } };

	add_words(&key, lines->view.by, flow, names);
	add_flow(find_line(lines, &key), flow);
}

/* A sender and a receiver of one channel; either may be missing: then it is nobody known. */
static void add_pair(struct flow_lines *lines, const struct nl_flow *from, const struct nl_flow *to,
		     const char *channel)
{
	struct flow_line key = { .ended = { from && from->exited, to && to->exited } };
	const char *mech = from ? from->mech : to ? to->mech : "-";
	struct flow_line *line;

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

/* ---- pairs ---- */

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
	return format("signal %" PRIu64,
		      direction(flow) == FLOW_SEND ? flow->id : (uint64_t)flow->pid);
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

		if (to->other || direction(to) != FLOW_RECV)
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

		if (from->other || !from->has_id || direction(from) != FLOW_SEND)
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
		if (direction(flow) == FLOW_SEND)
			add_pair(lines, flow, NULL, flow->other ? "-" : names[i].channel);
		else
			add_pair(lines, NULL, flow, flow->other ? "-" : names[i].channel);
	}
	for (unsigned int i = 0; i < nr; i++)
		free(receiver[i].key);
	free(receiver);
	free(paired);
}

/* ---- order ---- */

static unsigned int sort_column;

static uint64_t sort_value(const struct flow_line *line)
{
	const struct flow_number *column;

	if (sort_column == FLOW_SORT_BYTES)
		return line->value[FLOW_SEND][NL_BYTES].value +
		       line->value[FLOW_RECV][NL_BYTES].value;
	column = &flow_numbers[sort_column - 1];
	return line->value[column->dir][column->value].value;
}

static int largest_first(const void *a, const void *b)
{
	const struct flow_line *x = *(struct flow_line *const *)a;
	const struct flow_line *y = *(struct flow_line *const *)b;
	uint64_t vx = sort_value(x), vy = sort_value(y);

	if (vx == vy) {
		vx = x->value[FLOW_SEND][NL_OPS].value + x->value[FLOW_RECV][NL_OPS].value;
		vy = y->value[FLOW_SEND][NL_OPS].value + y->value[FLOW_RECV][NL_OPS].value;
	}
	return vx != vy ? (vx > vy ? -1 : 1) : by_words(x, y);
}

/* ---- */

struct flow_lines *flow_lines_new(const struct nl_flows *flows, const struct flow_view *view)
{
	struct flow_lines *lines = must(calloc(1, sizeof(*lines)));
	struct flow_names *names = flow_names_find(flows);

	lines->view = *view;
	if (view->by == FLOW_BY_PAIR)
		find_pairs(lines, flows, names);
	else
		for (unsigned int i = 0; i < flows->nr; i++)
			add_to_lines(lines, &flows->flow[i], &names[i]);
	flow_names_free(names, flows->nr);
	sort_column = view->sort;
	if (lines->nr)
		qsort(lines->line, lines->nr, sizeof(struct flow_line *), largest_first);
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
