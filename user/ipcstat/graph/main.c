// SPDX-License-Identifier: GPL-2.0-only
/* ipcstat graph: flows as a picture. */
#include <err.h>
#include <stdlib.h>

#include "common/cli.h"
#include "common/draw.h"
#include "ipcstat/commands.h"
#include "ipcstat/flow/args.h"
#include "ipcstat/ipcstat.h"
#include "model.h"

struct arguments {
	struct flow_args flows;
	const char *svg; /* or NULL */
	bool bytes;
};

/* Returns the exit status. */
static int draw(const struct graph *graph, const struct arguments *args)
{
	static const char *const argv[] = { "dot", "-Tsvg", NULL };
	static const struct drawer dot_program = { "--svg", "graphviz", argv, false };
	char *dot = NULL;
	size_t size;
	FILE *out;
	int err;

	if (!args->svg) {
		graph_write(graph, stdout);
		return EXIT_SUCCESS;
	}
	out = must(open_memstream(&dot, &size));
	graph_write(graph, out);
	if (fclose(out))
		must(NULL);
	err = draw_write(&dot_program, dot, size, args->svg);
	free(dot);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int ask(struct nl *nl, const struct arguments *args, struct graph_source *found)
{
	int status = flow_args_ask(nl, &args->flows, true, &found->flows);

	if (!status && nl_get_sleepers(nl, &found->sleepers)) {
		warnx("%s", nl_error(nl));
		status = EXIT_FAILURE;
	}
	return status;
}

/* ---- */

/* 0, EXIT_BAD_ARGS and a line, or -1: none of ours */
static int parse_option(int c, struct arguments *args)
{
	if (c == 'b') {
		args->bytes = true;
		return 0;
	}
	if (c != OPT_SVG)
		return flow_option(c, &args->flows);
	args->svg = optarg;
	if (*optarg)
		return 0;
	warnx("--svg needs the name of a file");
	return EXIT_BAD_ARGS;
}

static int parse_arguments(int argc, char **argv, struct arguments *args)
{
	int c, status;

	while ((c = opt_next(argc, argv, &graph_syntax)) != -1) {
		if (c == 'h')
			return opt_help(&graph_syntax);
		status = parse_option(c, args);
		if (status)
			return status > 0 ? status : opt_bad(c, argv, &graph_syntax);
	}
	return opt_end(argc, argv, &graph_syntax);
}

static int cmd_graph(int argc, char **argv)
{
	struct arguments args = { 0 };
	struct graph_source found = { 0 };
	struct graph graph = { 0 };
	struct nl *nl;
	int status;

	status = parse_arguments(argc, argv, &args);
	if (status >= 0)
		return status;
	status = EXIT_FAILURE;
	if (nl_open(&nl))
		warnx("%s", nl_error(nl));
	else
		status = ask(nl, &args, &found);
	if (!status) {
		graph_build(&graph, &found, &args.flows);
		graph.bytes = args.bytes;
		status = draw(&graph, &args);
	}
	graph_free(&graph);
	graph_source_free(&found);
	nl_end(nl);
	return status;
}

static const struct opt opts[] = {
	{ 'b', "bytes", NULL, "sizes in bytes, not in KiB, MiB, and so on", NULL },
	{ OPT_SVG, "svg", "FILE", "draw it into this file", NULL },
	{ 0 },
};

const struct syntax graph_syntax = {
	.command = "graph",
	.args = "[OPTION]...",
	.what = "flows as a picture: Graphviz DOT, or SVG",
	.run = cmd_graph,
	.opts = { flow_opts, min_bytes_opt, opts },
};
