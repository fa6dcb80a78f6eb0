/* SPDX-License-Identifier: GPL-2.0-only */
/* Flows, added up into lines by what these tell apart. */
#ifndef IPCSTAT_FLOW_LINES_H
#define IPCSTAT_FLOW_LINES_H

#include <stdbool.h>

#include "ipcstat/ipcstat.h"
#include "view.h"

struct flow_line {
	char *word[FLOW_MAX_WORDS];  /* as the grouping's words; "-": there is none */
	bool absent[FLOW_MAX_WORDS]; /* null in JSON: there is none, or it is unknown ("?") */
	bool ended[2];               /* the process, and the other one of a pair */
	struct nl_counter value[FLOW_DIRS][NL_FLOW_VALUES];
};

struct flow_lines {
	struct flow_view view;
	unsigned int nr;
	struct flow_line **line; /* in the view's order */
	void *tree;              /* the same, by words; of lines.c */
};

/*
 * Names of processes must be printable. Flows that are only_peer must not be there, but by pairs:
 * they appear as the other ends of others. Looks through /proc. Never NULL.
 */
struct flow_lines *flow_lines_new(const struct nl_flows *flows, const struct flow_view *view);
void flow_lines_free(struct flow_lines *lines);

#endif
