/* SPDX-License-Identifier: GPL-2.0-only */
/* ipcstat top: its state, and the screen that shows it. */
#ifndef IPCSTAT_TOP_H
#define IPCSTAT_TOP_H

#include "ipcstat/flow/args.h"
#include "ipcstat/output.h"
#include "rates.h"

struct top {
	double delay;   /* seconds */
	uint64_t count; /* reports; 0: no end */
	bool batch;
	struct flow_args args;
	struct output output;

	struct nl *nl;
	struct reading before, now;
	char *trouble; /* why there is no reading; or NULL */
	struct top_report report;

	enum top_by by;
	enum top_column sort;
	bool reverse;
};

/* Text in ascending order, numbers in descending; or in reverse. */
bool top_ascending(const struct top *top);

/* A report of -b, on the standard output; and its columns. */
void top_print(const struct top *top);
extern const struct column top_columns[];

enum top_wish {
	TOP_NOTHING,
	TOP_REFRESH, /* read now */
	TOP_REGROUP, /* lines by something else */
	TOP_RESORT,
	TOP_QUIT,
};

/* False, and a line that says why: there is no terminal for it. */
bool screen_open(const struct output *output);
/* The terminal is as it was; may be called again. */
void screen_close(void);
void screen_draw(const struct top *top);
/* All keys that there are, or up to one that something is to be done for. */
enum top_wish screen_keys(struct top *top);

#endif
