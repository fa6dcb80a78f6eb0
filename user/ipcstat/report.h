/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading the rows, and printing them as totals or as what happens per second. */
#ifndef IPCSTAT_REPORT_H
#define IPCSTAT_REPORT_H

#include <stdbool.h>
#include <time.h>

#include "common/cli.h"
#include "common/json.h"
#include "ipcstat/ipcstat.h"
#include "output.h"

#define KEY_COLUMN "mechanism" /* the name of the row */

/* One reading of the module. */
struct sample {
	struct nl_info info;
	struct nl_rows rows;
	struct timespec clock; /* CLOCK_MONOTONIC, when it was taken */
	struct timespec wall;  /* CLOCK_REALTIME */
};

/* Returns what nl_get_rows() does. */
int sample_take(struct nl *nl, struct sample *sample);
void sample_free(struct sample *sample);

/* Says so if events were lost: more than the before that was said already. */
void warn_missed(const struct nl_info *info, uint64_t before);

/* What is printed, and how. */
struct report {
	struct names columns;
	struct names mechanisms; /* if none: all */
	bool rates;              /* counters per second; otherwise totals */
	bool hide_idle;
	struct output output; /* its columns are those above */
};

/* The time between two samples is now's; before NULL stands for the load. */
void report_print(const struct report *report, const struct sample *now,
		  const struct sample *before);

/* The members of the JSON's object. */
void report_json(const struct report *report, const struct sample *now, const struct sample *before,
		 struct json *json);

/* All columns and all rows that the module has, by the names it sends. */
void report_names(const struct nl_rows *rows, struct names *columns, struct names *mechanisms);

/*
 * A report every delay seconds, count times (0: for ever), without the first one,
 * which is since load, if omit_first. Ends early, and well, on Ctrl+C. first is
 * given away. *nl is opened anew when the module was reloaded. Returns the exit
 * status.
 */
int watch(struct nl **nl, const struct report *report, struct sample *first, unsigned int delay,
	  unsigned int count, bool omit_first);

#endif
