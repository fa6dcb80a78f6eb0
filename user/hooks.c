// SPDX-License-Identifier: GPL-2.0-only
/* ipcstat hooks: where the kernel is watched, and what was missed there. */
#include <err.h>
#include <inttypes.h>
#include <stdlib.h>

#include "cli.h"
#include "json.h"
#include "nl.h"
#include "table.h"

/* A hook goes by the name that it has in this kernel. */
static void print_text(const struct nl_hooks *hooks)
{
	struct table table = { 0 };

	table_column(&table, true, "hook");
	table_column(&table, true, "kind");
	table_column(&table, true, "state");
	table_column(&table, false, "missed");
	table_column(&table, true, "feeds");
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
	table_print(&table, stdout);
}

static void print_json(const struct nl_hooks *hooks)
{
	struct json json = { 0 };

	json_open(&json, NULL, '{');
	json_open(&json, "hooks", '[');
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
	json_close(&json, ']');
	json_close(&json, '}');
}

int cmd_hooks(int argc, char **argv)
{
	struct nl_hooks hooks = { 0 };
	bool json = false;
	struct nl *nl;
	int status;

	status = parse_flags(argc, argv, &json, NULL, false);
	if (status >= 0)
		return status;
	status = EXIT_FAILURE;
	if (nl_open(&nl) || nl_get_hooks(nl, &hooks)) {
		warnx("%s", nl_error(nl));
	} else {
		(json ? print_json : print_text)(&hooks);
		status = EXIT_SUCCESS;
	}
	nl_free_hooks(&hooks);
	nl_end(nl);
	return status;
}
