// SPDX-License-Identifier: GPL-2.0-only
/* ipcstat flows: who moves what through which object. */
#include <err.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "flow_args.h"
#include "flow_table.h"
#include "json.h"
#include "nl.h"

struct arguments {
	struct flow_view view;
	struct flow_args flows;
	bool json;
};

static int parse_arguments(int argc, char **argv, struct arguments *args)
{
	enum {
		OPT_BY = FLOW_OPTIONS_END,
		OPT_OBJECT,
		OPT_SORT
	};
	static const char optstring[] = ":hJp:C:";
	static const struct option options[] = {
		FLOW_OPTIONS,
		{ "by", required_argument, NULL, OPT_BY },
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'J' },
		{ "object", required_argument, NULL, OPT_OBJECT },
		{ "sort", required_argument, NULL, OPT_SORT },
		{ NULL, 0, NULL, 0 },
	};
	int c, status;

	while ((c = getopt_long(argc, argv, optstring, options, NULL)) != -1) {
		switch (c) {
		case 'h':
			return help();
		case 'J':
			args->json = true;
			break;
		case OPT_BY:
			if (!flow_view_by(&args->view, optarg))
				return EXIT_BAD_ARGS;
			break;
		case OPT_OBJECT:
			if (parse_number(optarg, UINT64_MAX, &args->flows.filter.id) &&
			    args->flows.filter.id)
				break;
			warnx("%s: no object has that number: give its inode or identifier",
			      optarg);
			return EXIT_BAD_ARGS;
		case OPT_SORT:
			if (!flow_view_sort(&args->view, optarg))
				return EXIT_BAD_ARGS;
			break;
		default:
			status = flow_option(c, &args->flows);
			if (status)
				return status > 0 ? status : bad_option(c, argv, optstring);
		}
	}
	if (optind == argc)
		return -1;
	warnx("%s: `ipcstat flows` takes on, off, or options; see `ipcstat -h`", argv[optind]);
	return EXIT_BAD_ARGS;
}

/* ---- */

static void print_json(const struct flow_lines *lines, const struct nl_flow_state *state)
{
	struct json json = { 0 };

	json_open(&json, NULL, '{');
	flow_lines_json(lines, &json);
	json_number(&json, "max_flows", state->max);
	json_number(&json, "used", state->used);
	json_number(&json, "evicted", state->evicted);
	json_close(&json, '}');
}

static void show(const struct nl_flows *flows, const struct nl_flow_state *state,
		 const struct arguments *args)
{
	struct flow_lines *lines = flow_lines_new(flows, &args->view);

	if (args->json)
		print_json(lines, state);
	else
		flow_lines_print(lines, stdout);
	flow_lines_free(lines);
}

static int ask(struct nl *nl, const struct arguments *args)
{
	struct nl_flow_state state = { 0 };
	struct nl_flows flows = { 0 };
	int status;

	status = flow_args_ask(nl, &args->flows, &flows);
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

int cmd_flows(int argc, char **argv)
{
	struct arguments args = { 0 };
	struct nl *nl;
	int status;

	if (argc > 1 && (!strcmp(argv[1], "on") || !strcmp(argv[1], "off")))
		return switch_flows(argc, argv);
	status = parse_arguments(argc, argv, &args);
	if (status >= 0)
		return status;
	status = EXIT_FAILURE;
	if (nl_open(&nl))
		warnx("%s", nl_error(nl));
	else
		status = ask(nl, &args);
	nl_end(nl);
	return status;
}
