// SPDX-License-Identifier: GPL-2.0-only
/* The screen of ipcstat top: the terminal, and the whole of what is drawn. */
#include <curses.h>
#include <err.h>
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "screen.h"

struct screen_view screen_view;

static struct {
	SCREEN *screen;
	bool open;
} terminal;

unsigned int screen_page(void)
{
	int lines = LINES - SCREEN_HEADER - 1 - screen_view.editing;

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
	screen_put_line(0, "ipcstat top - %s, every %g s, by %s%s%s%s%s%s%s", clock, top->delay,
			by[top->by],
			pid[0] || top->args.comm || top->args.filter.mech ? "; only" : "", pid,
			top->args.comm ? " " : "", top->args.comm ? top->args.comm : "",
			top->args.filter.mech ? " " : "",
			top->args.filter.mech ? top->args.filter.mech : "");
}

/* On two lines, parted between words. */
static void draw_trouble(const char *why)
{
	int room = COLS;

	attron(A_BOLD | screen_colour(PAIR_TROUBLE));
	if ((int)strlen(why) > room) {
		while (room > 0 && why[room] != ' ')
			room--;
		room = room ? room : COLS;
	}
	screen_put(1, 0, room, false, why);
	if ((int)strlen(why) > room)
		screen_put(2, 0, COLS, false, why + room + (why[room] == ' '));
	attroff(A_BOLD | screen_colour(PAIR_TROUBLE));
}

static void draw_totals(const struct top *top)
{
	static const struct nl_counter none;
	const struct top_report *report = &top->report;
	char text[TOP_BLOCKED + 1][16], hidden[64] = "";

	for (int i = TOP_SEND_OPS; i <= TOP_RECV_BYTES; i++) {
		struct nl_counter total = none;

		total.value = report->total[i];
		screen_value(text[i], report, (enum top_column)i, &total);
	}
	screen_put_line(1, "Send %6s ops/s %5s B/s   Recv %6s ops/s %5s B/s", text[TOP_SEND_OPS],
			text[TOP_SEND_BYTES], text[TOP_RECV_OPS], text[TOP_RECV_BYTES]);
	if (report->hidden)
		snprintf(hidden, sizeof(hidden), ", %" PRIu64 " not shown", report->hidden);
	screen_put_line(2, "Flows %u of %u, %" PRIu64 " evicted   Blocked %" PRIu64 "%s",
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
		screen_put_line(1, "Reading ...");
	else
		draw_totals(top);
	if (nr > screen_page())
		snprintf(range, sizeof(range), "%u-%u of %u", screen_view.first + 1,
			 screen_view.first + screen_page() < nr ? screen_view.first + screen_page()
								: nr,
			 nr);
	screen_put(3, 0, COLS, true, range);
	if (*screen_view.filter && !screen_view.editing && COLS > (int)strlen(range) + 1) {
		char text[MAX_FILTER + 32];

		snprintf(text, sizeof(text), "Names with: %s", screen_view.filter);
		screen_put(3, 0, COLS - (int)strlen(range) - 1, false, text);
	}
}

static void draw_editor(void)
{
	char text[MAX_FILTER + 32];

	snprintf(text, sizeof(text), "Names with: %s", screen_view.filter);
	move(LINES - 1, 0);
	clrtoeol();
	/* The cursor stays behind it. */
	screen_put(LINES - 1, 0, COLS - 1, false, text);
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
		screen_put_line(i, "%s", lines[i]);
}

void screen_draw(const struct top *top)
{
	unsigned int nr = screen_count_lines(&top->report);

	if (screen_view.first + screen_page() > nr)
		screen_view.first = nr > screen_page() ? nr - screen_page() : 0;
	erase();
	if (screen_view.help) {
		draw_help();
	} else {
		draw_header(top, nr);
		screen_draw_list(top);
		if (screen_view.editing)
			draw_editor();
	}
	curs_set(screen_view.editing && !screen_view.help);
	refresh();
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
	terminal.screen = newterm(NULL, stdout, stdin);
	if (!terminal.screen) {
		warnx("%s: no such kind of terminal (TERM); use -b for plain text",
		      term ? term : "");
		return false;
	}
	terminal.open = true;
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
	if (!terminal.open)
		return;
	terminal.open = false;
	/* Where there is no other screen to go back to, the shell goes on in the last line. */
	move(LINES - 1, 0);
	clrtoeol();
	refresh();
	endwin();
	delscreen(terminal.screen);
}
