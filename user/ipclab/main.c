// SPDX-License-Identifier: GPL-2.0-only
/* ipclab: does a known number of IPC operations and holds the module's counters against it. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "commands.h"
#include "common/cli.h"
#include "exercise.h"
#include "ipcstat/ipcstat.h"

#define MAX_COUNT 1000000000UL
#define MAX_PAIRS 256UL

struct options {
	unsigned long count, size, pairs;
	bool size_given, strict;
};

void lab_bad(const char *fmt, ...)
{
	va_list ap;

	fputs("ipclab: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

unsigned long lab_number(const char *option, const char *text, unsigned long max)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end)
		lab_bad("%s %s: not a whole number from 1 to %lu", option, text, max);
	if (errno || value < 1 || value > max)
		lab_bad("%s %s: out of range, 1 to %lu are allowed", option, text, max);
	return value;
}

static const struct exercise *find(const char *name)
{
	for (unsigned int i = 0; exercises[i]; i++)
		if (!strcmp(exercises[i]->name, name))
			return exercises[i];
	lab_bad("%s: no such exercise; `ipclab list` shows all", name);
}

static void check_size(const struct exercise *exercise, const struct options *opt)
{
	uint64_t bytes;
	const char *why;
	size_t limit;

	if (!exercise->limit)
		return;
	limit = exercise->limit(&why);
	if (opt->size > limit)
		lab_bad("%s: size %lu is too large: at most %zu, %s", exercise->name, opt->size,
			limit, why);
	/* A page more: shared memory rounds up. Nothing may come near 2^63. */
	if (__builtin_mul_overflow(opt->pairs * opt->count, (opt->size + 65536) * 2, &bytes))
		lab_bad("%lu operations of %lu bytes: more than can be counted",
			opt->pairs * opt->count, opt->size);
}

static int list(void)
{
	const char *why;
	size_t limit;

	for (unsigned int i = 0; exercises[i]; i++) {
		printf("%-15s  %s\n", exercises[i]->name, exercises[i]->what);
		if (!exercises[i]->limit)
			continue;
		limit = exercises[i]->limit(&why);
		printf("%-15s  SIZE up to %zu: %s\n", "", limit, why);
	}
	return 0;
}

static void print_table(const struct result *result, unsigned int nr, const struct options *opt)
{
	unsigned int ok = 0;

	printf("%-16s%21s%22s%22s\n", "", "expected", "counted", "copied");
	printf("%-16s%10s %10s  %10s %10s  %10s %10s  %s\n", "row", "sent", "received", "sent",
	       "received", "in", "out", "verdict");
	for (unsigned int i = 0; i < nr; i++) {
		const struct result *r = &result[i];

		ok += r->verdict == OK;
		printf("%-16s%10s %10s  %10s %10s  %10s %10s  %s\n", r->name, r->sent[0],
		       r->received[0], r->sent[1], r->received[1], r->copied[0], r->copied[1],
		       verdict_names[r->verdict]);
	}
	printf("%u of %u rows are as expected: %lu pair%s of processes, %lu operations each way\n",
	       ok, nr, opt->pairs, opt->pairs == 1 ? "" : "s", opt->count);
}

static void on_signal(int sig)
{
	lab_interrupted = sig;
}

void prepare(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct rlimit files;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	/* The end of a child is waited for; and SIGCHLD is predicted as ignored. */
	signal(SIGCHLD, SIG_DFL);
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

void end_if_interrupted(void)
{
	if (!lab_interrupted)
		return;
	fflush(stdout);
	signal(lab_interrupted, SIG_DFL);
	raise(lab_interrupted);
}

struct nl *open_reader(void)
{
	struct nl_info info = { 0 };
	struct nl *nl;

	if (!nl_open(&nl) && !nl_get_info(nl, &info)) {
		nl_free_info(&info);
		return nl;
	}
	fprintf(stderr, "ipclab: %s\n", nl_error(nl));
	nl_free_info(&info);
	nl_end(nl);
	return NULL;
}

/* Runs what was asked for; returns the exit status. */
static int run(const struct exercise *const *exercise, unsigned int nr, const struct options *opt)
{
	struct result result[MAX_EXERCISES] = { 0 };
	enum verdict worst = OK;
	struct nl *nl = open_reader();

	if (!nl)
		return 1;
	prepare();
	for (unsigned int i = 0; i < nr && !lab_interrupted; i++) {
		struct lab *lab = lab_new(exercise[i], opt->pairs, opt->count, opt->size);

		check(nl, lab, opt->strict, &result[i]);
		lab_free(lab);
		worst = MAX(worst, result[i].verdict);
	}
	nl_end(nl);
	end_if_interrupted();
	if (nr > 1)
		print_table(result, nr, opt);
	return worst <= BUSY ? 0 : 1;
}

/* ---- the commands ---- */

static const struct syntax list_syntax, run_syntax, alone_syntax;

static int cmd_list(int argc, char **argv)
{
	int status = opt_none(argc, argv, &list_syntax);

	return status >= 0 ? status : list();
}

/* Returns -1, or the exit status if the program is to end here. */
static int parse_run(int argc, char **argv, struct options *opt)
{
	int c;

	while ((c = opt_next(argc, argv, &run_syntax)) != -1) {
		switch (c) {
		case 'n':
			opt->count = lab_number("-n", optarg, MAX_COUNT);
			break;
		case 's':
			opt->size = lab_number("-s", optarg, LONG_MAX);
			opt->size_given = true;
			break;
		case 'p':
			opt->pairs = lab_number("-p", optarg, MAX_PAIRS);
			break;
		case OPT_STRICT:
			opt->strict = true;
			break;
		case 'h':
			return opt_help(&run_syntax);
		default:
			return opt_bad(c, argv, &run_syntax);
		}
	}
	return -1;
}

static int cmd_run(int argc, char **argv)
{
	struct options opt = { .count = 23, .size = 64, .pairs = 1 };
	const struct exercise *one;
	unsigned int nr;
	int status = parse_run(argc, argv, &opt);

	if (status >= 0)
		return status;
	if (argc - optind != 1)
		lab_bad("run takes one name out of `ipclab list`, or all");
	if (!strcmp(argv[optind], "all")) {
		for (nr = 0; exercises[nr]; nr++)
			check_size(exercises[nr], &opt);
		return run(exercises, nr, &opt);
	}
	one = find(argv[optind]);
	if (opt.size_given && !one->limit)
		lab_bad("%s: nothing in it has a size, -s does not apply", one->name);
	check_size(one, &opt);
	return run(&one, 1, &opt);
}

static void add_exercises(const struct syntax *syntax, struct names *words)
{
	(void)syntax;
	names_add(words, "all");
	for (unsigned int i = 0; exercises[i]; i++)
		names_add(words, exercises[i]->name);
}

static const struct syntax list_syntax = {
	.command = "list",
	.args = "",
	.what = "the exercises of run, and how large each may be",
	.run = cmd_list,
};

static const struct opt run_opts[] = {
	{ 'n', "count", "COUNT", "operations of each process (23)", NULL },
	{ 's', "size", "SIZE", "bytes of each operation (64)", NULL },
	{ 'p', "processes", "PROCESSES",
	  "senders at the same time, each with a receiver\nof its own (1)", NULL },
	{ OPT_STRICT, "strict", NULL, "other people's traffic is no excuse for a difference",
	  NULL },
	{ 0 },
};

static const struct syntax run_syntax = {
	.command = "run",
	.args = "NAME|all [OPTION]...",
	.what = "do what is known, and compare the counters",
	.run = cmd_run,
	.opts = { run_opts },
	.takes_operands = true,
	.operands = add_exercises,
	.more = "It does an exactly known number of operations between real processes, reads the\n"
		"counters of the ipcstat module before and after, and compares.\n"
		"\n"
		"Exit status: 0 all as expected (or hidden by other traffic), 1 a counter differs\n"
		"or an exercise could not run, 2 bad arguments.",
};

static const struct syntax *const commands[] = {
	&list_syntax, &run_syntax, &lab_syntax, &bench_syntax, &complete_syntax, NULL,
};

static void add_commands(const struct syntax *syntax, struct names *words)
{
	(void)syntax;
	for (unsigned int i = 0; commands[i]; i++)
		names_add(words, commands[i]->command);
}

/* No command has been named. */
static int cmd_alone(int argc, char **argv)
{
	int c = opt_next(argc, argv, &alone_syntax);

	if (c == 'h')
		return opt_help(&alone_syntax);
	if (c == 'V')
		return program_version();
	if (c != -1)
		return opt_bad(c, argv, &alone_syntax);
	if (optind == argc)
		lab_bad("what to do? `ipclab -h` lists the commands");
	words_lack(argv[optind], "command", add_commands);
	return EXIT_BAD_ARGS;
}

static const struct syntax alone_syntax = {
	.args = "COMMAND [ARGUMENT]...",
	.run = cmd_alone,
	.opts = { version_opt },
	.takes_operands = true,
	.stops = true,
};

static const struct program ipclab = {
	.name = "ipclab",
	.what = "Do what is known with each IPC mechanism, and hold against it what the ipcstat\n"
		"module has counted; or what textbooks say; or measure how fast it is.\n",
	.alone = &alone_syntax,
	.commands = commands,
};

int main(int argc, char **argv)
{
	return program_main(argc, argv, &ipclab);
}
