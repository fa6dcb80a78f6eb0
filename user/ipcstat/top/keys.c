// SPDX-License-Identifier: GPL-2.0-only
/* The keys of ipcstat top. */
#include <curses.h>
#include <string.h>

#include "screen.h"

#define KEY_ESCAPE 27

static void edit(int key)
{
	size_t len = strlen(screen_view.filter);

	switch (key) {
	case KEY_ESCAPE:
		strcpy(screen_view.filter, screen_view.former);
		screen_view.editing = false;
		break;
	case '\n':
	case '\r':
	case KEY_ENTER:
		screen_view.editing = false;
		break;
	case '\b':
	case 0x7f:
	case KEY_BACKSPACE:
		/* a character, with all of its bytes */
		while (len && (screen_view.filter[--len] & 0xc0) == 0x80)
			;
		screen_view.filter[len] = '\0';
		break;
	case 'U' - '@': /* Ctrl+U */
		*screen_view.filter = '\0';
		break;
	default:
		if (key >= ' ' && key <= 0xff && len + 1 < sizeof(screen_view.filter)) {
			screen_view.filter[len] = (char)key;
			screen_view.filter[len + 1] = '\0';
		}
	}
}

/* False: it is no such key. What goes too far screen_draw() puts right. */
static bool scroll_by(int key)
{
	unsigned int lines = screen_page();

	switch (key) {
	case KEY_UP:
		screen_view.first -= screen_view.first > 0;
		return true;
	case KEY_DOWN:
		screen_view.first++;
		return true;
	case KEY_PPAGE:
		screen_view.first -= screen_view.first < lines ? screen_view.first : lines;
		return true;
	case KEY_NPAGE:
		screen_view.first += lines;
		return true;
	case KEY_HOME:
		screen_view.first = 0;
		return true;
	case KEY_END:
		screen_view.first = UINT32_MAX / 2;
		return true;
	case KEY_LEFT:
		screen_view.skip -= screen_view.skip > 0;
		return true;
	case KEY_RIGHT:
		screen_view.skip += screen_view.skip < TOP_BLOCKED - TOP_SEND_OPS;
		return true;
	default:
		return false;
	}
}

static enum top_wish regroup(struct top *top, enum top_by by)
{
	top->by = by;
	screen_view.first = 0;
	if (!top_has(by, top->sort))
		top->sort = TOP_BYTES;
	return TOP_REGROUP;
}

static enum top_wish resort(struct top *top)
{
	do
		top->sort = (top->sort + 1) % TOP_COLUMNS;
	while (!top_has(top->by, top->sort));
	return TOP_RESORT;
}

static enum top_wish command(struct top *top, int key)
{
	switch (key) {
	case 'q':
	case 'Q':
		return TOP_QUIT;
	case ' ':
		return TOP_REFRESH;
	case 'p':
		return regroup(top, TOP_BY_PROCESS);
	case 'o':
		return regroup(top, TOP_BY_OBJECT);
	case 'm':
		return regroup(top, TOP_BY_MECHANISM);
	case 's':
		return resort(top);
	case 'r':
		top->reverse = !top->reverse;
		return TOP_RESORT;
	case '/':
		screen_view.editing = true;
		strcpy(screen_view.former, screen_view.filter);
		break;
	case 'h':
	case '?':
		screen_view.help = true;
		break;
	case 'L' - '@': /* Ctrl+L */
		clearok(stdscr, TRUE);
		break;
	default:
		scroll_by(key);
	}
	return TOP_NOTHING;
}

enum top_wish screen_keys(struct top *top)
{
	enum top_wish wish = TOP_NOTHING;
	int key;

	while (wish == TOP_NOTHING && (key = getch()) != ERR) {
		if (key == KEY_RESIZE)
			continue;
		if (screen_view.help)
			screen_view.help = false;
		else if (screen_view.editing)
			edit(key);
		else
			wish = command(top, key);
	}
	return wish;
}
