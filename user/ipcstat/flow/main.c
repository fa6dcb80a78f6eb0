// SPDX-License-Identifier: GPL-2.0-only
/* ipcstat flows: who moves what through which object. */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "common/cli.h"
#include "common/json.h"
#include "ipcstat/commands.h"
#include "ipcstat/ipcstat.h"
#include "ipcstat/output.h"
#include "table.h"

struct arguments {
	struct flow_view view;
	struct flow_args flows;
	struct output output;
};

/* An inode, or an identifier of System V: these begin with 0, and programs use -1 by mistake. */
static int parse_object(const char *arg, struct nl_flow_filter *filter)
{
	bool negative = *arg == '-';

	filter->has_id =
		parse_number(arg + negative, negative ? INT32_MAX : UINT64_MAX, &filter->id);
	if (negative)
		filter->id = -filter->id;
	if (filter->has_id)
		return 0;
	warnx("invalid object '%s': it is no number: give an inode or an identifier, for example 1234",
	      arg);
	return EXIT_BAD_ARGS;
}

/* 0, EXIT_BAD_ARGS and a line, or -1: none of ours */
static int parse_option(int c, struct arguments *args)
{
	int status;

	switch (c) {
	case OPT_BY:
		return flow_view_by(&args->view, optarg) ? 0 : EXIT_BAD_ARGS;
	case OPT_OBJECT:
		return parse_object(optarg, &args->flows.filter);
	case OPT_SORT:
		return flow_view_sort(&args->view, optarg) ? 0 : EXIT_BAD_ARGS;
	default:
		status = flow_option(c, &args->flows);
		return status < 0 ? output_option(c, &args->output) : status;
	}
}

static int parse_arguments(int argc, char **argv, struct arguments *args)
{
	int c, status;

	while ((c = opt_next(argc, argv, &flows_syntax)) != -1) {
		if (c == 'h')
			return opt_help(&flows_syntax);
		status = parse_option(c, args);
		if (status)
			return status > 0 ? status : opt_bad(c, argv, &flows_syntax);
	}
	if (optind == argc)
		return flow_view_choose(&args->view, &args->output) ? -1 : EXIT_BAD_ARGS;
	warnx("%s: `ipcstat flows` takes on, off, or options; see `ipcstat flows -h`",
	      argv[optind]);
	return EXIT_BAD_ARGS;
}

/* ---- */

static void print_json(const struct flow_lines *lines, const struct output *output,
		       const struct nl_flow_state *state)
{
	struct json json = { 0 };

	json_open(&json, NULL, '{');
	flow_lines_json(lines, output, &json);
	json_number(&json, "max_flows", state->max);
	json_number(&json, "used", state->used);
	json_number(&json, "evicted", state->evicted);
	json_close(&json, '}');
}

static void show(const struct nl_flows *flows, const struct nl_flow_state *state,
		 const struct arguments *args)
{
	struct flow_lines *lines = flow_lines_new(flows, &args->view);

	if (args->output.json)
		print_json(lines, &args->output, state);
	else
		flow_lines_print(lines, &args->output, stdout);
	flow_lines_free(lines);
}

static int ask(struct nl *nl, const struct arguments *args)
{
	struct nl_flow_state state = { 0 };
	struct nl_flows flows = { 0 };
	int status;

	status = flow_args_ask(nl, &args->flows, args->view.by == FLOW_BY_PAIR, &flows);
	if (!status && nl_get_flow_state(nl, &state)) {
		warnx("%s", nl_error(nl));
		status = EXIT_FAILURE;
	}
	if (!status)
		show(&flows, &state, args);
	nl_free_flows(&flows);
	return status;
}

/* flows on [ENTRIES], flows off */
static int switch_flows(int argc, char **argv)
{
	bool on = !strcmp(argv[1], "on");
	struct nl_flow_state state;
	uint64_t max = on ? DEFAULT_FLOWS : 0;
	struct nl *nl;
	int status = EXIT_FAILURE;

	if (argc > (on ? 3 : 2)) {
		warnx("%s: `ipcstat flows %s` takes no such argument", argv[on ? 3 : 2], argv[1]);
		return EXIT_BAD_ARGS;
	}
	if (argc > 2 && (!parse_number(argv[2], UINT32_MAX, &max) || !max)) {
		warnx("%s: no number of flows: 16 to 4194304", argv[2]);
		return EXIT_BAD_ARGS;
	}
	if (nl_open(&nl) || nl_set_flows(nl, (uint32_t)max, &state))
		warnx("%s", nl_error(nl));
	else
		status = EXIT_SUCCESS;
	nl_end(nl);
	return status;
}

static int cmd_flows(int argc, char **argv)
{
	struct arguments args = { 0 };
	struct nl *nl = NULL;
	int status;

	if (argc > 1 && (!strcmp(argv[1], "on") || !strcmp(argv[1], "off")))
		return switch_flows(argc, argv);
	status = parse_arguments(argc, argv, &args);
	if (status >= 0)
		goto done;
	status = EXIT_FAILURE;
	if (nl_open(&nl))
		warnx("%s", nl_error(nl));
	else
		status = ask(nl, &args);
done:
	output_free(&args.output);
	nl_end(nl);
	return status;
}

static void add_operands(const struct syntax *syntax, struct names *words)
{
	(void)syntax;
	names_add(words, "on");
	names_add(words, "off");
}

static const struct opt opts[] = {
	{ OPT_BY, "by", "WHAT", FLOW_BY_HELP, flow_add_groupings },
	{ OPT_SORT, "sort", "NUMBER", FLOW_SORT_HELP, flow_add_sorts },
	{ OPT_OBJECT, "object", "ID", "only at the object with this inode or identifier", NULL },
	{ 0 },
};

const struct syntax flows_syntax = {
	.command = "flows",
	.args = "[on|off|OPTION]...",
	.what = "who moves what through which object",
	.run = cmd_flows,
	.opts = { opts, flow_opts, min_bytes_opt, OUTPUT_OPTS },
	.takes_operands = true,
	.operands = add_operands,
	.columns = flow_add_columns,
	.more = "Columns of names are those of the grouping. `ipcstat flows on [ENTRIES]` turns\n"
		"flows on, with room for so many, and `ipcstat flows off` off.",
};
