// SPDX-License-Identifier: GPL-2.0-only
/* ipcstat [DELAY [COUNT]]: the rows, once or again and again. */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "report.h"

/* Fits 80 columns, also with "/s". Those that the module does not have are left out. */
#define DEFAULT_COLUMNS KEY_COLUMN ",objects,queued,send_ops,send_bytes,recv_ops,recv_bytes"

struct arguments {
	const char *mechanisms; /* as given; or NULL */
	bool hide_idle, omit_first;
	struct output output;
	unsigned int delay, count;
};

static bool parse_positive(const char *arg, const char *what, const char *if_none,
			   unsigned int *number)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(arg, &end, 10);
	if (!isdigit((unsigned char)*arg) || *end) {
		warnx("%s: %s; see `ipcstat -h`", arg, if_none);
		return false;
	}
	if (errno || !value || value > INT_MAX) {
		warnx("%s: %s goes from 1 to %d", arg, what, INT_MAX);
		return false;
	}
	*number = (unsigned int)value;
	return true;
}

/* Returns -1, or the exit status if the program is to end here. */
static int parse_arguments(int argc, char **argv, struct arguments *args)
{
	int c, status;

	while ((c = opt_next(argc, argv, &show_syntax)) != -1) {
		switch (c) {
		case 'h':
			return opt_help(&show_syntax);
		case OPT_MECHANISM:
			args->mechanisms = optarg;
			break;
		case 'V':
			return program_version();
		case 'y':
			args->omit_first = true;
			break;
		case 'z':
			args->hide_idle = true;
			break;
		default:
			status = output_option(c, &args->output);
			if (status)
				return status > 0 ? status : opt_bad(c, argv, &show_syntax);
		}
	}
	argv += optind;
	argc -= optind;
	if (argc > 0 &&
	    !parse_positive(argv[0], "DELAY",
			    "not a DELAY in whole seconds, and not a command as the first word",
			    &args->delay))
		return EXIT_BAD_ARGS;
	if (argc > 1 && !parse_positive(argv[1], "COUNT", "not a COUNT of reports", &args->count))
		return EXIT_BAD_ARGS;
	if (argc > 2) {
		warnx("%s: nothing can follow DELAY and COUNT; see `ipcstat -h`", argv[2]);
		return EXIT_BAD_ARGS;
	}
	if (args->omit_first && !args->delay) {
		warnx("-y leaves out the first of several reports: give a DELAY too");
		return EXIT_BAD_ARGS;
	}
	return -1;
}

/* For the help and the completion. */
static void add_all_columns(const struct syntax *syntax, struct names *words)
{
	struct names mechanisms = { 0 };
	struct nl_rows rows = { 0 };
	struct nl *nl;

	(void)syntax;
	if (!nl_open(&nl) && !nl_get_rows(nl, NULL, &rows))
		report_names(&rows, words, &mechanisms);
	names_free(&mechanisms);
	nl_free_rows(&rows);
	nl_end(nl);
}

static void copy_those(const struct names *from, const struct names *which, struct names *to)
{
	for (unsigned int i = 0; i < from->nr; i++)
		if (!which || names_have(which, from->name[i]))
			names_add(to, from->name[i]);
}

/* What the arguments ask for, of that what the module has. */
static bool choose_all(const struct arguments *args, const struct nl_rows *rows,
		       struct report *report)
{
	struct names columns = { 0 }, mechanisms = { 0 }, list = { 0 }, usual = { 0 };
	struct output *output = &report->output;
	bool good = true;

	report_names(rows, &columns, &mechanisms);
	names_split(&list, DEFAULT_COLUMNS);
	copy_those(&columns, output->json ? NULL : &list, &usual);
	if (args->mechanisms)
		good = names_choose(args->mechanisms, "mechanism", &mechanisms,
				    &report->mechanisms);
	good = good && output_choose_of(output, &columns, &usual);
	copy_those(output->columns ? &output->chosen : &usual, NULL, &report->columns);
	/* Those are all that a table will have, by these names or with "/s". */
	names_free(&output->chosen);
	names_free(&columns);
	names_free(&mechanisms);
	names_free(&list);
	names_free(&usual);
	return good;
}

static int cmd_show(int argc, char **argv)
{
	struct arguments args = { 0 };
	struct report report = { 0 };
	struct sample sample = { 0 };
	struct nl *nl = NULL;
	int status;

	status = parse_arguments(argc, argv, &args);
	if (status >= 0)
		return status;

	status = EXIT_FAILURE;
	if (nl_open(&nl) || sample_take(nl, &sample)) {
		warnx("%s", nl_error(nl));
		goto done;
	}
	report.rates = args.delay;
	report.output = args.output;
	report.hide_idle = args.hide_idle;
	status = EXIT_BAD_ARGS;
	if (!choose_all(&args, &sample.rows, &report))
		goto done;
	if (args.delay) {
		status = watch(&nl, &report, &sample, args.delay, args.count, args.omit_first);
		goto done;
	}
	report_print(&report, &sample, NULL);
	warn_missed(&sample.info, 0);
	status = EXIT_SUCCESS;
done:
	names_free(&report.columns);
	names_free(&report.mechanisms);
	sample_free(&sample);
	nl_end(nl);
	return status;
}

static const struct opt opts[] = {
	{ OPT_MECHANISM, "mechanism", "NAME,...", "these rows", add_mechanisms },
	{ 'y', NULL, NULL, "leave out the first report, the one since load", NULL },
	{ 0 },
};

const struct syntax show_syntax = {
	.args = "[OPTION]... [DELAY [COUNT]]\nCOMMAND [ARGUMENT]...",
	.run = cmd_show,
	.opts = { opts, idle_opt, OUTPUT_OPTS, version_opt },
	.takes_operands = true,
	.columns = add_all_columns,
};
