// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "common/cli.h"
#include "view.h"

const struct flow_grouping flow_groupings[FLOW_GROUPINGS] = {
	[FLOW_BY_FLOW] = { "flow", { "pid", "comm", "mechanism", "object" } },
	[FLOW_BY_PROCESS] = { "process", { "pid", "comm" } },
	[FLOW_BY_OBJECT] = { "object", { "mechanism", "object" } },
	[FLOW_BY_MECHANISM] = { "mechanism", { "mechanism" } },
	[FLOW_BY_PAIR] = { "pair", { "pid", "comm", "to_pid", "to_comm", "mechanism", "object" } },
	[FLOW_BY_CGROUP] = { "cgroup", { "cgroup" } },
	[FLOW_BY_USER] = { "user", { "user" } },
};

const struct flow_number flow_numbers[FLOW_NUMBERS] = {
	{ "send_ops", FLOW_SEND, NL_OPS },         { "send_bytes", FLOW_SEND, NL_BYTES },
	{ "send_copied", FLOW_SEND, NL_COPIED },   { "send_waits", FLOW_SEND, NL_WAITS },
	{ "send_wait_ns", FLOW_SEND, NL_WAIT_NS }, { "send_fails", FLOW_SEND, NL_FAILS },
	{ "recv_ops", FLOW_RECV, NL_OPS },         { "recv_bytes", FLOW_RECV, NL_BYTES },
	{ "recv_copied", FLOW_RECV, NL_COPIED },   { "recv_waits", FLOW_RECV, NL_WAITS },
	{ "recv_wait_ns", FLOW_RECV, NL_WAIT_NS }, { "recv_fails", FLOW_RECV, NL_FAILS },
};

void flow_add_groupings(const struct syntax *syntax, struct names *words)
{
	(void)syntax;
	for (int by = 0; by < FLOW_GROUPINGS; by++)
		names_add(words, flow_groupings[by].name);
}

void flow_add_sorts(const struct syntax *syntax, struct names *words)
{
	(void)syntax;
	names_add(words, "bytes");
	for (size_t i = 0; i < FLOW_NUMBERS; i++)
		names_add(words, flow_numbers[i].name);
}

void flow_add_columns(const struct syntax *syntax, struct names *words)
{
	(void)syntax;
	for (int by = 0; by < FLOW_GROUPINGS; by++)
		for (int i = 0; flow_groupings[by].words[i]; i++)
			if (!names_have(words, flow_groupings[by].words[i]))
				names_add(words, flow_groupings[by].words[i]);
	for (size_t i = 0; i < FLOW_NUMBERS; i++)
		names_add(words, flow_numbers[i].name);
}

bool flow_view_choose(const struct flow_view *view, struct output *output)
{
	struct column all[FLOW_MAX_WORDS + FLOW_NUMBERS + 1] = { 0 }, *column = all;
	const char *const *words = flow_groupings[view->by].words;

	for (; *words; words++, column++) {
		column->name = *words;
		if (!strcmp(*words, "comm"))
			column->keys = "comm,ended";
		else if (!strcmp(*words, "to_comm"))
			column->keys = "to_comm,to_ended";
	}
	for (size_t i = 0; i < FLOW_NUMBERS; i++)
		column++->name = flow_numbers[i].name;
	return output_choose(output, all);
}

bool flow_view_by(struct flow_view *view, const char *name)
{
	for (view->by = 0; view->by < FLOW_GROUPINGS; view->by++)
		if (!strcmp(name, flow_groupings[view->by].name))
			return true;
	return words_lack(name, "grouping", flow_add_groupings);
}

bool flow_view_sort(struct flow_view *view, const char *name)
{
	view->sort = FLOW_SORT_BYTES;
	if (!strcmp(name, "bytes"))
		return true;
	while (view->sort++ < FLOW_NUMBERS)
		if (!strcmp(name, flow_numbers[view->sort - 1].name))
			return true;
	return words_lack(name, "number to sort by", flow_add_sorts);
}
