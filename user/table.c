// SPDX-License-Identifier: GPL-2.0-only
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli.h"
#include "table.h"

static void add_cell(struct table *t, const char *fmt, va_list ap)
{
	t->cell = must(reallocarray(t->cell, t->nr + 1, sizeof(*t->cell)));
	if (vasprintf(&t->cell[t->nr++], fmt, ap) < 0)
		must(NULL);
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

void table_cell(struct table *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_cell(t, fmt, ap);
	va_end(ap);
}

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

static unsigned int column_width(const struct table *t, unsigned int col)
{
	size_t width = 0;

	for (unsigned int i = col; i < t->nr; i += t->cols)
		if (strlen(t->cell[i]) > width)
			width = strlen(t->cell[i]);
	return (unsigned int)width;
}

/* Columns from to end - 1, with the first column before them if it is text. */
static void print_part(const struct table *t, FILE *out, const unsigned int *width,
		       unsigned int from, unsigned int end)
{
	for (unsigned int row = 0; row < t->nr; row += t->cols) {
		if (from && t->left[0])
			fprintf(out, "%-*s ", (int)width[0], t->cell[row]);
		for (unsigned int col = from; col < end; col++) {
			const char *cell = t->cell[row + col];

			if (!t->left[col])
				fprintf(out, "%*s", (int)width[col], cell);
			else if (col + 1 < end)
				fprintf(out, "%-*s", (int)width[col], cell);
			else
				fprintf(out, "%s", cell);
			putc(col + 1 < end ? ' ' : '\n', out);
		}
	}
}

void table_print(struct table *t, FILE *out)
{
	unsigned int *width = must(calloc(t->cols, sizeof(*width)));
	unsigned int limit = terminal_width(out);

	for (unsigned int col = 0; col < t->cols; col++)
		width[col] = column_width(t, col);
	if (t->cols && t->left[t->cols - 1])
		width[t->cols - 1] = (unsigned int)strlen(t->cell[t->cols - 1]);
	for (unsigned int from = 0, end; from < t->cols; from = end) {
		unsigned int used = from && t->left[0] ? width[0] + 1 : 0;
		unsigned int least = from + (from || !t->left[0] ? 1 : 2);

		/* At least one column beside the text, however narrow the terminal. */
		for (end = from; end < t->cols && (end < least || used + width[end] <= limit);
		     end++)
			used += width[end] + 1;
		if (from)
			putc('\n', out);
		print_part(t, out, width, from, end);
	}

	free(width);
	for (unsigned int i = 0; i < t->nr; i++)
		free(t->cell[i]);
	free(t->cell);
	free(t->left);
	*t = (struct table){ 0 };
}
