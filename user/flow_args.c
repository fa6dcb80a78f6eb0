// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "flow_args.h"

bool parse_number(const char *arg, uint64_t max, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(arg, &end, 10);
	return isdigit((unsigned char)*arg) && !*end && !errno && *number <= max;
}

const struct opt flow_opts[] = {
	{ 'p', "pid", "PID", "only of this process", NULL },
	{ 'C', "comm", "COMM", "only of processes of this name", NULL },
	{ OPT_MECHANISM, "mechanism", "NAME", "only in this mechanism", add_mechanisms },
	{ 0 },
};

const struct opt min_bytes_opt[] = {
	{ OPT_MIN_BYTES, "min-bytes", "N", "only flows of so many bytes at least", NULL },
	{ 0 },
};

int flow_option(int c, struct flow_args *args)
{
	uint64_t number;

	switch (c) {
	case 'C':
		args->comm = optarg;
		return 0;
	case 'p':
		if (!parse_number(optarg, INT32_MAX, &number) || !number) {
			warnx("%s: no process has that number", optarg);
			return EXIT_BAD_ARGS;
		}
		args->filter.pid = (uint32_t)number;
		return 0;
	case OPT_MECHANISM:
		args->filter.mech = optarg;
		return 0;
	case OPT_MIN_BYTES:
		if (parse_number(optarg, UINT64_MAX, &args->filter.bytes))
			return 0;
		warnx("%s: no number of bytes", optarg);
		return EXIT_BAD_ARGS;
	default:
		return -1;
	}
}

int check_mechanism(struct nl *nl, const char *mech)
{
	struct names all = { 0 }, chosen = { 0 };
	struct nl_rows rows = { 0 };
	int status = EXIT_SUCCESS;

	if (!mech)
		return EXIT_SUCCESS;
	if (nl_get_rows(nl, NULL, &rows)) {
		warnx("%s", nl_error(nl));
		return EXIT_FAILURE;
	}
	for (unsigned int i = 0; i < rows.nr; i++)
		names_add(&all, rows.row[i].name);
	nl_free_rows(&rows);
	if (!names_choose(mech, "mechanism", &all, &chosen)) {
		status = EXIT_BAD_ARGS;
	} else if (chosen.nr > 1) {
		warnx("%s: only one mechanism can be named here", mech);
		status = EXIT_BAD_ARGS;
	}
	names_free(&all);
	names_free(&chosen);
	return status;
}

static void choose(struct nl_flows *flows, const char *comm)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < flows->nr; i++) {
		if (comm && (flows->flow[i].other || strcmp(flows->flow[i].comm, comm)))
			continue;
		flows->flow[nr] = flows->flow[i];
		/* Anybody may call himself anything. */
		make_printable(flows->flow[nr++].comm);
	}
	flows->nr = nr;
}

int flow_args_ask(struct nl *nl, const struct flow_args *args, struct nl_flows *flows)
{
	int status = check_mechanism(nl, args->filter.mech);

	if (status)
		return status;
	if (nl_get_flows(nl, &args->filter, flows)) {
		warnx("%s", nl_error(nl));
		return EXIT_FAILURE;
	}
	if (flows->changed)
		warnx("flows were evicted while they were read: some are counted twice");
	choose(flows, args->comm);
	return EXIT_SUCCESS;
}
