// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "common/cli.h"

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

/* Filters as the module does. */
static bool passes(const struct nl_flow_filter *filter, const struct nl_flow *flow)
{
	if (flow->other)
		return !filter->pid && !filter->has_id && !filter->bytes;
	return (!filter->pid || flow->pid == filter->pid) &&
	       (!filter->has_id || (flow->has_id && flow->id == filter->id)) &&
	       flow->value[NL_BYTES].value >= filter->bytes;
}

static bool has_name(const struct nl_flow *flow, const char *comm)
{
	return !comm || (!flow->other && !strcmp(flow->comm, comm));
}

/* Without peers the module has filtered all but the names, which it cannot. */
static void choose(struct nl_flows *flows, const struct flow_args *args, bool peers)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < flows->nr; i++) {
		struct nl_flow *flow = &flows->flow[i];

		flow->only_peer = !has_name(flow, args->comm) ||
				  (peers && !passes(&args->filter, flow));
		if (flow->only_peer && !peers)
			continue;
		/* A process may call itself anything. */
		make_printable(flow->comm);
		flows->flow[nr++] = *flow;
	}
	flows->nr = nr;
}

int flow_args_ask(struct nl *nl, const struct flow_args *args, bool peers, struct nl_flows *flows)
{
	const struct nl_flow_filter all = { .mech = args->filter.mech };
	int status = check_mechanism(nl, args->filter.mech);

	if (status)
		return status;
	if (nl_get_flows(nl, peers ? &all : &args->filter, flows)) {
		warnx("%s", nl_error(nl));
		return EXIT_FAILURE;
	}
	if (flows->changed)
		warnx("flows were evicted while they were read: some are counted twice");
	choose(flows, args, peers);
	return EXIT_SUCCESS;
}
