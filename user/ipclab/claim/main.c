// SPDX-License-Identifier: GPL-2.0-only
/* `ipclab lab`: runs a lab for each of the textbook's claims: see textbook.h. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/cli.h"
#include "ipclab/commands.h"
#include "ipclab/exercise.h"
#include "private.h"

/* Other processes' traffic may end soon. */
#define TRIES 3

/* Made by the linker: pointers to all labs, in the order of their files. */
extern const struct textbook_lab *const __start_labs[], *const __stop_labs[];

static void bad(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

static void bad(const char *fmt, ...)
{
	va_list ap;

	fputs("ipclab: lab: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

/* ---- the labs ---- */

static int by_number(const void *a, const void *b)
{
	const struct textbook_lab *const *x = a, *const *y = b;

	return (int)(*x)->nr - (int)(*y)->nr;
}

/* All labs, by number. The array is made once and never freed. */
static const struct textbook_lab **sorted(unsigned int *nr)
{
	static const struct textbook_lab **labs;

	/* cppcheck-suppress comparePointers ; the linker has made them the ends of one array */
	*nr = __stop_labs - __start_labs;
	if (labs)
		return labs;
	labs = calloc(*nr, sizeof(*labs));
	if (!labs)
		abort();
	memcpy(labs, __start_labs, *nr * sizeof(*labs));
	qsort(labs, *nr, sizeof(*labs), by_number);
	return labs;
}

/* Compares a lab's name with an argument; '-' is the same as '_'. */
static bool is_name(const char *name, const char *typed)
{
	for (; *name && (*name == *typed || (*name == '_' && *typed == '-')); name++)
		typed++;
	return !*name && !*typed;
}

static const struct textbook_lab *const *find(const struct textbook_lab *const *labs,
					      unsigned int nr, const char *typed)
{
	unsigned long number;
	char *end;

	number = strtoul(typed, &end, 10);
	for (unsigned int i = 0; i < nr; i++)
		if (is_name(labs[i]->name, typed) ||
		    (*typed >= '0' && *typed <= '9' && !*end && labs[i]->nr == number))
			return &labs[i];
	bad("unknown lab '%s'; `ipclab lab` lists all", typed);
}

/* ---- running ---- */

static void no_progress(void)
{
}

static struct board *new_board(void)
{
	void *mem = mmap(NULL, sizeof(struct board), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED) {
		fprintf(stderr, "ipclab: memory: %s\n", strerror(errno));
		exit(1);
	}
	return mem;
}

/* Whether other processes move the counters of these rows. */
static bool others_use(struct nl *nl, const char *rows)
{
	static struct snapshot ignored;
	bool quiet;

	return snapshot_take_quiet(nl, rows, &ignored, &quiet) || !quiet;
}

/* A lab that failed half-way may have shown before that the claim is untrue. */
static bool seen_otherwise(void)
{
	for (unsigned int i = 0; i < board->nr_sights; i++)
		if (!board->sight[i].yes && !board->sight[i].but)
			return true;
	return false;
}

/* One try, with its counters before and after. */
static void try_once(struct nl *nl, const struct textbook_lab *lab,
		     const struct lab_options *options, struct judgement *judgement)
{
	bool live = !options->quiet && isatty(STDOUT_FILENO), quiet;
	int ret;

	settle_output();
	ret = snapshot_take_quiet(nl, lab->rows, &board->first, &quiet);
	if (!ret)
		ret = act_run(lab, options->program, live ? print_steps : no_progress);
	judgement->verdict = seen_otherwise() ? DOES_NOT_HOLD : DID_NOT_RUN;
	judgement->nr = 0;
	if (!ret)
		ret = snapshot_take_last(nl, lab->rows, &board->last, &board->first);
	if (ret) {
		if (!board->failed)
			snprintf(board->reason, TEXT, "%s", nl_error(nl));
		return;
	}
	judgement->others = false;
	judge_lab(lab, options->program, judgement);
	if (judgement->verdict != DOES_NOT_HOLD || (quiet && !others_use(nl, lab->rows)))
		return;
	judgement->others = true;
	judge_lab(lab, options->program, judgement);
}

/* Returns how many lines of TAP, or verdicts, are bad. */
static unsigned int run_lab(struct nl *nl, const struct textbook_lab *lab,
			    const struct lab_options *options, unsigned int *tap)
{
	static struct judgement judgement;
	unsigned int ret;

	the_lab = lab;
	for (int i = 0; i < TRIES && !lab_interrupted; i++) {
		if (board)
			munmap(board, sizeof(*board));
		board = new_board();
		if (!i)
			print_before(lab, options);
		try_once(nl, lab, options, &judgement);
		if (judgement.verdict != CANNOT_BE_TOLD || !judgement.others)
			break;
	}
	if (lab_interrupted)
		return 1;
	ret = print_result(lab, options, &judgement, tap);
	if (judgement.verdict == DID_NOT_RUN && !options->quiet)
		fprintf(stderr, "ipclab: lab: %s: %s\n", lab->name, board->reason);
	return ret;
}

static int run_labs(const struct textbook_lab *const *labs, unsigned int nr,
		    const struct lab_options *options)
{
	unsigned int tap = 0, bad_lines = 0;
	struct nl *nl = open_reader();

	if (!nl)
		return 1;
	prepare();
	for (unsigned int i = 0; i < nr && !lab_interrupted; i++)
		bad_lines += run_lab(nl, labs[i], options, &tap);
	nl_end(nl);
	end_if_interrupted();
	if (options->quiet) {
		printf("1..%u\n# %u passed, %u failed\n", tap, tap - bad_lines, bad_lines);
	} else if (nr > 1) {
		printf("%u of %u labs gave their known verdict.\n", nr - bad_lines, nr);
	}
	return bad_lines ? 1 : 0;
}

/* ---- the command ---- */

/* Returns -1, or the exit status if the program is to end here. */
static int parse_arguments(int argc, char **argv, struct lab_options *options, int *what)
{
	int c;

	while ((c = opt_next(argc, argv, &lab_syntax)) != -1) {
		switch (c) {
		case 'q':
			options->quiet = true;
			break;
		case OPT_PROGRAM:
			options->program = optarg;
			break;
		case OPT_SOURCE:
		case OPT_TASK:
			if (*what && *what != c)
				bad("--source or --task, not both");
			*what = c;
			break;
		case 'h':
			return opt_help(&lab_syntax);
		default:
			return opt_bad(c, argv, &lab_syntax);
		}
	}
	return -1;
}

static int cmd_lab(int argc, char **argv)
{
	struct lab_options options = { 0 };
	const struct textbook_lab *const *lab;
	const struct textbook_lab **labs;
	int what = 0, ret;
	unsigned int nr;

	ret = parse_arguments(argc, argv, &options, &what);
	if (ret >= 0)
		return ret;
	ret = 0;
	argv += optind;
	argc -= optind;
	if (argc > 1)
		bad("unexpected argument '%s': give one lab, or all", argv[1]);
	if (what && (options.quiet || options.program))
		bad("%s runs no lab: -q and --program do not apply",
		    what == OPT_SOURCE ? "--source" : "--task");
	if ((what || options.quiet || options.program) && !argc)
		bad("missing lab: give a number, a name or all; `ipclab lab` lists them");
	labs = sorted(&nr);
	if (!argc) {
		print_list((const struct textbook_lab *const *)labs, nr);
	} else if (!strcmp(argv[0], "all")) {
		if (what || options.program)
			bad("--program, --source and --task are for one lab, not for all");
		ret = run_labs((const struct textbook_lab *const *)labs, nr, &options);
	} else {
		lab = find((const struct textbook_lab *const *)labs, nr, argv[0]);
		if (options.program && !(*lab)->task)
			bad("lab '%s' takes no program: it checks more than counters",
			    (*lab)->name);
		if (options.program && access(options.program, X_OK))
			bad("%s: %s", options.program, strerror(errno));
		if (what == OPT_SOURCE)
			fputs((*lab)->source, stdout);
		else if (what == OPT_TASK)
			printf("%s\n",
			       (*lab)->task
				       ?: "This lab has no task: it checks more than counters.");
		else
			ret = run_labs(lab, 1, &options);
	}
	return ret;
}

static void add_labs(const struct syntax *syntax, struct names *words)
{
	const struct textbook_lab **labs;
	unsigned int nr;

	(void)syntax;
	names_add(words, "all");
	labs = sorted(&nr);
	for (unsigned int i = 0; i < nr; i++)
		names_add(words, labs[i]->name);
}

static const struct opt opts[] = {
	{ 'q', "quiet", NULL, "print TAP, for graders", NULL },
	{ OPT_PROGRAM, "program", "PROGRAM", "run PROGRAM in place of the lab, and judge it",
	  NULL },
	{ OPT_SOURCE, "source", NULL, "print the lab's C file", NULL },
	{ OPT_TASK, "task", NULL, "print what a PROGRAM has to do", NULL },
	{ 0 },
};

const struct syntax lab_syntax = {
	.command = "lab",
	.args = "[LAB] [OPTION]...",
	.what = "what the textbook says, and whether it holds",
	.run = cmd_lab,
	.opts = { opts },
	.takes_operands = true,
	.operands = add_labs,
	.more = "It lists the labs; or runs one, by its number or name, or all. A lab takes a\n"
		"textbook's claim about inter-process communication, does what the claim\n"
		"describes, and compares the counts that the claim predicts with those of the\n"
		"kernel.\n"
		"\n"
		"Exit status: 0 every verdict is the known one (holds, or half true), 1 a verdict\n"
		"differs, or a lab could not run, 2 invalid arguments.",
};
