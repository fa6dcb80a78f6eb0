/* SPDX-License-Identifier: GPL-2.0-only */
/* How a command prints: the options that all tables share, colours, and times. */
#ifndef IPCSTAT_OUTPUT_H
#define IPCSTAT_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "common/cli.h"
#include "common/json.h"
#include "common/options.h"

enum time_format {
	TIME_USUAL, /* nothing was asked for */
	TIME_SHORT, /* 19:32:32.123 */
	TIME_ISO,   /* 2026-11-23T19:32:32+00:00 */
	TIME_EPOCH, /* 1795462352.123456, seconds */
};

enum when {
	WHEN_AUTO, /* on a terminal, unless NO_COLOR or TERM=dumb are set */
	WHEN_ALWAYS,
	WHEN_NEVER,
};

/* Zeroed: a table with its usual columns. */
struct output {
	bool json, raw, noheadings, timestamp;
	enum time_format time_format;
	enum when color;
	const char *columns; /* as given, or NULL */
	/* By output_choose(): none if the usual ones are to be shown. */
	struct names chosen, keys;
};

/*
 * -o, which run has for something else; what every table takes; what everything takes that is
 * printed once or at an interval; and --time-format.
 */
extern const struct opt columns_opt[], table_opts[], report_opts[], time_format_opt[];
#define OUTPUT_OPTS columns_opt, table_opts, report_opts, time_format_opt

/* What opt_next() returned c for. 0; EXIT_BAD_ARGS, and a line; -1: it is none of these. */
int output_option(int c, struct output *output);

/*
 * The arguments of a command that has no others than OUTPUT_OPTS, and -z if
 * hide_idle is given. Returns -1, or the exit status if the command is to end here.
 */
int output_parse(int argc, char **argv, const struct syntax *syntax, struct output *output,
		 bool *hide_idle);
void output_free(struct output *output);

/*
 * Looks for the columns that were asked for among all, which end with a name NULL: those,
 * or the usual ones and behind them what is new in +COLS. "all" are all. False: one is not
 * there, and a line has said so.
 */
bool output_choose(struct output *output, const struct column *all);
/* The same, where not all are usual. */
bool output_choose_of(struct output *output, const struct names *all, const struct names *usual);

/* An object of the array that stands for the table has only what was asked for. */
void output_begin_rows(const struct output *output, struct json *json);
void output_end_rows(struct json *json);

#define TIME_TEXT_MAX 48

/* fraction: ISO gets microseconds, too; the others have them anyway. */
void time_stamp(const struct timespec *when, enum time_format format, bool fraction,
		char text[TIME_TEXT_MAX]);
/* The time that -t asks for, if it does: a line above a table; "timestamp" in an object. NULL: now.
 */
void output_time(const struct output *output, const struct timespec *when, FILE *out);
void output_time_json(const struct output *output, const struct timespec *when, struct json *json);

enum mark {
	MARK_NONE,
	MARK_UNKNOWN,
	MARK_TROUBLE,
};

bool output_in_color(const struct output *output, FILE *out);
/* What begins, and MARK_NONE ends, a colour. */
const char *color_code(enum mark mark);

#endif
