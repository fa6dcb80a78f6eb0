// SPDX-License-Identifier: GPL-2.0-only
/* ipcstat hooks: where the kernel is watched, and what was missed there. */
#include <err.h>
#include <inttypes.h>
#include <stdlib.h>

#include "commands.h"
#include "common/cli.h"
#include "common/json.h"
#include "ipcstat/ipcstat.h"
#include "output.h"
#include "table.h"

static const struct column columns[] = {
	{ "hook", true, "hook,symbol" },   { "kind", true, NULL },
	{ "state", true, "state,reason" }, { "missed", false, NULL },
	{ "feeds", true, "feeds,args" },   { 0 },
};

/* A hook goes by the name that it has in this kernel. */
static void print_text(const struct nl_hooks *hooks, const struct output *output)
{
	struct table table = { 0 };

	table_columns(&table, columns);
	for (unsigned int i = 0; i < hooks->nr; i++) {
		const struct nl_hook *hook = &hooks->hook[i];

		table_cell(&table, "%s", hook->symbol ? hook->symbol : hook->name);
		table_cell(&table, "%s", hook->kind);
		table_cell(&table, "%s", hook->state);
		table_cell(&table, "%" PRIu64, hook->missed);
		table_cell(&table, "%s%s%s%s", *hook->feeds ? hook->feeds : "-",
			   hook->reason ? " (" : "", hook->reason ? hook->reason : "",
			   hook->reason ? ")" : "");
	}
	output_time(output, NULL, stdout);
	table_print(&table, output, stdout);
}

static void print_json(const struct nl_hooks *hooks, const struct output *output)
{
	struct json json = { 0 };

	json_open(&json, NULL, '{');
	output_time_json(output, NULL, &json);
	json_open(&json, "hooks", '[');
	output_begin_rows(output, &json);
	for (unsigned int i = 0; i < hooks->nr; i++) {
		const struct nl_hook *hook = &hooks->hook[i];
		struct names feeds = { 0 };

		json_open(&json, NULL, '{');
		json_string(&json, "hook", hook->name);
		json_string(&json, "kind", hook->kind);
		json_string(&json, "state", hook->state);
		json_number(&json, "missed", hook->missed);
		if (hook->symbol)
			json_string(&json, "symbol", hook->symbol);
		if (hook->reason)
			json_string(&json, "reason", hook->reason);
		if (hook->args)
			json_number(&json, "args", hook->args);
		json_open(&json, "feeds", '[');
		if (*hook->feeds)
			names_split(&feeds, hook->feeds);
		for (unsigned int j = 0; j < feeds.nr; j++)
			json_string(&json, NULL, feeds.name[j]);
		names_free(&feeds);
		json_close(&json, ']');
		json_close(&json, '}');
	}
	output_end_rows(&json);
	json_close(&json, ']');
	json_close(&json, '}');
}

static int cmd_hooks(int argc, char **argv)
{
	struct output output = { 0 };
	struct nl_hooks hooks = { 0 };
	struct nl *nl = NULL;
	int status;

	status = output_parse(argc, argv, &hooks_syntax, &output, NULL);
	if (status < 0)
		status = output_choose(&output, columns) ? -1 : EXIT_BAD_ARGS;
	if (status >= 0)
		goto done;
	status = EXIT_FAILURE;
	if (nl_open(&nl) || nl_get_hooks(nl, &hooks)) {
		warnx("%s", nl_error(nl));
	} else {
		(output.json ? print_json : print_text)(&hooks, &output);
		status = EXIT_SUCCESS;
	}
done:
	output_free(&output);
	nl_free_hooks(&hooks);
	nl_end(nl);
	return status;
}

const struct syntax hooks_syntax = {
	.command = "hooks",
	.args = "[OPTION]...",
	.what = "where the kernel is watched, and what was missed",
	.run = cmd_hooks,
	.opts = { OUTPUT_OPTS },
	.table = columns,
};
