/* SPDX-License-Identifier: GPL-2.0-only */
/* Pictures: SVG that a program of somebody else makes of text. */
#ifndef IPCSTAT_DRAW_H
#define IPCSTAT_DRAW_H

#include <stdbool.h>
#include <stddef.h>

/* It reads the text, and writes SVG. */
struct drawer {
	const char *option;      /* ours, which takes it */
	const char *package;     /* which has it */
	const char *const *argv; /* ends with NULL */
	bool last;               /* its last line says what is wrong; otherwise the first one */
};

/*
 * Before long work: is the program there, and can the file be written? 0; or -1, and a line
 * that says why. The file stays as it is.
 */
int draw_check(const struct drawer *drawer, const char *file);

/* What the program makes of the text becomes the file. 0; or -1, and a line that says why. */
int draw_write(const struct drawer *drawer, const char *text, size_t size, const char *file);

/* The colour of a row, "#rrggbb": dark enough for text on white. Rows of one kind are alike. */
const char *mech_colour(const char *mech);
/* Its hue, 0 to 359 (OKLCH), where a page chooses the lightness. */
unsigned int mech_hue(const char *mech);

#endif
