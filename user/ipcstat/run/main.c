// SPDX-License-Identifier: GPL-2.0-only
/* ipcstat run: the IPC of a command and of all that it starts. */
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "command.h"
#include "common/cli.h"
#include "common/json.h"
#include "ipcstat/commands.h"
#include "ipcstat/flow/args.h"
#include "ipcstat/flow/hold.h"
#include "ipcstat/flow/table.h"
#include "ipcstat/ipcstat.h"
#include "ipcstat/output.h"
#include "ipcstat/who/objects.h"
#include "user.h"

struct arguments {
	struct flow_view view;
	uint32_t max_flows; /* 0: as many as there are, or as usual */
	const char *file;   /* or NULL: the standard error */
	const char *user;   /* as given; or NULL */
	struct output output;
	char **command;
};

/* What must not change meanwhile, or something is missing. */
struct state {
	uint64_t since, missed;
	struct nl_flow_state flows;
	uint64_t other; /* of all flows that are not shown, all numbers */
};

struct run {
	const struct arguments *args;
	struct run_user user;
	struct nl *nl;
	struct run_cgroup cgroup;
	struct flow_hold hold;
	FILE *out;
	struct state before;
	struct run_end end;
	/* At the end: */
	struct nl_flows flows;
	unsigned int processes; /* that these are of */
	bool incomplete;        /* numbers may be too low */
};

/* ---- reading ---- */

static uint64_t sum_of_others(const struct nl_flows *flows)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < flows->nr; i++)
		for (int j = 0; flows->flow[i].other && j < NL_FLOW_VALUES; j++)
			sum += flows->flow[i].value[j].value;
	return sum;
}

/* First the flows, so that what makes room meanwhile is noticed. */
static int read_state(struct nl *nl, struct nl_flows *flows, struct state *state)
{
	static const struct nl_flow_filter all;
	struct nl_info info;
	int err;

	err = nl_get_flows(nl, &all, flows);
	if (err)
		return err;
	err = nl_get_flow_state(nl, &state->flows);
	if (!err)
		err = nl_get_info(nl, &info);
	if (err) {
		nl_free_flows(flows);
		return err;
	}
	state->since = info.since;
	state->missed = info.missed;
	state->other = sum_of_others(flows);
	nl_free_info(&info);
	return 0;
}

/* Made after the command's, and gone: it may have been one of the command's. */
static bool may_be_lost(const struct run_cgroup *cgroup, const struct nl_flow *flow)
{
	return cgroup->inner && flow->cgroup > cgroup->id && flow_cgroup_is_gone(flow);
}

/* Why numbers may be too low, to be freed; NULL: they are not. */
static char *why_incomplete(const struct state *before, const struct state *now, bool lost)
{
	if (now->since != before->since || now->flows.max != before->flows.max ||
	    now->flows.evicted < before->flows.evicted || now->flows.used < before->flows.used)
		return format("flows were turned off, and on again, meanwhile");
	if (now->missed != before->missed)
		return format("%" PRIu64 " events were missed (see `ipcstat hooks`)",
			      now->missed - before->missed);
	if (now->flows.evicted != before->flows.evicted)
		return format("%" PRIu64
			      " flows had to make room for others: give them more (--max-flows)",
			      now->flows.evicted - before->flows.evicted);
	if (now->other != before->other)
		return format("there were flows that this user may not see: run this as root");
	if (lost)
		return format("cgroups that the command may have made are gone");
	return NULL;
}

static int by_process(const void *a, const void *b)
{
	const struct nl_flow *x = a, *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return x->start_ns < y->start_ns ? -1 : x->start_ns > y->start_ns;
}

/* Leaves those of the command. */
static void choose(struct run *run, bool *lost)
{
	struct nl_flows *flows = &run->flows;
	unsigned int nr = 0;

	for (unsigned int i = 0; i < flows->nr; i++) {
		struct nl_flow *flow = &flows->flow[i];

		if (flow->other)
			continue;
		if (!run_cgroup_has(&run->cgroup, flow->cgroup)) {
			*lost |= may_be_lost(&run->cgroup, flow);
			continue;
		}
		make_printable(flow->comm);
		flows->flow[nr++] = *flow;
	}
	flows->nr = nr;
	if (nr)
		qsort(flows->flow, nr, sizeof(*flows->flow), by_process);
	run->processes = 0;
	for (unsigned int i = 0; i < nr; i++)
		if (!i || by_process(&flows->flow[i - 1], &flows->flow[i]))
			run->processes++;
}

static int read_end(struct run *run)
{
	bool lost = false;
	struct state now;
	char *why;

	if (read_state(run->nl, &run->flows, &now)) {
		warnx("no numbers: %s", nl_error(run->nl));
		return -1;
	}
	choose(run, &lost);
	why = why_incomplete(&run->before, &now, lost);
	run->incomplete = why;
	if (why)
		warnx("numbers may be too low: %s", why);
	free(why);
	return 0;
}

/* ---- printing ---- */

static const char *processes(unsigned int nr)
{
	return nr == 1 ? "process" : "processes";
}

static void print_text(const struct run *run, const struct flow_lines *lines, bool stays)
{
	const struct run_cgroup *cgroup = &run->cgroup;

	flow_lines_print(lines, &run->args->output, run->out);
	if (run->args->output.raw)
		return;
	fprintf(run->out, "\n%s%u %s with IPC, %.3f seconds\n", run->incomplete ? ">=" : "",
		run->processes, processes(run->processes), (double)run->end.time_ns / 1e9);
	if (cgroup->processes)
		fprintf(run->out, "%u %s of it still there\n", cgroup->processes,
			processes(cgroup->processes));
	if (stays)
		fprintf(run->out, "its cgroup stays: %s\n", cgroup->path);
}

static void print_json(const struct run *run, const struct flow_lines *lines, bool stays)
{
	struct json json = { .out = run->out };
	char *path;

	json_open(&json, NULL, '{');
	flow_lines_json(lines, &run->args->output, &json);
	json_bool(&json, "complete", !run->incomplete);
	json_number(&json, "processes", run->processes);
	json_real(&json, "seconds", (double)run->end.time_ns / 1e9);
	json_number(&json, "status", (uint64_t)run->end.status);
	json_number(&json, "running", run->cgroup.processes);
	if (stays) {
		path = format("%s", run->cgroup.path);
		make_printable(path);
		json_string(&json, "cgroup", path);
		free(path);
	} else {
		json_null(&json, "cgroup");
	}
	json_close(&json, '}');
}

/* With the cgroup there still, so that it has a name. */
static void report(struct run *run)
{
	struct flow_view view = run->args->view;
	struct flow_lines *lines;
	bool stays;

	run_cgroup_look(&run->cgroup);
	if (run->end.error || read_end(run)) {
		run_cgroup_remove(&run->cgroup);
		return;
	}
	view.at_least = run->incomplete;
	lines = flow_lines_new(&run->flows, &view);
	stays = !run_cgroup_remove(&run->cgroup);
	if (run->args->output.json)
		print_json(run, lines, stays);
	else
		print_text(run, lines, stays);
	flow_lines_free(lines);
	nl_free_flows(&run->flows);
}

/* ---- */

static int open_output(struct run *run)
{
	const char *name = run->args->file;
	int fd;

	if (name) {
		run->out = fopen(name, "we");
	} else {
		/* The standard error itself has no buffer. */
		fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
		run->out = fd >= 0 ? fdopen(fd, "w") : NULL;
	}
	if (run->out)
		return 0;
	warn("%s", name ? name : "the standard error");
	return -1;
}

static int prepare(struct run *run)
{
	struct nl_flows flows = { 0 };

	if (flow_hold(run->nl, run->args->max_flows, &run->hold))
		return -1;
	if (read_state(run->nl, &flows, &run->before)) {
		warnx("%s", nl_error(run->nl));
		return -1;
	}
	nl_free_flows(&flows);
	return open_output(run);
}

/* The exit status. */
static int run_in_cgroup(struct run *run)
{
	char **command = run->args->command;

	if (prepare(run) || run_command(command, &run->cgroup, &run->user, &run->end)) {
		run_cgroup_remove(&run->cgroup);
		return EXIT_FAILURE;
	}
	report(run);
	if (run->end.error)
		warnx("%s: %s", command[0], strerror(run->end.error));
	return run->end.status;
}

static int run_all(struct run *run)
{
	int status = EXIT_FAILURE;

	if (nl_open(&run->nl)) {
		warnx("%s", nl_error(run->nl));
	} else if (!run_cgroup_make(&run->cgroup)) {
		status = run_in_cgroup(run);
		run_cgroup_free(&run->cgroup);
		flow_release(run->nl, &run->hold);
	}
	nl_end(run->nl);
	if (run->out && (ferror(run->out) | fclose(run->out)))
		warn("cannot write the report");
	return status;
}

/* ---- arguments ---- */

/* 0, EXIT_BAD_ARGS and a line, or -1: none of ours */
static int parse_option(int c, struct arguments *args)
{
	uint64_t max;

	switch (c) {
	case 'o':
		args->file = optarg;
		if (*optarg)
			return 0;
		warnx("-o needs the name of a file");
		return EXIT_BAD_ARGS;
	case 'u':
		args->user = optarg;
		return 0;
	case OPT_BY:
		return flow_view_by(&args->view, optarg) ? 0 : EXIT_BAD_ARGS;
	case OPT_MAX_FLOWS:
		if (parse_number(optarg, UINT32_MAX, &max) && max) {
			args->max_flows = (uint32_t)max;
			return 0;
		}
		warnx("%s: no number of flows: 16 to 4194304", optarg);
		return EXIT_BAD_ARGS;
	case OPT_SORT:
		return flow_view_sort(&args->view, optarg) ? 0 : EXIT_BAD_ARGS;
	default:
		return output_option(c, &args->output);
	}
}

static int parse_arguments(int argc, char **argv, struct arguments *args)
{
	int c, status;

	while ((c = opt_next(argc, argv, &run_syntax)) != -1) {
		if (c == 'h')
			return opt_help(&run_syntax);
		status = parse_option(c, args);
		if (status)
			return status > 0 ? status : opt_bad(c, argv, &run_syntax);
	}
	args->command = argv + optind;
	if (optind < argc)
		return flow_view_choose(&args->view, &args->output) ? -1 : EXIT_BAD_ARGS;
	warnx("`ipcstat run` needs a command; see `ipcstat run -h`");
	return EXIT_BAD_ARGS;
}

static int cmd_run(int argc, char **argv)
{
	struct arguments args = { 0 };
	struct run run = { .args = &args, .hold = { .lock = -1 } };
	int status;

	flow_view_by(&args.view, "mechanism");
	status = parse_arguments(argc, argv, &args);
	if (status < 0) {
		status = run_user_find(args.user, &run.user);
		if (!status)
			status = run_all(&run);
		run_user_free(&run.user);
	}
	output_free(&args.output);
	return status;
}

static void add_users(const struct syntax *syntax, struct names *words)
{
	const struct passwd *entry;

	(void)syntax;
	while ((entry = getpwent()))
		names_add(words, entry->pw_name);
	endpwent();
}

static const struct opt opts[] = {
	{ 'o', "output", "FILE", "the report to this file, not to the standard error", NULL },
	{ 'u', "user", "USER",
	  "run the command as this user, a name or a number;\nthe default is the caller, of sudo if it is used",
	  add_users },
	{ OPT_BY, "by", "WHAT", FLOW_BY_HELP, flow_add_groupings },
	{ OPT_SORT, "sort", "NUMBER", FLOW_SORT_HELP, flow_add_sorts },
	{ OPT_MAX_FLOWS, "max-flows", "N", "turn flows on with room for so many", NULL },
	{ 0 },
};

const struct syntax run_syntax = {
	.command = "run",
	.args = "[OPTION]... -- CMD",
	.what = "the same of a command, and of all it starts",
	.run = cmd_run,
	.opts = { opts, table_opts, report_opts, time_format_opt },
	.takes_operands = true,
	.stops = true, /* what follows the command is the command's */
	.columns = flow_add_columns,
	.more = "Columns of names are those of the grouping.",
};
