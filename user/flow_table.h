/* SPDX-License-Identifier: GPL-2.0-only */
/* Flows, added up into the lines of a table by what these tell apart. */
#ifndef IPCSTAT_FLOW_TABLE_H
#define IPCSTAT_FLOW_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "json.h"
#include "nl.h"
#include "options.h"
#include "output.h"

#define DEFAULT_FLOWS 65536 /* the size of the module's table, unless one is asked for */

/* Zeroed: by flow, most bytes first. */
struct flow_view {
	unsigned int by, sort; /* of flow_table.c */
	bool at_least;         /* ">=" before each number: it may be more */
};

/* From the command line. False: there is none of that name, and a line has said so. */
bool flow_view_by(struct flow_view *view, const char *name);
bool flow_view_sort(struct flow_view *view, const char *name);

/* What --by and --sort do. */
#define FLOW_BY_HELP "a line for each flow, process, object, mechanism,\npair, cgroup, or user"
#define FLOW_SORT_HELP "by a column, or: bytes; the largest first"

/* For the completion: the ways to group, the numbers to sort by, all columns of all groupings. */
void flow_add_groupings(const struct syntax *syntax, struct names *words);
void flow_add_sorts(const struct syntax *syntax, struct names *words);
void flow_add_columns(const struct syntax *syntax, struct names *words);
/* As output_choose(), when the grouping is known. */
bool flow_view_choose(const struct flow_view *view, struct output *output);

/* Names of processes must be printable. Looks through /proc. Never NULL. */
struct flow_lines *flow_lines_new(const struct nl_flows *flows, const struct flow_view *view);
void flow_lines_print(const struct flow_lines *lines, const struct output *output, FILE *out);
/* An array "flows". */
void flow_lines_json(const struct flow_lines *lines, const struct output *output,
		     struct json *json);
void flow_lines_free(struct flow_lines *lines);

#endif
