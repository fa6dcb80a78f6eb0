/* SPDX-License-Identifier: GPL-2.0-only */
/* A table of text, printed in aligned columns. */
#ifndef IPCSTAT_TABLE_H
#define IPCSTAT_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "output.h"

struct table {
	unsigned int cols;
	bool *left; /* text, aligned to the left; otherwise to the right */
	unsigned int nr;
	char **cell;     /* row by row; the first row is the heading */
	enum mark *mark; /* of each cell */
};

/* First all columns, then the cells, row by row. Start with a zeroed table. */
void table_columns(struct table *table, const struct column *columns); /* up to a name NULL */
void table_column(struct table *table, bool left, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* A cell that begins with ? is marked as unknown. */
void table_cell(struct table *table, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Of the last cell. */
void table_mark(struct table *table, enum mark mark);

/*
 * Prints the columns that output has chosen, and empties the table. What is wider than the
 * terminal, if out is one, goes on below, in another table, after the first column again if
 * that is text; nothing is cut off. A last column of text may run over the edge.
 */
void table_print(struct table *table, const struct output *output, FILE *out);

#endif
