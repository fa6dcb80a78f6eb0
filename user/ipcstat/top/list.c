// SPDX-License-Identifier: GPL-2.0-only
/* The list on the screen of ipcstat top: its columns, and its lines. */
#include <curses.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "screen.h"

#define MAX_CELLS 10

/* ---- columns ---- */

static const struct title {
	const char *text;
	int width;
} titles[] = {
	[TOP_PID] = { "PID", 7 },
	[TOP_COMM] = { "COMM", 8 },
	[TOP_MECHANISM] = { "MECHANISM", 14 },
	[TOP_SEND_OPS] = { "SEND/s", 6 },
	[TOP_SEND_BYTES] = { "BYTES/s", 7 },
	[TOP_RECV_OPS] = { "RECV/s", 6 },
	[TOP_RECV_BYTES] = { "BYTES/s", 7 },
	[TOP_WAITED] = { "WAIT%", 5 },
	[TOP_BLOCKED] = { "BLKD", 4 },
	[TOP_OBJECT] = { "OBJECT", 16 },
};

#define MAX_COMM 23 /* with " (ended)" */

/* The columns that there is room for; between two of them there is one for the mark. */
struct layout {
	int nr;
	struct {
		enum top_column column;
		int x, width;
	} cell[MAX_CELLS];
};

static int add_cell(struct layout *layout, int x, enum top_column column, int width)
{
	layout->cell[layout->nr].column = column;
	layout->cell[layout->nr].x = x;
	layout->cell[layout->nr++].width = width;
	return x + width + 1;
}

/* How many columns of numbers fit into so much room, after those that are skipped. */
static int fitting(int room, int *used)
{
	int nr = 0;

	*used = 0;
	for (int i = TOP_SEND_OPS + (int)screen_view.skip; i <= TOP_BLOCKED; i++, nr++) {
		if (*used + titles[i].width + 1 > room)
			break;
		*used += titles[i].width + 1;
	}
	return nr;
}

/* The names take what is left: a process's up to what it can have, an object's all. */
static void lay_out(struct layout *layout, enum top_by by)
{
	enum top_column first = by == TOP_BY_PROCESS ? TOP_PID : TOP_MECHANISM;
	int fixed = 0, used, numbers, names = 0, x = 0;

	*layout = (struct layout){ 0 };
	for (enum top_column i = first; i <= TOP_MECHANISM; i++)
		fixed += titles[i].width + 1;
	if (by == TOP_BY_OBJECT)
		fixed += titles[TOP_OBJECT].width + 1;
	numbers = fitting(COLS - fixed, &used);
	if (COLS > fixed + used)
		names = COLS - fixed - used;
	for (enum top_column i = first; i <= TOP_MECHANISM; i++) {
		int more = i != TOP_COMM ? 0 : names;

		if (titles[i].width + more > MAX_COMM)
			more = MAX_COMM - titles[i].width;
		x = add_cell(layout, x, i, titles[i].width + more);
	}
	for (int i = 0; i < numbers; i++) {
		enum top_column column =
			TOP_SEND_OPS + (enum top_column)screen_view.skip + (enum top_column)i;

		x = add_cell(layout, x, column, titles[column].width);
	}
	if (by == TOP_BY_OBJECT)
		add_cell(layout, x, TOP_OBJECT, titles[TOP_OBJECT].width + names);
}

/* To the right. */
static bool is_number(enum top_column column)
{
	return column == TOP_PID || TOP_IS_NUMBER(column);
}

static bool is_sorted(const struct top *top, enum top_column column)
{
	if (top->sort == TOP_BYTES)
		return column == TOP_SEND_BYTES || column == TOP_RECV_BYTES;
	return top->sort == column;
}

static void draw_titles(const struct top *top, const struct layout *layout)
{
	attron(A_REVERSE);
	mvhline(SCREEN_HEADER, 0, ' ', COLS);
	for (int i = 0; i < layout->nr; i++) {
		enum top_column column = layout->cell[i].column;
		int x = layout->cell[i].x, width = layout->cell[i].width;
		const char *text = titles[column].text;

		screen_put(SCREEN_HEADER, x, width, is_number(column), text);
		if (is_sorted(top, column))
			screen_put(SCREEN_HEADER,
				   x + (is_number(column) ? width : (int)strlen(text)), 1, false,
				   top_ascending(top) ? "<" : ">");
	}
	attroff(A_REVERSE);
}

static void cell_text(char *text, size_t size, const struct top_report *report,
		      const struct top_line *line, enum top_column column)
{
	if (TOP_IS_NUMBER(column))
		screen_value(text, report, column, &line->value[column]);
	else if (column == TOP_PID && line->other)
		snprintf(text, size, "-");
	else if (column == TOP_PID)
		snprintf(text, size, "%" PRIu32, line->pid);
	else if (column == TOP_COMM)
		snprintf(text, size, "%s", line->comm);
	else
		snprintf(text, size, "%s", column == TOP_OBJECT ? line->object : line->mech);
}

/* It is to be seen even if the name is long. */
static void add_ended(char *name, int width)
{
	static const char ended[] = " (ended)";
	int room = width - (int)strlen(ended);

	if (room < 4)
		return;
	if ((int)strlen(name) > room) {
		while (room && (name[room] & 0xc0) == 0x80)
			room--;
		name[room] = '\0';
	}
	strcat(name, ended);
}

static void draw_line(int y, const struct top_report *report, const struct top_line *line,
		      const struct layout *layout)
{
	char text[256];

	for (int i = 0; i < layout->nr; i++) {
		enum top_column column = layout->cell[i].column;
		int x = layout->cell[i].x, width = layout->cell[i].width;
		chtype shown = 0;

		if (column == TOP_BLOCKED && line->value[TOP_BLOCKED].value)
			shown = A_BOLD | screen_colour(PAIR_BLOCKED);
		cell_text(text, sizeof(text), report, line, column);
		if (column == TOP_COMM && line->ended)
			add_ended(text, width);
		attron(shown);
		screen_put(y, x, width, is_number(column), text);
		attroff(shown);
	}
}

/* ---- lines ---- */

static bool has_name(const struct top_line *line)
{
	return strstr(line->comm, screen_view.filter) || strstr(line->mech, screen_view.filter) ||
	       (line->object && strstr(line->object, screen_view.filter));
}

unsigned int screen_count_lines(const struct top_report *report)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < report->nr; i++)
		nr += has_name(report->line[i]);
	return nr;
}

void screen_draw_list(const struct top *top)
{
	unsigned int at = 0, last = screen_view.first + screen_page();
	struct layout layout;

	lay_out(&layout, top->by);
	draw_titles(top, &layout);
	for (unsigned int i = 0; i < top->report.nr && at < last; i++) {
		if (!has_name(top->report.line[i]))
			continue;
		if (at >= screen_view.first)
			draw_line(SCREEN_HEADER + 1 + (int)(at - screen_view.first), &top->report,
				  top->report.line[i], &layout);
		at++;
	}
	if (!at && top->before.valid)
		screen_put_line(SCREEN_HEADER + 1, "Nothing was moved, and nobody is asleep.");
}
