/* SPDX-License-Identifier: GPL-2.0-only */
/* How flows are shown: the ways to group them, their numbers, and what is asked for. */
#ifndef IPCSTAT_FLOW_VIEW_H
#define IPCSTAT_FLOW_VIEW_H

#include <stdbool.h>

#include "ipcstat/ipcstat.h"
#include "common/options.h"
#include "ipcstat/output.h"

#define DEFAULT_FLOWS 65536 /* the size of the module's table, unless one is asked for */

/* Zeroed: by flow, most bytes first. */
struct flow_view {
	unsigned int by;   /* enum flow_by */
	unsigned int sort; /* FLOW_SORT_BYTES, or a number of flow_numbers, from 1 */
	bool at_least;     /* ">=" before each number: it may be more */
};

#define FLOW_SORT_BYTES 0 /* of both directions, then operations */

enum flow_by {
	FLOW_BY_FLOW,
	FLOW_BY_PROCESS,
	FLOW_BY_OBJECT,
	FLOW_BY_MECHANISM,
	FLOW_BY_PAIR,
	FLOW_BY_CGROUP,
	FLOW_BY_USER,
	FLOW_GROUPINGS
};

#define FLOW_MAX_WORDS 6

/* A way to group flows: the names of what its lines tell apart. */
struct flow_grouping {
	const char *name;
	const char *words[FLOW_MAX_WORDS + 1];
};

extern const struct flow_grouping flow_groupings[FLOW_GROUPINGS];

enum flow_dir {
	FLOW_SEND,
	FLOW_RECV,
	FLOW_DIRS
};

/* The numbers of a line. */
struct flow_number {
	const char *name;
	enum flow_dir dir;
	enum nl_flow_value value;
};

#define FLOW_NUMBERS 12

extern const struct flow_number flow_numbers[FLOW_NUMBERS];

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

#endif
