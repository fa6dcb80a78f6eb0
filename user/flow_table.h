/* SPDX-License-Identifier: GPL-2.0-only */
/* Flows, added up into the lines of a table by what these tell apart. */
#ifndef IPCSTAT_FLOW_TABLE_H
#define IPCSTAT_FLOW_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "json.h"
#include "nl.h"

#define DEFAULT_FLOWS 65536 /* the size of the module's table, unless one is asked for */

/* Zeroed: by flow, most bytes first. */
struct flow_view {
	unsigned int by, sort; /* of flow_table.c */
	bool at_least;         /* ">=" before each number: it may be more */
};

/* From the command line. False: there is none of that name, and a line has said so. */
bool flow_view_by(struct flow_view *view, const char *name);
bool flow_view_sort(struct flow_view *view, const char *name);

/* Names of processes must be printable. Looks through /proc. Never NULL. */
struct flow_lines *flow_lines_new(const struct nl_flows *flows, const struct flow_view *view);
void flow_lines_print(const struct flow_lines *lines, FILE *out);
/* An array "flows". */
void flow_lines_json(const struct flow_lines *lines, struct json *json);
void flow_lines_free(struct flow_lines *lines);

#endif
