/* SPDX-License-Identifier: GPL-2.0-only */
/* A table of text, printed in aligned columns. */
#ifndef IPCSTAT_TABLE_H
#define IPCSTAT_TABLE_H

#include <stdbool.h>
#include <stdio.h>

struct table {
	unsigned int cols;
	bool *left; /* text, aligned to the left; otherwise to the right */
	unsigned int nr;
	char **cell; /* row by row; the first row is the heading */
};

/* First all columns, then the cells, row by row. Start with a zeroed table. */
void table_column(struct table *table, bool left, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void table_cell(struct table *table, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Prints the table and empties it. What is wider than the terminal, if out is one, goes on below,
 * in another table, after the first column again if that is text; nothing is cut
 * off. A last column of text may run over the edge.
 */
void table_print(struct table *table, FILE *out);

#endif
