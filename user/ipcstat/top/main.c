// SPDX-License-Identifier: GPL-2.0-only
/* ipcstat top: a live view of who moves what, per second. */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cli.h"
#include "ipcstat/commands.h"
#include "ipcstat/output.h"
#include "state.h"

#define NSEC INT64_C(1000000000)
#define LEAST_DELAY 0.1
#define MOST_DELAY 1e6

bool top_ascending(const struct top *top)
{
	return top->reverse == (TOP_IS_NUMBER(top->sort) || top->sort == TOP_BYTES);
}

/* ---- arguments ---- */

static bool parse_delay(const char *arg, double *delay)
{
	size_t digits = strspn(arg, "0123456789.");
	char *end;

	/* No sign, no "inf", no hexadecimal, no exponent. */
	*delay = strtod(arg, &end);
	return digits && !arg[digits] && !*end && *delay >= LEAST_DELAY && *delay <= MOST_DELAY;
}

/* -1; or the exit status, and a line that says why */
static int take_option(int c, char **argv, struct top *top)
{
	int status;

	switch (c) {
	case 'h':
		return opt_help(&top_syntax);
	case 'b':
		top->batch = true;
		return -1;
	case 'd':
		if (parse_delay(optarg, &top->delay))
			return -1;
		warnx("%s: no delay; write seconds, 0.1 to 1000000", optarg);
		return EXIT_BAD_ARGS;
	case 'n':
		if (parse_number(optarg, UINT32_MAX, &top->count) && top->count)
			return -1;
		warnx("%s: no number of reports", optarg);
		return EXIT_BAD_ARGS;
	default:
		status = flow_option(c, &top->args);
		if (status < 0)
			status = output_option(c, &top->output);
		if (status < 0)
			return opt_bad(c, argv, &top_syntax);
		return status ? status : -1;
	}
}

static int parse_arguments(int argc, char **argv, struct top *top)
{
	const struct output *output = &top->output;
	int c, status;

	while ((c = opt_next(argc, argv, &top_syntax)) != -1) {
		status = take_option(c, argv, top);
		if (status >= 0)
			return status;
	}
	status = opt_end(argc, argv, &top_syntax);
	if (status >= 0)
		return status;
	if (!top->batch && (output->columns || output->noheadings || output->raw ||
			    output->time_format != TIME_USUAL)) {
		warnx("columns, headings, --raw and times can be chosen with -b only");
		return EXIT_BAD_ARGS;
	}
	return output_choose(&top->output, top_columns) ? -1 : EXIT_BAD_ARGS;
}

/* ---- readings ---- */

static void compare(struct top *top)
{
	top_free_report(&top->report);
	if (!top->before.valid)
		return;
	top_compare(&top->before, &top->now, &top->args.filter, top->args.comm, top->by,
		    &top->report);
	top_sort(&top->report, top->sort, top_ascending(top));
}

/* After a failure the next reading is the first one again. */
static void take_reading(struct top *top)
{
	free(top->trouble);
	top->trouble = NULL;
	top_free_reading(&top->before);
	top->before = top->now;
	if (top_read(&top->nl, &top->args.filter, &top->now, &top->trouble))
		top_free_reading(&top->before);
	compare(top);
}

/* Do the arguments choose what there can be? Of the flows none is large enough to be sent. */
static int check(struct top *top)
{
	struct flow_args args = { .filter = { .mech = top->args.filter.mech,
					      .bytes = UINT64_MAX } };
	struct nl_flows flows = { 0 };
	int status = EXIT_FAILURE;

	if (nl_open(&top->nl))
		warnx("%s", nl_error(top->nl));
	else
		status = flow_args_ask(top->nl, &args, false, &flows);
	nl_free_flows(&flows);
	if (status)
		return status;
	take_reading(top);
	if (!top->trouble)
		return EXIT_SUCCESS;
	warnx("%s", top->trouble);
	return EXIT_FAILURE;
}

/* ---- signals and time ---- */

static volatile sig_atomic_t caught;

static void on_signal(int signal)
{
	caught = signal;
}

/*
 * They come only where we sleep; mask is what to sleep with. Those that our parent ignores
 * we ignore, too. A report in batch mode is ended by all of them but Ctrl+C.
 */
static void block_signals(const struct top *top, sigset_t *mask)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction action = { .sa_handler = on_signal }, old;
	sigset_t set;

	caught = 0;
	sigemptyset(&set);
	for (size_t i = 0; i < (top->batch ? 1 : sizeof(ends) / sizeof(ends[0])); i++) {
		sigaddset(&set, ends[i]);
		sigaction(ends[i], &action, &old);
		if (old.sa_handler == SIG_IGN)
			sigaction(ends[i], &old, NULL);
	}
	if (!top->batch)
		sigaddset(&set, SIGWINCH); /* its handler is that of ncurses */
	sigprocmask(SIG_BLOCK, &set, mask);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		sigdelset(mask, ends[i]);
	sigdelset(mask, SIGWINCH);
}

static int64_t clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NSEC + now.tv_nsec;
}

static enum top_wish on_keyboard(struct top *top, const struct pollfd *keyboard)
{
	enum top_wish wish = screen_keys(top);

	/* Of less time there is nothing to say. */
	if (wish == TOP_REFRESH && clock_now() - top->now.clock_ns < LEAST_DELAY / 2 * NSEC)
		wish = TOP_NOTHING;
	if (wish == TOP_NOTHING && (keyboard->revents & (POLLHUP | POLLERR | POLLNVAL)))
		return TOP_QUIT;
	return wish;
}

/* Sleeps until then, a signal, or a key. ppoll() because it is no IPC. */
static enum top_wish sleep_until(struct top *top, int64_t then, const sigset_t *mask)
{
	struct pollfd keyboard = { .fd = STDIN_FILENO, .events = POLLIN };

	for (;;) {
		int64_t now = clock_now(), rest = then > now ? then - now : 0;
		struct timespec time = { rest / NSEC, rest % NSEC };
		enum top_wish wish;
		int nr;

		/* Also if it is late: signals come only here. */
		nr = ppoll(&keyboard, top->batch ? 0 : 1, &time, mask);
		if (caught)
			return TOP_QUIT;
		if (!nr)
			return TOP_REFRESH;
		if (top->batch)
			continue;
		wish = on_keyboard(top, &keyboard);
		if (wish != TOP_NOTHING)
			return wish;
		screen_draw(top);
	}
}

/* The deadline after this one; where it is long past, as after a stop, a delay from now. */
static int64_t next_deadline(const struct top *top, int64_t deadline)
{
	int64_t delay = (int64_t)(top->delay * NSEC), now = clock_now();

	/* So that there is soon something to be seen. */
	if (!top->batch && !top->before.valid && delay > NSEC / 2)
		return now + NSEC / 2;
	return deadline + delay > now ? deadline + delay : now + delay;
}

/* False: the output is broken. */
static bool show(const struct top *top)
{
	if (!top->batch) {
		screen_draw(top);
		return true;
	}
	top_print(top);
	return !fflush(stdout); /* main() says it */
}

/* Does what a key asks for, but to read. */
static void obey(struct top *top, enum top_wish wish)
{
	if (wish == TOP_REGROUP)
		compare(top);
	else if (wish == TOP_RESORT)
		top_sort(&top->report, top->sort, top_ascending(top));
	screen_draw(top);
}

/* The first reading is taken. Returns 0, or the number of the signal that ends us. */
static int run(struct top *top, const sigset_t *mask)
{
	int64_t deadline = next_deadline(top, clock_now());
	uint64_t done = 0;

	if (!top->batch)
		screen_draw(top);
	while (!top->count || done < top->count) {
		enum top_wish wish = sleep_until(top, deadline, mask);

		if (wish == TOP_QUIT)
			return caught == SIGINT ? 0 : caught;
		if (wish != TOP_REFRESH) {
			obey(top, wish);
			continue;
		}
		take_reading(top);
		deadline = next_deadline(top, clock_now() < deadline ? clock_now() : deadline);
		if (!show(top))
			break;
		done += top->trouble || top->before.valid;
	}
	return 0;
}

/* ---- */

static void end(struct top *top)
{
	top_free_report(&top->report);
	top_free_reading(&top->before);
	top_free_reading(&top->now);
	free(top->trouble);
	output_free(&top->output);
	nl_end(top->nl);
}

static int run_in_terminal(struct top *top)
{
	sigset_t mask, before;
	int signal_nr;

	sigprocmask(SIG_SETMASK, NULL, &before);
	block_signals(top, &mask);
	if (!top->batch && !screen_open(&top->output))
		return EXIT_FAILURE;
	signal_nr = run(top, &mask);
	screen_close();
	if (signal_nr) {
		signal(signal_nr, SIG_DFL);
		raise(signal_nr);
		sigprocmask(SIG_SETMASK, &mask, NULL); /* here it comes */
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return EXIT_SUCCESS;
}

static int cmd_top(int argc, char **argv)
{
	struct top top = { .delay = 2, .sort = TOP_BYTES };
	int status;

	status = parse_arguments(argc, argv, &top);
	if (status >= 0)
		goto done;
	if (!top.batch && (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO))) {
		warnx("`ipcstat top` takes a terminal; use -b for plain text");
		return EXIT_FAILURE;
	}
	status = check(&top);
	if (!status)
		status = run_in_terminal(&top);
done:
	end(&top);
	return status;
}

static const struct opt opts[] = {
	{ 'b', "batch", NULL, "plain text, exact numbers, no terminal", NULL },
	{ 'd', "delay", "SECONDS", "from one reading to the next: 2, or 0.1 and more", NULL },
	{ 'n', "count", "COUNT", "end after so many", NULL },
	{ 0 },
};

const struct syntax top_syntax = {
	.command = "top",
	.args = "[OPTION]...",
	.what = "the same as it happens, on a screen of its own",
	.run = cmd_top,
	.opts = { opts, flow_opts, columns_opt, table_opts, time_format_opt },
	.table = top_columns,
	.more = "The options of columns, headings, --raw and times are for -b.",
};
