// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsmartcols, which lsipc(1) prints with, cuts or wraps what is wider than the terminal; of
 * numbers that have to be exact nothing may be cut, and they go on below. Its JSON has no
 * arrays in rows, which ours has.
 */
#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/cli.h"
#include "table.h"

static void add_cell(struct table *t, const char *fmt, va_list ap)
{
	t->cell = must(reallocarray(t->cell, t->nr + 1, sizeof(*t->cell)));
	t->mark = must(reallocarray(t->mark, t->nr + 1, sizeof(*t->mark)));
	if (vasprintf(&t->cell[t->nr], fmt, ap) < 0)
		must(NULL);
	t->mark[t->nr] = *t->cell[t->nr] == '?' && t->nr >= t->cols ? MARK_UNKNOWN : MARK_NONE;
	t->nr++;
}

void table_column(struct table *t, bool left, const char *fmt, ...)
{
	va_list ap;

	t->left = must(reallocarray(t->left, t->cols + 1, sizeof(*t->left)));
	t->left[t->cols++] = left;
	va_start(ap, fmt);
	add_cell(t, fmt, ap);
	va_end(ap);
}

void table_columns(struct table *t, const struct column *columns)
{
	for (; columns->name; columns++)
		table_column(t, columns->text, "%s", columns->name);
}

void table_cell(struct table *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_cell(t, fmt, ap);
	va_end(ap);
}

void table_mark(struct table *t, enum mark mark)
{
	t->mark[t->nr - 1] = mark;
}

/* ---- printing ---- */

/* What of a table is printed, and how. */
struct view {
	const struct table *table;
	FILE *out;
	bool heading, color;
	unsigned int nr;
	unsigned int *col;   /* columns of the table, in the order asked for */
	unsigned int *width; /* of each of these */
};

/* Columns of the terminal; no end of them where the output goes elsewhere. */
static unsigned int terminal_width(FILE *out)
{
	struct winsize size;

	if (!isatty(fileno(out)))
		return UINT_MAX;
	if (ioctl(fileno(out), TIOCGWINSZ, &size) || !size.ws_col)
		return 80;
	return size.ws_col;
}

/* The heading, if it is wanted, or what follows it. */
static unsigned int first_row(const struct view *view)
{
	return view->heading ? 0 : view->table->cols;
}

static unsigned int column_width(const struct view *view, unsigned int col)
{
	const struct table *t = view->table;
	size_t width = 0;

	for (unsigned int row = first_row(view); row < t->nr; row += t->cols)
		if (strlen(t->cell[row + col]) > width)
			width = strlen(t->cell[row + col]);
	return (unsigned int)width;
}

/* pad: to the column's width, behind text and before numbers */
static void print_cell(const struct view *view, unsigned int row, unsigned int nr, bool pad)
{
	unsigned int col = view->col[nr];
	const char *cell = view->table->cell[row + col];
	enum mark mark = view->color ? view->table->mark[row + col] : MARK_NONE;
	int blanks = pad ? (int)(view->width[nr] - strlen(cell)) : 0;
	bool left = view->table->left[col];

	fprintf(view->out, "%*s%s%s%s%*s", left ? 0 : blanks, "",
		mark == MARK_NONE ? "" : color_code(mark), cell,
		mark == MARK_NONE ? "" : color_code(MARK_NONE), left ? blanks : 0, "");
}

static bool is_left(const struct view *view, unsigned int nr)
{
	return view->table->left[view->col[nr]];
}

/* Columns from to end - 1, with the first column before them if it is text. */
static void print_part(const struct view *view, unsigned int from, unsigned int end)
{
	const struct table *t = view->table;

	for (unsigned int row = first_row(view); row < t->nr; row += t->cols) {
		if (from && is_left(view, 0)) {
			print_cell(view, row, 0, true);
			putc(' ', view->out);
		}
		for (unsigned int nr = from; nr < end; nr++) {
			print_cell(view, row, nr, !is_left(view, nr) || nr + 1 < end);
			putc(nr + 1 < end ? ' ' : '\n', view->out);
		}
	}
}

static void print_aligned(const struct view *view)
{
	unsigned int limit = terminal_width(view->out), last = view->nr - 1;

	for (unsigned int nr = 0; nr < view->nr; nr++)
		view->width[nr] = column_width(view, view->col[nr]);
	if (is_left(view, last))
		view->width[last] = (unsigned int)strlen(view->table->cell[view->col[last]]);
	for (unsigned int from = 0, end; from < view->nr; from = end) {
		unsigned int used = from && is_left(view, 0) ? view->width[0] + 1 : 0;
		unsigned int least = from + (from || !is_left(view, 0) ? 1 : 2);

		/* At least one column beside the text, however narrow the terminal. */
		for (end = from;
		     end < view->nr && (end < least || used + view->width[end] <= limit); end++)
			used += view->width[end] + 1;
		if (from)
			putc('\n', view->out);
		print_part(view, from, end);
	}
}

/* As lsipc(1) does: a word for each cell, whatever is in it. */
static void print_word(FILE *out, const char *cell)
{
	if (!*cell)
		putc('-', out);
	for (; *cell; cell++) {
		if (isgraph((unsigned char)*cell) && *cell != '\\')
			putc(*cell, out);
		else
			fprintf(out, "\\x%02x", (unsigned char)*cell);
	}
}

static void print_raw(const struct view *view)
{
	const struct table *t = view->table;

	for (unsigned int row = first_row(view); row < t->nr; row += t->cols)
		for (unsigned int nr = 0; nr < view->nr; nr++) {
			print_word(view->out, t->cell[row + view->col[nr]]);
			putc(nr + 1 < view->nr ? ' ' : '\n', view->out);
		}
}

/* The columns that are chosen, by their names; or all. */
static void choose(struct view *view, const struct names *chosen)
{
	const struct table *t = view->table;

	for (unsigned int i = 0; i < chosen->nr; i++)
		for (unsigned int col = 0; col < t->cols; col++)
			if (!strcmp(chosen->name[i], t->cell[col]))
				view->col[view->nr++] = col;
	for (unsigned int col = 0; !chosen->nr && col < t->cols; col++)
		view->col[view->nr++] = col;
}

void table_print(struct table *t, const struct output *output, FILE *out)
{
	struct view view = { .table = t, .out = out, .heading = !output->noheadings };

	view.col = must(calloc(t->cols + 1, sizeof(*view.col)));
	view.width = must(calloc(t->cols + 1, sizeof(*view.width)));
	view.color = output_in_color(output, out);
	choose(&view, &output->chosen);
	if (view.nr)
		(output->raw ? print_raw : print_aligned)(&view);

	free(view.col);
	free(view.width);
	for (unsigned int i = 0; i < t->nr; i++)
		free(t->cell[i]);
	free(t->cell);
	free(t->left);
	free(t->mark);
	*t = (struct table){ 0 };
}
