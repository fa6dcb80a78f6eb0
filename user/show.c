// SPDX-License-Identifier: GPL-2.0-only
/* ipcstat [DELAY [COUNT]]: the rows, once or again and again. */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

/* Fits 80 columns, also with "/s". Those that the module does not have are left out. */
#define DEFAULT_COLUMNS KEY_COLUMN ",objects,queued,send_ops,send_bytes,recv_ops,recv_bytes"

struct arguments {
	const char *columns, *mechanisms; /* as given; or NULL */
	bool json, timestamp, hide_idle, omit_first;
	unsigned int delay, count;
};

static bool parse_number(const char *arg, const char *what, const char *if_none,
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
	enum {
		OPT_MECHANISM = 256,
		OPT_TIMESTAMP
	};
	static const char optstring[] = ":hJo:Vyz";
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'J' },
		{ "mechanism", required_argument, NULL, OPT_MECHANISM },
		{ "output", required_argument, NULL, 'o' },
		{ "timestamp", no_argument, NULL, OPT_TIMESTAMP },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, optstring, options, NULL)) != -1) {
		switch (c) {
		case 'h':
			return help();
		case 'J':
			args->json = true;
			break;
		case OPT_MECHANISM:
			args->mechanisms = optarg;
			break;
		case 'o':
			args->columns = optarg;
			break;
		case OPT_TIMESTAMP:
			args->timestamp = true;
			break;
		case 'V':
			puts("ipcstat " IPCSTAT_VERSION);
			return EXIT_SUCCESS;
		case 'y':
			args->omit_first = true;
			break;
		case 'z':
			args->hide_idle = true;
			break;
		default:
			return bad_option(c, argv, optstring);
		}
	}
	argv += optind;
	argc -= optind;
	if (argc > 0 &&
	    !parse_number(argv[0], "DELAY",
			  "not a DELAY in whole seconds, and not a command as the first word",
			  &args->delay))
		return EXIT_BAD_ARGS;
	if (argc > 1 && !parse_number(argv[1], "COUNT", "not a COUNT of reports", &args->count))
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

/* All columns and all rows that the module has, by the names it sends. */
static void list_names(const struct nl_rows *rows, struct names *columns, struct names *mechanisms)
{
	names_add(columns, KEY_COLUMN);
	for (unsigned int i = 0; i < rows->nr; i++) {
		const struct nl_row *row = &rows->row[i];

		names_add(mechanisms, row->name);
		for (unsigned int j = 0; j < row->nr; j++)
			if (!names_have(columns, row->counter[j].name))
				names_add(columns, row->counter[j].name);
	}
}

/* What the arguments ask for, of that what the module has. */
static bool choose_all(const struct arguments *args, const struct nl_rows *rows,
		       struct report *report)
{
	struct names columns = { 0 }, mechanisms = { 0 }, usual = { 0 };
	bool good = true;

	list_names(rows, &columns, &mechanisms);
	if (args->mechanisms)
		good = names_choose(args->mechanisms, "mechanism", &mechanisms,
				    &report->mechanisms);
	if (good && args->columns && strcmp(args->columns, "all")) {
		good = names_choose(args->columns, "column", &columns, &report->columns);
	} else {
		names_split(&usual, DEFAULT_COLUMNS);
		for (unsigned int i = 0; i < columns.nr; i++)
			if (args->json || args->columns || names_have(&usual, columns.name[i]))
				names_add(&report->columns, columns.name[i]);
	}
	names_free(&columns);
	names_free(&mechanisms);
	names_free(&usual);
	return good;
}

int cmd_show(int argc, char **argv)
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
	report.json = args.json;
	report.timestamp = args.timestamp;
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
