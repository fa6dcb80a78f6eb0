/* SPDX-License-Identifier: GPL-2.0-only */
/* What of its screen ipcstat top's user has changed, and the parts that draw it. */
#ifndef IPCSTAT_TOP_SCREEN_H
#define IPCSTAT_TOP_SCREEN_H

#include <curses.h>
#include <stdbool.h>

#include "state.h"

#define SCREEN_HEADER 4 /* lines; then the titles */
#define MAX_FILTER 64

enum {
	PAIR_TROUBLE = 1,
	PAIR_BLOCKED
};

struct screen_view {
	bool help, editing;
	char filter[MAX_FILTER]; /* only lines with this in a name */
	char former[MAX_FILTER]; /* what it was before it was edited */
	unsigned int first;      /* line that is shown at the top */
	unsigned int skip;       /* columns of numbers that are left out */
};

extern struct screen_view screen_view;

/* Lines that fit below the titles. */
unsigned int screen_page(void);

/* ---- text.c ---- */

chtype screen_colour(int pair);
/*
 * At most width columns of it, and none beyond the edge; to the right if it is a number.
 * What the terminal has no character for is a '?'.
 */
void screen_put(int y, int x, int width, bool right, const char *text);
void screen_put_line(int y, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A number of a line, or of all, in at most seven characters. */
void screen_value(char text[16], const struct top_report *report, enum top_column column,
		  const struct nl_counter *value);

/* ---- list.c ---- */

/* Lines that the filter lets pass. */
unsigned int screen_count_lines(const struct top_report *report);
/* The titles, and those lines that there is room for. */
void screen_draw_list(const struct top *top);

#endif
