// SPDX-License-Identifier: GPL-2.0-only
/* ipcstat limits: how near each mechanism is to its limits, and what raises them. */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cli.h"
#include "common/json.h"
#include "ipcstat/commands.h"
#include "ipcstat/ipcstat.h"
#include "ipcstat/output.h"
#include "ipcstat/table.h"
#include "ipcstat/who/objects.h"
#include "read.h"

#define NEAR_PERCENT 80

static const struct {
	const char *name;
	void (*read)(struct limits *limits);
} mechanisms[] = {
	{ "pipe", limits_pipe },
	{ "sysv_msg", limits_sysv_msg },
	{ "posix_mq", limits_posix_mq },
	{ "sysv_shm", limits_sysv_shm },
	{ "posix_shm", limits_posix_shm },
	{ "sysv_sem", limits_sysv_sem },
	{ "signal", limits_signal },
	{ "unix_dgram", limits_unix_dgram },
	{ "tcp", limits_tcp },
	{ "udp", limits_udp },
	{ "socket", limits_socket },
	{ "file", limits_file },
	{ "ipcstat", limits_ipcstat },
};

#define NR_MECHANISMS (sizeof(mechanisms) / sizeof(mechanisms[0]))

/* ---- what is used ---- */

static bool is_used(const struct limit *limit)
{
	return limit->use.kind == AMOUNT_VALUE || limit->use.kind == AMOUNT_AT_LEAST;
}

/* False: it is not known, or there is no limit. */
static bool percent_of(const struct limit *limit, double *percent)
{
	if (!is_used(limit) || limit->max.kind != AMOUNT_VALUE)
		return false;
	*percent = limit->max.value ? 100.0 * (double)limit->use.value / (double)limit->max.value
				    : 100.0; /* nothing can be had */
	return true;
}

static bool is_near(const struct limit *limit)
{
	double percent;

	return percent_of(limit, &percent) && percent >= NEAR_PERCENT;
}

/* ---- the user, namespace or mount of a limit ---- */

/* The name of the user whose share of a user's limits the kernel tells us; to be freed. */
static char *our_user(void)
{
	const struct nl_flow ours = { .has_uid = true, .uid = getuid() };

	return flow_user(&ours);
}

/* The inode of this process's namespace. Returns false if it is unknown. */
static bool our_namespace(const char *kind, uint64_t *inode)
{
	char *path = format("/proc/self/ns/%s", kind);
	struct stat st;
	bool known = !stat(path, &st);

	if (known)
		*inode = st.st_ino;
	free(path);
	return known;
}

/* As its link in /proc/PID/ns says: "ipc:[4026531839]"; to be freed. */
static char *namespace_name(const char *kind)
{
	uint64_t inode;

	return our_namespace(kind, &inode) ? format("%s:[%" PRIu64 "]", kind, inode)
					   : format("%s:[?]", kind);
}

/* The user of a limit of scope "user"; to be freed. */
static char *user_of(const struct limit *limit)
{
	return limit->user ? format("%s", limit->user) : our_user();
}

/* Which of the users, namespaces or mounts the limit is of; NULL: the scope has one only. */
static char *scope_name(const struct limit *limit)
{
	if (!strcmp(limit->scope, "user"))
		return user_of(limit);
	if (!strcmp(limit->scope, "ipc-ns"))
		return namespace_name("ipc");
	if (!strcmp(limit->scope, "mount"))
		return format("/dev/shm");
	return NULL;
}

/* One word: "user:root", "ipc:[4026531839]", "mount:/dev/shm", "system". */
static void scope_cell(struct table *table, const struct limit *limit)
{
	char *name = scope_name(limit);

	if (!name || !strcmp(limit->scope, "ipc-ns"))
		table_cell(table, "%s", name ? name : limit->scope);
	else
		table_cell(table, "%s:%s", limit->scope, name);
	free(name);
}

/* ---- text ---- */

static void amount_cell(struct table *table, const struct amount *amount)
{
	switch (amount->kind) {
	case AMOUNT_VALUE:
		table_cell(table, "%" PRIu64, amount->value);
		break;
	case AMOUNT_AT_LEAST:
		table_cell(table, ">=%" PRIu64, amount->value);
		break;
	case AMOUNT_NONE:
		table_cell(table, "-");
		break;
	case AMOUNT_UNLIMITED:
		table_cell(table, "unlimited");
		break;
	default:
		table_cell(table, "?");
	}
}

/* Rounded down, what reads 79% has no hint; and no more than fits. */
static uint64_t whole(double percent)
{
	return percent < 1e18 ? (uint64_t)percent : (uint64_t)1e18;
}

static void percent_cell(struct table *table, const struct limit *limit)
{
	double percent;

	if (percent_of(limit, &percent))
		table_cell(table, "%s%" PRIu64 "%%", limit->use.kind == AMOUNT_AT_LEAST ? ">=" : "",
			   whole(percent));
	else if (limit->use.kind == AMOUNT_NONE || limit->max.kind == AMOUNT_UNLIMITED)
		table_cell(table, "-");
	else
		table_cell(table, "?");
}

static void print_hint(const struct limit *limit, bool color)
{
	char *user = strcmp(limit->scope, "user") ? NULL : user_of(limit);

	printf("%s%s %s: %" PRIu64 " of %" PRIu64 " %s%s%s%s; to raise it: %s%s%s%s\n",
	       color ? color_code(MARK_TROUBLE) : "", limit->mech, limit->name, limit->use.value,
	       limit->max.value, limit->unit, user ? " of user " : "", user ? user : "",
	       color ? color_code(MARK_NONE) : "", limit->change, limit->note ? " (" : "",
	       limit->note ? limit->note : "", limit->note ? ")" : "");
	free(user);
}

static const struct column columns[] = {
	{ "mechanism", true, NULL },           { "limit", true, "limit,sysctl,change" },
	{ "use", false, "use,use_complete" },  { "max", false, "max,unlimited" },
	{ "use%", false, "percent" },          { "unit", true, NULL },
	{ "scope", true, "scope,scope_name" }, { 0 },
};

static bool is_of_network(const struct limit *limit)
{
	return limit->sysctl && !strncmp(limit->sysctl, "net.", 4) &&
	       !strcmp(limit->scope, "object");
}

/* Each socket is bounded by the limits of its network namespace: which one do we show? */
static void print_network(const struct limits *limits)
{
	char *name;
	bool any = false;

	for (unsigned int i = 0; i < limits->nr; i++)
		any |= is_of_network(&limits->limit[i]);
	if (!any)
		return;
	name = namespace_name("net");
	printf("limits of sockets are those of the network namespace %s\n", name);
	free(name);
}

static const char lack[] = "uses that only the module knows are ? or >=";

/* What is below the table. */
static void print_notes(const struct limits *limits, const char *why_no_module, bool color)
{
	print_network(limits);
	for (unsigned int i = 0; i < limits->nr; i++)
		if (is_near(&limits->limit[i]))
			print_hint(&limits->limit[i], color);
	limits_print_lost(limits);
	if (why_no_module && limits->lack_module)
		printf("%s: %s\n", lack, why_no_module);
}

static void print_text(const struct limits *limits, const struct output *output,
		       const char *why_no_module)
{
	struct table table = { 0 };

	table_columns(&table, columns);
	for (unsigned int i = 0; i < limits->nr; i++) {
		const struct limit *limit = &limits->limit[i];

		table_cell(&table, "%s", limit->mech);
		table_cell(&table, "%s", limit->name);
		amount_cell(&table, &limit->use);
		amount_cell(&table, &limit->max);
		percent_cell(&table, limit);
		if (is_near(limit))
			table_mark(&table, MARK_TROUBLE);
		table_cell(&table, "%s", limit->unit);
		scope_cell(&table, limit);
	}
	output_time(output, NULL, stdout);
	table_print(&table, output, stdout);
	if (!output->raw)
		print_notes(limits, why_no_module, output_in_color(output, stdout));
	else if (why_no_module && limits->lack_module)
		warnx("%s: %s", lack, why_no_module);
}

/* ---- JSON ---- */

static void json_amount(struct json *json, const char *key, const struct amount *amount)
{
	if (amount->kind == AMOUNT_VALUE || amount->kind == AMOUNT_AT_LEAST)
		json_number(json, key, amount->value);
	else if (amount->kind != AMOUNT_NONE)
		json_null(json, key);
}

static void print_limit(struct json *json, const struct limit *limit)
{
	char *name = scope_name(limit);
	double percent;

	json_open(json, NULL, '{');
	json_string(json, "mechanism", limit->mech);
	json_string(json, "limit", limit->name);
	json_amount(json, "use", &limit->use);
	if (is_used(limit))
		json_bool(json, "use_complete", limit->use.kind == AMOUNT_VALUE);
	json_amount(json, "max", &limit->max);
	json_bool(json, "unlimited", limit->max.kind == AMOUNT_UNLIMITED);
	if (percent_of(limit, &percent))
		json_real(json, "percent", percent);
	else if (limit->use.kind != AMOUNT_NONE)
		json_null(json, "percent");
	json_string(json, "unit", limit->unit);
	json_string(json, "scope", limit->scope);
	if (name)
		json_string(json, "scope_name", name);
	else
		json_null(json, "scope_name");
	if (limit->sysctl)
		json_string(json, "sysctl", limit->sysctl);
	else
		json_null(json, "sysctl");
	json_string(json, "change", limit->change);
	json_close(json, '}');
	free(name);
}

/* The user and the namespaces whose shares these are: those of this process. */
static void print_whose(struct json *json)
{
	static const struct {
		const char *key, *kind;
	} namespaces[] = {
		{ "ipc_namespace", "ipc" },
		{ "network_namespace", "net" },
		{ "user_namespace", "user" },
	};
	char *user = our_user();
	uint64_t inode;

	json_string(json, "user", user);
	json_number(json, "uid", getuid());
	for (size_t i = 0; i < sizeof(namespaces) / sizeof(namespaces[0]); i++) {
		if (our_namespace(namespaces[i].kind, &inode))
			json_number(json, namespaces[i].key, inode);
		else
			json_null(json, namespaces[i].key);
	}
	free(user);
}

static void print_json(const struct limits *limits, const struct output *output,
		       const char *why_no_module)
{
	struct json json = { 0 };

	json_open(&json, NULL, '{');
	json_bool(&json, "module", !why_no_module);
	print_whose(&json);
	output_time_json(output, NULL, &json);
	json_open(&json, "limits", '[');
	output_begin_rows(output, &json);
	for (unsigned int i = 0; i < limits->nr; i++)
		print_limit(&json, &limits->limit[i]);
	output_end_rows(&json);
	json_close(&json, ']');
	json_close(&json, '}');
}

/* ---- the command ---- */

static void add_operands(const struct syntax *syntax, struct names *words)
{
	(void)syntax;
	for (size_t i = 0; i < NR_MECHANISMS; i++)
		names_add(words, mechanisms[i].name);
}

static bool choose(int argc, char **argv, struct names *chosen)
{
	struct names all = { 0 };
	bool good = true;

	add_operands(&limits_syntax, &all);
	for (int i = 0; good && i < argc; i++)
		good = names_choose(argv[i], "mechanism with limits", &all, chosen);
	names_free(&all);
	return good;
}

/* Returns why the module does not tell, or NULL. */
static const char *ask_module(struct nl **nl, struct limits *limits)
{
	const struct {
		const char *name;
		struct amount *amount;
	} quotas[] = {
		{ "pipe_user_pages", &limits->user_pages },
		{ "mqueue_ns_queues", &limits->ns_queues },
		{ "mqueue_user_bytes", &limits->user_bytes },
	};
	const char *why = NULL;
	struct nl_info info;

	if (nl_open(nl) || nl_get_info(*nl, &info))
		return nl_error(*nl);
	for (size_t i = 0; i < sizeof(quotas) / sizeof(quotas[0]); i++) {
		const struct nl_counter *used =
			nl_find_in(info.quota, info.nr_quotas, quotas[i].name);

		if (used && used->kind == NL_VALUE)
			*quotas[i].amount = amount_of(used->value);
		else
			why = "the loaded module is older than this tool: run `ipcstat unload` and `ipcstat load`";
	}
	nl_free_info(&info);
	/* An older module has no shares. */
	limits->knows_shares = !nl_get_shares(*nl, &limits->shares);
	if (!limits->knows_shares && !why)
		why = nl_error(*nl);
	return why;
}

static int cmd_limits(int argc, char **argv)
{
	struct output output = { 0 };
	struct names chosen = { 0 };
	struct limits limits = { 0 };
	const char *why_no_module;
	struct nl *nl = NULL;
	int status;

	status = output_parse(argc, argv, &limits_syntax, &output, NULL);
	if (status >= 0)
		goto done;
	status = EXIT_BAD_ARGS;
	if (!output_choose(&output, columns) || !choose(argc - optind, argv + optind, &chosen))
		goto done;
	why_no_module = ask_module(&nl, &limits);
	for (size_t i = 0; i < NR_MECHANISMS; i++)
		if (!chosen.nr || names_have(&chosen, mechanisms[i].name))
			mechanisms[i].read(&limits);
	(output.json ? print_json : print_text)(&limits, &output, why_no_module);
	status = EXIT_SUCCESS;
done:
	output_free(&output);
	limits_free(&limits);
	names_free(&chosen);
	nl_end(nl);
	return status;
}

const struct syntax limits_syntax = {
	.command = "limits",
	.args = "[OPTION|MECH]...",
	.what = "how near each mechanism is to its limits",
	.run = cmd_limits,
	.opts = { OUTPUT_OPTS },
	.takes_operands = true,
	.operands = add_operands,
	.table = columns,
};
