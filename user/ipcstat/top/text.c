// SPDX-License-Identifier: GPL-2.0-only
/* Text on the screen of ipcstat top, and numbers that fit into its columns. */
#include <curses.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "screen.h"

chtype screen_colour(int pair)
{
	return has_colors() && COLORS >= 8 ? COLOR_PAIR(pair) : 0;
}

void screen_put(int y, int x, int width, bool right, const char *text)
{
	wchar_t wide[256];
	mbstate_t state = { 0 };
	int nr = 0, used = 0;

	if (width > COLS - x)
		width = COLS - x;
	while (*text && nr < 255) {
		size_t len = mbrtowc(&wide[nr], text, strlen(text), &state);
		int columns = len > MB_LEN_MAX ? -1 : wcwidth(wide[nr]);

		if (columns <= 0) {
			wide[nr] = L'?';
			columns = 1;
		}
		if (used + columns > width)
			break;
		if (len > MB_LEN_MAX) {
			state = (mbstate_t){ 0 };
			len = 1;
		}
		used += columns;
		text += len;
		nr++;
	}
	if (nr && y < LINES)
		mvaddnwstr(y, right ? x + width - used : x, wide, nr);
}

void screen_put_line(int y, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	screen_put(y, 0, COLS, false, text);
}

/* In at most six characters. */
static void rate_text(char text[16], double rate)
{
	if (rate == 0)
		strcpy(text, "0");
	else if (rate < 999.95)
		snprintf(text, 16, "%.*f", rate < 9.995 ? 2 : 1, rate);
	else if (rate < 999999.5)
		snprintf(text, 16, "%.0f", rate);
	else
		snprintf(text, 16, "%.1f%c", rate < 999.95e6 ? rate / 1e6 : rate / 1e9,
			 rate < 999.95e6 ? 'M' : 'G');
}

/* The same, in units of 1024. */
static void bytes_text(char text[16], double rate)
{
	static const char units[] = " KMGTPE";
	int unit = 0;

	for (; rate >= 999.5 && units[unit + 1]; unit++)
		rate /= 1024;
	if (!unit)
		snprintf(text, 16, "%.*f", rate > 0 && rate < 9.995 ? 2 : 0, rate);
	else
		snprintf(text, 16, "%.*f%c",
			 rate < 9.995   ? 2
			 : rate < 99.95 ? 1
					: 0,
			 rate, units[unit]);
}

void screen_value(char text[16], const struct top_report *report, enum top_column column,
		  const struct nl_counter *value)
{
	double rate = report->seconds > 0 ? (double)value->value / report->seconds : 0;
	double percent;

	if (value->kind != NL_VALUE) {
		strcpy(text, value->kind == NL_NONE ? "-" : "?");
	} else if (column == TOP_BLOCKED) {
		snprintf(text, 16, "%" PRIu64, value->value);
	} else if (column == TOP_WAITED) {
		percent = top_waited_percent(report, value->value);
		snprintf(text, 16, "%.*f", percent > 0 && percent < 99.95 ? 1 : 0, percent);
	} else if (column == TOP_SEND_BYTES || column == TOP_RECV_BYTES) {
		bytes_text(text, rate);
	} else {
		rate_text(text, rate);
	}
}
