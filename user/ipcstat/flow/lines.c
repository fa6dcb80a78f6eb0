// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli.h"
#include "ipcstat/who/objects.h"
#include "lines.h"
#include "pairs.h"

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

/* ---- words ---- */

static char *copy(const char *text)
{
	return must(strdup(text));
}

/* The words of a line, as they come. */
struct words {
	struct flow_line *line;
	unsigned int nr;
};

static void add_word(struct words *words, char *word)
{
	words->line->word[words->nr++] = word;
}

/* "-" or "?": there is none, or it is unknown. */
static void add_absent(struct words *words, const char *word)
{
	words->line->absent[words->nr] = true;
	add_word(words, copy(word));
}

/* The pid and the name of a process. */
static void add_process(struct words *words, const struct nl_flow *flow)
{
	if (flow->other) {
		add_absent(words, "-");
		add_word(words, copy("(other)"));
		return;
	}
	add_word(words, format("%u", flow->pid));
	add_word(words, copy(flow->start_ns ? flow->comm : "(kernel)"));
}

static void add_object(struct words *words, const struct nl_flow *flow, const char *name)
{
	if (flow->other || !flow->has_id)
		add_absent(words, "-");
	else
		add_word(words, copy(name));
}

static void add_words(struct words *words, unsigned int by, const struct nl_flow *flow,
		      const struct flow_names *names)
{
	if (by == FLOW_BY_FLOW || by == FLOW_BY_PROCESS)
		add_process(words, flow);
	if (by == FLOW_BY_FLOW || by == FLOW_BY_OBJECT || by == FLOW_BY_MECHANISM)
		add_word(words, copy(flow->mech));
	if (by == FLOW_BY_FLOW || by == FLOW_BY_OBJECT)
		add_object(words, flow, names->object);
	if (by == FLOW_BY_CGROUP)
		add_word(words, flow->other ? copy("(other)") : flow_cgroup(flow));
	if (by == FLOW_BY_USER)
		add_word(words, flow->other ? copy("(other)") : flow_user(flow));
}

static void add_to_lines(struct flow_lines *lines, const struct nl_flow *flow,
			 const struct flow_names *names)
{
	struct flow_line key = { .ended = { flow->exited } };
	struct words words = { .line = &key };

	add_words(&words, lines->view.by, flow, names);
	add_flow(find_line(lines, &key), flow);
}

/* ---- pairs ---- */

/* A flow that belongs to a line: a line has each of its flows once. */
struct part {
	struct flow_line *line;
	const struct nl_flow *flow;
};

struct pairing {
	struct flow_lines *lines;
	unsigned int nr, room;
	struct part *part;
};

static void add_part(struct pairing *pairing, struct flow_line *line, const struct nl_flow *flow)
{
	if (pairing->nr == pairing->room) {
		pairing->room = pairing->room ? 2 * pairing->room : 64;
		pairing->part =
			must(reallocarray(pairing->part, pairing->room, sizeof(*pairing->part)));
	}
	pairing->part[pairing->nr++] = (struct part){ line, flow };
}

/* A sender and a receiver of one channel; NULL for one that is missing, with why as its word. */
static void add_pair(struct pairing *pairing, const struct nl_flow *from, const struct nl_flow *to,
		     const char *why, const char *channel)
{
	struct flow_line key = { .ended = { from && from->exited, to && to->exited } };
	const struct nl_flow *ends[] = { from, to }, *one = from ? from : to;
	struct words words = { .line = &key };
	struct flow_line *line;

	for (int i = 0; i < 2; i++) {
		if (ends[i]) {
			add_process(&words, ends[i]);
			continue;
		}
		add_absent(&words, why);
		add_absent(&words, why);
	}
	add_word(&words, copy(one->mech));
	add_object(&words, one, channel);
	line = find_line(pairing->lines, &key);
	for (int i = 0; i < 2; i++)
		if (ends[i])
			add_part(pairing, line, ends[i]);
}

static int by_line(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->flow < y->flow ? -1 : x->flow > y->flow;
}

static void add_parts(struct pairing *pairing)
{
	if (pairing->nr)
		qsort(pairing->part, pairing->nr, sizeof(*pairing->part), by_line);
	for (unsigned int i = 0; i < pairing->nr; i++)
		if (!i || by_line(&pairing->part[i - 1], &pairing->part[i]))
			add_flow(pairing->part[i].line, pairing->part[i].flow);
	free(pairing->part);
}

/*
 * Each sender of a channel with each of its receivers. Where they are several, nobody knows
 * what came from whom: each has what it has sent, or received, in all. A pair is there if one
 * of its ends was asked for.
 */
static void find_pairs(struct flow_lines *lines, const struct nl_flows *flows,
		       const struct flow_names *names)
{
	struct flow_meetings *meetings = flow_meetings_new(flows, names);
	bool *paired = must(calloc(flows->nr + 1, sizeof(*paired)));
	struct pairing pairing = { .lines = lines };
	unsigned int nr;

	for (unsigned int i = 0; i < flows->nr; i++) {
		const struct nl_flow *from = &flows->flow[i];
		const unsigned int *receiver = flow_receivers(meetings, i, &nr);

		paired[i] |= nr > 0;
		for (unsigned int j = 0; j < nr; j++) {
			const struct nl_flow *to = &flows->flow[receiver[j]];

			paired[receiver[j]] = true;
			if (!from->only_peer || !to->only_peer)
				add_pair(&pairing, from, to, "-", names[i].channel);
		}
	}
	for (unsigned int i = 0; i < flows->nr; i++) {
		const struct nl_flow *flow = &flows->flow[i];
		bool sends = direction(flow) == FLOW_SEND;
		const char *why = flow_peer_is_unknown(meetings, i) ? "?" : "-";

		if (!paired[i] && !flow->only_peer)
			add_pair(&pairing, sends ? flow : NULL, sends ? NULL : flow, why,
				 names[i].channel);
	}
	add_parts(&pairing);
	flow_meetings_free(meetings);
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
