// SPDX-License-Identifier: GPL-2.0-only
/* ipclab: does a known number of IPC operations and holds the module's counters against it. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "exercise.h"
#include "ipclab/bench/private.h"
#include "ipclab/claim/textbook.h"
#include "ipcstat/ipcstat.h"

#define MAX_COUNT 1000000000UL
#define MAX_PAIRS 256UL

/* In the order of /proc/ipcstat. */
static const struct exercise *const exercises[] = {
	&exercise_pipe,     &exercise_fifo,        &exercise_sysv_msg,   &exercise_posix_mq,
	&exercise_sysv_shm, &exercise_posix_shm,   &exercise_sysv_sem,   &exercise_futex,
	&exercise_signal,   &exercise_unix_stream, &exercise_unix_dgram, &exercise_unix_seqpacket,
	&exercise_tcp,      &exercise_udp,         &exercise_raw,        &exercise_eventfd,
};

struct options {
	unsigned long count, size, pairs;
	bool size_given, strict;
};

static const char usage[] =
	"usage: ipclab list\n"
	"       ipclab run NAME|all [-n COUNT] [-s SIZE] [-p PROCESSES] [--strict]\n"
	"       ipclab lab [NUMBER|NAME|all]\n"
	"       ipclab bench [MECH...] [OPTION...]\n"
	"\n"
	"run does an exactly known number of operations between real processes, reads\n"
	"the counters of the ipcstat module before and after, and compares. A lab shows\n"
	"what the textbook says of a mechanism, and whether it holds: `ipclab lab -h`.\n"
	"bench measures how fast mechanisms are: `ipclab bench -h`. Options of run:\n"
	"\n"
	"  -n, --count COUNT      operations of each process (23)\n"
	"  -s, --size SIZE        bytes of each operation (64)\n"
	"  -p, --processes PROCESSES\n"
	"                         senders at the same time, each with a receiver of its own (1)\n"
	"      --strict           other people's traffic is no excuse for a difference\n"
	"  -h, --help             this text\n"
	"  -V, --version          the version\n"
	"\n"
	"Exit status: 0 all as expected (or hidden by other traffic), 1 a counter differs\n"
	"or an exercise could not run, 2 bad arguments.\n";

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
	for (unsigned int i = 0; i < ARRAY_SIZE(exercises); i++)
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

	for (unsigned int i = 0; i < ARRAY_SIZE(exercises); i++) {
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
	struct result result[ARRAY_SIZE(exercises)] = { 0 };
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

/* The exit status: what is not written has not been said. */
static int end(int ret)
{
	if (!fflush(stdout) && !ferror(stdout))
		return ret;
	fprintf(stderr, "ipclab: cannot write: %s\n", strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "count", required_argument, NULL, 'n' },
		{ "size", required_argument, NULL, 's' },
		{ "processes", required_argument, NULL, 'p' },
		{ "strict", no_argument, NULL, 'S' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	struct options opt = { .count = 23, .size = 64, .pairs = 1 };
	const struct exercise *one;
	int option, ret;

	if (argc > 1 && !strcmp(argv[1], "lab"))
		return end(lab_command(argc - 1, argv + 1));
	if (argc > 1 && !strcmp(argv[1], "bench"))
		return end(bench_main(argc - 1, argv + 1));
	while ((option = getopt_long(argc, argv, "n:s:p:hV", options, NULL)) != -1) {
		switch (option) {
		case 'n':
			opt.count = lab_number("-n", optarg, MAX_COUNT);
			break;
		case 's':
			opt.size = lab_number("-s", optarg, LONG_MAX);
			opt.size_given = true;
			break;
		case 'p':
			opt.pairs = lab_number("-p", optarg, MAX_PAIRS);
			break;
		case 'S':
			opt.strict = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'V':
			puts("ipclab " IPCSTAT_VERSION);
			return 0;
		default:
			return 2; /* getopt has said why */
		}
	}
	argv += optind;
	argc -= optind;
	if (!argc)
		lab_bad("what to do? `ipclab list`, `ipclab run NAME|all` or `ipclab bench`; -h for more");
	if (!strcmp(argv[0], "list")) {
		if (argc > 1)
			lab_bad("%s: list takes no arguments", argv[1]);
		ret = list();
	} else if (!strcmp(argv[0], "run")) {
		if (argc != 2)
			lab_bad("run takes one name out of `ipclab list`, or all");
		if (!strcmp(argv[1], "all")) {
			for (unsigned int i = 0; i < ARRAY_SIZE(exercises); i++)
				check_size(exercises[i], &opt);
			ret = run(exercises, ARRAY_SIZE(exercises), &opt);
		} else {
			one = find(argv[1]);
			if (opt.size_given && !one->limit)
				lab_bad("%s: nothing in it has a size, -s does not apply",
					one->name);
			check_size(one, &opt);
			ret = run(&one, 1, &opt);
		}
	} else {
		lab_bad("%s: no such command; there are list, run, and, as the first word, lab and "
			"bench",
			argv[0]);
	}
	return end(ret);
}
