// SPDX-License-Identifier: GPL-2.0-only
/* The screen of ipcstat top, and its keys. */
#include <curses.h>
#include <err.h>
#include <inttypes.h>
#include <limits.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "cli.h"
#include "top.h"

#define HEADER 4 /* lines; then the titles */
#define MAX_CELLS 10
#define MAX_FILTER 64
#define KEY_ESCAPE 27

enum {
	PAIR_TROUBLE = 1,
	PAIR_BLOCKED
};

static struct {
	SCREEN *screen;
	bool open, help, editing;
	char filter[MAX_FILTER]; /* only lines with this in a name */
	char former[MAX_FILTER]; /* what it was before it was edited */
	unsigned int first;      /* line that is shown at the top */
	unsigned int skip;       /* columns of numbers that are left out */
} view;

/* ---- text ---- */

static chtype colour(int pair)
{
	return has_colors() && COLORS >= 8 ? COLOR_PAIR(pair) : 0;
}

/*
 * At most width columns of it, and none beyond the edge; to the right if it is a number.
 * What the terminal has no character for is a '?'.
 */
static void put(int y, int x, int width, bool right, const char *text)
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

static void put_line(int y, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void put_line(int y, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put(y, 0, COLS, false, text);
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

static void value_text(char text[16], const struct top_report *report, enum top_column column,
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
	for (int i = TOP_SEND_OPS + (int)view.skip; i <= TOP_BLOCKED; i++, nr++) {
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
			TOP_SEND_OPS + (enum top_column)view.skip + (enum top_column)i;

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
	mvhline(HEADER, 0, ' ', COLS);
	for (int i = 0; i < layout->nr; i++) {
		enum top_column column = layout->cell[i].column;
		int x = layout->cell[i].x, width = layout->cell[i].width;
		const char *text = titles[column].text;

		put(HEADER, x, width, is_number(column), text);
		if (is_sorted(top, column))
			put(HEADER, x + (is_number(column) ? width : (int)strlen(text)), 1, false,
			    top_ascending(top) ? "<" : ">");
	}
	attroff(A_REVERSE);
}

static void cell_text(char *text, size_t size, const struct top_report *report,
		      const struct top_line *line, enum top_column column)
{
	if (TOP_IS_NUMBER(column))
		value_text(text, report, column, &line->value[column]);
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
			shown = A_BOLD | colour(PAIR_BLOCKED);
		cell_text(text, sizeof(text), report, line, column);
		if (column == TOP_COMM && line->ended)
			add_ended(text, width);
		attron(shown);
		put(y, x, width, is_number(column), text);
		attroff(shown);
	}
}

/* ---- the whole ---- */

static bool has_name(const struct top_line *line)
{
	return strstr(line->comm, view.filter) || strstr(line->mech, view.filter) ||
	       (line->object && strstr(line->object, view.filter));
}

static unsigned int count_lines(const struct top_report *report)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < report->nr; i++)
		nr += has_name(report->line[i]);
	return nr;
}

/* Lines that fit below the titles. */
static unsigned int page(void)
{
	int lines = LINES - HEADER - 1 - view.editing;

	return lines > 1 ? (unsigned int)lines : 1;
}

static void draw_what(const struct top *top)
{
	static const char *const by[] = {
		[TOP_BY_PROCESS] = "process",
		[TOP_BY_OBJECT] = "object",
		[TOP_BY_MECHANISM] = "mechanism",
	};
	time_t wall = top->now.valid ? top->now.wall.tv_sec : time(NULL);
	char pid[16] = "", clock[16];
	struct tm tm;

	localtime_r(&wall, &tm);
	strftime(clock, sizeof(clock), "%T", &tm);
	if (top->args.filter.pid)
		snprintf(pid, sizeof(pid), " %" PRIu32, top->args.filter.pid);
	put_line(0, "ipcstat top - %s, every %g s, by %s%s%s%s%s%s%s", clock, top->delay,
		 by[top->by], pid[0] || top->args.comm || top->args.filter.mech ? "; only" : "",
		 pid, top->args.comm ? " " : "", top->args.comm ? top->args.comm : "",
		 top->args.filter.mech ? " " : "",
		 top->args.filter.mech ? top->args.filter.mech : "");
}

/* On two lines, parted between words. */
static void draw_trouble(const char *why)
{
	int room = COLS;

	attron(A_BOLD | colour(PAIR_TROUBLE));
	if ((int)strlen(why) > room) {
		while (room > 0 && why[room] != ' ')
			room--;
		room = room ? room : COLS;
	}
	put(1, 0, room, false, why);
	if ((int)strlen(why) > room)
		put(2, 0, COLS, false, why + room + (why[room] == ' '));
	attroff(A_BOLD | colour(PAIR_TROUBLE));
}

static void draw_totals(const struct top *top)
{
	static const struct nl_counter none;
	const struct top_report *report = &top->report;
	char text[TOP_BLOCKED + 1][16], hidden[64] = "";

	for (int i = TOP_SEND_OPS; i <= TOP_RECV_BYTES; i++) {
		struct nl_counter total = none;

		total.value = report->total[i];
		value_text(text[i], report, (enum top_column)i, &total);
	}
	put_line(1, "Send %6s ops/s %5s B/s   Recv %6s ops/s %5s B/s", text[TOP_SEND_OPS],
		 text[TOP_SEND_BYTES], text[TOP_RECV_OPS], text[TOP_RECV_BYTES]);
	if (report->hidden)
		snprintf(hidden, sizeof(hidden), ", %" PRIu64 " not shown", report->hidden);
	put_line(2, "Flows %u of %u, %" PRIu64 " evicted   Blocked %" PRIu64 "%s",
		 top->now.state.used, top->now.state.max, top->now.state.evicted,
		 report->total[TOP_BLOCKED], hidden);
}

static void draw_header(const struct top *top, unsigned int nr)
{
	char range[64] = "";

	draw_what(top);
	if (top->trouble)
		draw_trouble(top->trouble);
	else if (!top->before.valid)
		put_line(1, "Reading ...");
	else
		draw_totals(top);
	if (nr > page())
		snprintf(range, sizeof(range), "%u-%u of %u", view.first + 1,
			 view.first + page() < nr ? view.first + page() : nr, nr);
	put(3, 0, COLS, true, range);
	if (*view.filter && !view.editing && COLS > (int)strlen(range) + 1) {
		char text[MAX_FILTER + 32];

		snprintf(text, sizeof(text), "Names with: %s", view.filter);
		put(3, 0, COLS - (int)strlen(range) - 1, false, text);
	}
}

static void draw_list(const struct top *top)
{
	unsigned int at = 0, last = view.first + page();
	struct layout layout;

	lay_out(&layout, top->by);
	draw_titles(top, &layout);
	for (unsigned int i = 0; i < top->report.nr && at < last; i++) {
		if (!has_name(top->report.line[i]))
			continue;
		if (at >= view.first)
			draw_line(HEADER + 1 + (int)(at - view.first), &top->report,
				  top->report.line[i], &layout);
		at++;
	}
	if (!at && top->before.valid)
		put_line(HEADER + 1, "Nothing was moved, and nobody is asleep.");
}

static void draw_editor(void)
{
	char text[MAX_FILTER + 32];

	snprintf(text, sizeof(text), "Names with: %s", view.filter);
	move(LINES - 1, 0);
	clrtoeol();
	/* The cursor stays behind it. */
	put(LINES - 1, 0, COLS - 1, false, text);
}

static void draw_help(void)
{
	static const char *const lines[] = {
		"ipcstat top: who moves what, per second",
		"",
		"  p o m        lines by process, object, mechanism",
		"  s r          sort by the next column; in reverse",
		"  /            only names with some text in them",
		"               (Enter; Escape: leave it as it was)",
		"  Space        read now",
		"  arrows, PgUp, PgDn, Home, End      scroll",
		"  h ?          this help",
		"  q            quit",
		"",
		"WAIT%: the part of the time that its tasks were asleep",
		"       (of several tasks the sum)",
		"BLKD:  tasks asleep in it now",
		"Any key goes back.",
	};

	for (int i = 0; i < (int)(sizeof(lines) / sizeof(lines[0])); i++)
		put_line(i, "%s", lines[i]);
}

void screen_draw(const struct top *top)
{
	unsigned int nr = count_lines(&top->report);

	if (view.first + page() > nr)
		view.first = nr > page() ? nr - page() : 0;
	erase();
	if (view.help) {
		draw_help();
	} else {
		draw_header(top, nr);
		draw_list(top);
		if (view.editing)
			draw_editor();
	}
	curs_set(view.editing && !view.help);
	refresh();
}

/* ---- keys ---- */

static void edit(int key)
{
	size_t len = strlen(view.filter);

	switch (key) {
	case KEY_ESCAPE:
		strcpy(view.filter, view.former);
		view.editing = false;
		break;
	case '\n':
	case '\r':
	case KEY_ENTER:
		view.editing = false;
		break;
	case '\b':
	case 0x7f:
	case KEY_BACKSPACE:
		/* a character, with all of its bytes */
		while (len && (view.filter[--len] & 0xc0) == 0x80)
			;
		view.filter[len] = '\0';
		break;
	case 'U' - '@': /* Ctrl+U */
		*view.filter = '\0';
		break;
	default:
		if (key >= ' ' && key <= 0xff && len + 1 < sizeof(view.filter)) {
			view.filter[len] = (char)key;
			view.filter[len + 1] = '\0';
		}
	}
}

/* False: it is no such key. What goes too far screen_draw() puts right. */
static bool scroll_by(int key)
{
	unsigned int lines = page();

	switch (key) {
	case KEY_UP:
		view.first -= view.first > 0;
		return true;
	case KEY_DOWN:
		view.first++;
		return true;
	case KEY_PPAGE:
		view.first -= view.first < lines ? view.first : lines;
		return true;
	case KEY_NPAGE:
		view.first += lines;
		return true;
	case KEY_HOME:
		view.first = 0;
		return true;
	case KEY_END:
		view.first = UINT32_MAX / 2;
		return true;
	case KEY_LEFT:
		view.skip -= view.skip > 0;
		return true;
	case KEY_RIGHT:
		view.skip += view.skip < TOP_BLOCKED - TOP_SEND_OPS;
		return true;
	default:
		return false;
	}
}

static enum top_wish regroup(struct top *top, enum top_by by)
{
	top->by = by;
	view.first = 0;
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
		view.editing = true;
		strcpy(view.former, view.filter);
		break;
	case 'h':
	case '?':
		view.help = true;
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
		if (view.help)
			view.help = false;
		else if (view.editing)
			edit(key);
		else
			wish = command(top, key);
	}
	return wish;
}

/* ---- the terminal ---- */

static void use_colours(const struct output *output)
{
	if (!output_in_color(output, stdout) || !has_colors())
		return;
	start_color();
	use_default_colors();
	init_pair(PAIR_TROUBLE, COLOR_RED, -1);
	init_pair(PAIR_BLOCKED, COLOR_YELLOW, -1);
}

bool screen_open(const struct output *output)
{
	const char *term = getenv("TERM");

	setlocale(LC_CTYPE, "");
	view.screen = newterm(NULL, stdout, stdin);
	if (!view.screen) {
		warnx("%s: no such kind of terminal (TERM); use -b for plain text",
		      term ? term : "");
		return false;
	}
	view.open = true;
	atexit(screen_close);
	set_escdelay(100);
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	use_colours(output);
	return true;
}

void screen_close(void)
{
	if (!view.open)
		return;
	view.open = false;
	/* Where there is no other screen to go back to, the shell goes on in the last line. */
	move(LINES - 1, 0);
	clrtoeol();
	refresh();
	endwin();
	delscreen(view.screen);
}
