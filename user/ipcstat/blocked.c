// SPDX-License-Identifier: GPL-2.0-only
/* ipcstat blocked: who is asleep in a mechanism now, at what, and who could wake him. */
#include <ctype.h>
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "commands.h"
#include "common/cli.h"
#include "common/json.h"
#include "ipcstat/ipcstat.h"
#include "ipcstat/who/deadlock.h"
#include "ipcstat/who/wakers.h"
#include "output.h"
#include "table.h"

#define SHOWN_WAKERS 3
#define CONFIRM_MS 50 /* a deadlock lasts; what moves in this time is none */

struct arguments {
	const char *mechanisms; /* as given, or NULL */
	uint64_t longer_than_ns;
	struct output output;
};

/* What there is to tell. */
struct blocked {
	struct nl_sleepers sleepers;
	struct wakers *wakers; /* of each */
	struct cycles cycles;
	unsigned int nr;
	unsigned int *shown; /* by number, longest wait first */
};

static const struct column columns[] = {
	{ "pid", false, NULL },
	{ "tid", false, NULL },
	{ "comm", true, NULL },
	{ "mechanism", true, NULL },
	{ "direction", true, NULL },
	{ "object", true, NULL },
	{ "waited", false, "waited_ns" },
	{ "woken_by", true, "woken_by,woken_by_complete,timeout" },
	{ 0 },
};

/* 0, EXIT_BAD_ARGS and a line, or -1: none of ours */
static int parse_option(int c, struct arguments *args)
{
	switch (c) {
	case OPT_LONGER_THAN:
		if (parse_time(optarg, &args->longer_than_ns))
			return 0;
		warnx("%s: no time; write 1s, 500ms, 1.5m, 2h, 10us, or seconds", optarg);
		return EXIT_BAD_ARGS;
	case OPT_MECHANISM:
		args->mechanisms = optarg;
		return 0;
	default:
		return output_option(c, &args->output);
	}
}

static int parse_arguments(int argc, char **argv, struct arguments *args)
{
	int c, status;

	while ((c = opt_next(argc, argv, &blocked_syntax)) != -1) {
		if (c == 'h')
			return opt_help(&blocked_syntax);
		status = parse_option(c, args);
		if (status)
			return status > 0 ? status : opt_bad(c, argv, &blocked_syntax);
	}
	status = opt_end(argc, argv, &blocked_syntax);
	if (status < 0 && !output_choose(&args->output, columns))
		status = EXIT_BAD_ARGS;
	return status;
}

/* ---- asking ---- */

static bool still_asleep(const struct nl_sleepers *now, const struct nl_sleeper *task)
{
	for (unsigned int i = 0; i < now->nr; i++)
		if (now->task[i].pid == task->pid)
			return now->task[i].since_ns == task->since_ns;
	return false;
}

/* Deadlocks, among tasks that are asleep a little later as well. */
static int find_deadlocks(struct nl *nl, struct blocked *blocked)
{
	const struct nl_sleepers *sleepers = &blocked->sleepers;
	bool *dead = must(malloc(sleepers->nr + 1)), any = false;
	struct nl_sleepers later = { 0 };
	int err = 0;

	memset(dead, true, sleepers->nr + 1);
	deadlock_find(sleepers, blocked->wakers, dead);
	for (unsigned int i = 0; i < sleepers->nr; i++)
		any |= dead[i];
	if (any) {
		nanosleep(&(struct timespec){ .tv_nsec = CONFIRM_MS * 1000000L }, NULL);
		err = nl_get_sleepers(nl, &later);
		for (unsigned int i = 0; i < sleepers->nr; i++)
			dead[i] = dead[i] && still_asleep(&later, &sleepers->task[i]);
		deadlock_find(sleepers, blocked->wakers, dead);
		blocked->cycles = deadlock_cycles(sleepers, blocked->wakers, dead);
	}
	nl_free_sleepers(&later);
	free(dead);
	return err;
}

static bool exists(const struct nl_sleeper *task)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%u/task/%u", task->tgid, task->pid);
	return !task->pid || !stat(path, &st);
}

static const struct nl_sleepers *sorted;

static int longest_first(const void *a, const void *b)
{
	const struct nl_sleeper *x = &sorted->task[*(const unsigned int *)a];
	const struct nl_sleeper *y = &sorted->task[*(const unsigned int *)b];

	if (x->waited_ns != y->waited_ns)
		return x->waited_ns > y->waited_ns ? -1 : 1;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/* Those that the arguments ask for; and that have not ended meanwhile. */
static void choose(struct blocked *blocked, const struct arguments *args,
		   const struct names *mechanisms)
{
	blocked->shown = must(calloc(blocked->sleepers.nr + 1, sizeof(*blocked->shown)));
	for (unsigned int i = 0; i < blocked->sleepers.nr; i++) {
		const struct nl_sleeper *task = &blocked->sleepers.task[i];

		if (task->waited_ns >= args->longer_than_ns && exists(task) &&
		    (!mechanisms->nr || names_have(mechanisms, task->mech)))
			blocked->shown[blocked->nr++] = i;
	}
	sorted = &blocked->sleepers;
	qsort(blocked->shown, blocked->nr, sizeof(*blocked->shown), longest_first);
}

/* ---- printing ---- */

static char *wakers_text(const struct wakers *wakers, bool timeout)
{
	char *text = NULL, comm[32];
	size_t size;
	FILE *out = must(open_memstream(&text, &size));

	for (unsigned int i = 0; i < wakers->nr && i < SHOWN_WAKERS; i++) {
		read_comm(wakers->tgid[i], comm);
		fprintf(out, "%s%d (%s)", i ? ", " : "", wakers->tgid[i], comm);
	}
	if (wakers->nr > SHOWN_WAKERS)
		fprintf(out, ", +%u", wakers->nr - SHOWN_WAKERS);
	if (!wakers->known)
		fprintf(out, "?");
	else if (!wakers->complete)
		fprintf(out, "%s?", wakers->nr ? ", " : "");
	else if (!wakers->nr)
		fprintf(out, "nobody");
	if (timeout)
		fprintf(out, ", a timeout");
	fclose(out);
	return must(text);
}

static void print_cycle(const struct blocked *blocked, const struct cycle *cycle, bool color)
{
	printf("%sdeadlock:%s ", color ? color_code(MARK_TROUBLE) : "",
	       color ? color_code(MARK_NONE) : "");
	for (unsigned int i = 0; i < cycle->nr; i++) {
		const struct nl_sleeper *task = &blocked->sleepers.task[cycle->task[i]];

		printf("%u (%s) -> %s -> ", task->pid, task->comm,
		       blocked->wakers[cycle->task[i]].object);
	}
	printf("%u\n", blocked->sleepers.task[cycle->task[0]].pid);
}

/* What is below the table. */
static void print_notes(const struct blocked *blocked, bool color)
{
	if (blocked->sleepers.hidden)
		printf("%" PRIu64 " more, of other users\n", blocked->sleepers.hidden);
	for (unsigned int i = 0; i < blocked->cycles.nr; i++)
		print_cycle(blocked, &blocked->cycles.cycle[i], color);
}

static void print_text(const struct blocked *blocked, const struct output *output)
{
	struct table table = { 0 };
	char waited[32], *wakers;

	table_columns(&table, columns);
	for (unsigned int i = 0; i < blocked->nr; i++) {
		const struct nl_sleeper *task = &blocked->sleepers.task[blocked->shown[i]];

		time_text(task->waited_ns, waited);
		wakers = wakers_text(&blocked->wakers[blocked->shown[i]], task->timeout);
		table_cell(&table, "%u", task->tgid);
		table_cell(&table, "%u", task->pid);
		table_cell(&table, "%s", task->comm);
		table_cell(&table, "%s", task->mech);
		table_cell(&table, "%s", task->direction);
		table_cell(&table, "%s", blocked->wakers[blocked->shown[i]].object);
		table_cell(&table, "%s", waited);
		table_cell(&table, "%s", wakers);
		free(wakers);
	}
	output_time(output, NULL, stdout);
	table_print(&table, output, stdout);
	if (!output->raw)
		print_notes(blocked, output_in_color(output, stdout));
	else if (blocked->sleepers.hidden)
		warnx("%" PRIu64 " more, of other users", blocked->sleepers.hidden);
}

static void json_wakers(struct json *json, const struct wakers *wakers)
{
	char comm[32];

	if (!wakers->known) {
		json_null(json, "woken_by");
		return;
	}
	json_open(json, "woken_by", '[');
	for (unsigned int i = 0; i < wakers->nr; i++) {
		read_comm(wakers->tgid[i], comm);
		json_open(json, NULL, '{');
		json_number(json, "pid", (uint64_t)wakers->tgid[i]);
		json_string(json, "comm", comm);
		json_close(json, '}');
	}
	json_close(json, ']');
	json_bool(json, "woken_by_complete", wakers->complete);
}

static void json_task(struct json *json, const struct blocked *blocked, unsigned int nr)
{
	const struct nl_sleeper *task = &blocked->sleepers.task[nr];

	json_open(json, NULL, '{');
	json_number(json, "pid", task->tgid);
	json_number(json, "tid", task->pid);
	json_string(json, "comm", task->comm);
	json_string(json, "mechanism", task->mech);
	json_string(json, "direction", task->direction);
	if (*task->object)
		json_string(json, "object", blocked->wakers[nr].object);
	else
		json_null(json, "object");
	json_number(json, "waited_ns", task->waited_ns);
	json_bool(json, "timeout", task->timeout);
	json_wakers(json, &blocked->wakers[nr]);
	json_close(json, '}');
}

static void print_json(const struct blocked *blocked, const struct output *output)
{
	struct json json = { 0 };

	json_open(&json, NULL, '{');
	output_time_json(output, NULL, &json);
	json_open(&json, "blocked", '[');
	output_begin_rows(output, &json);
	for (unsigned int i = 0; i < blocked->nr; i++)
		json_task(&json, blocked, blocked->shown[i]);
	output_end_rows(&json);
	json_close(&json, ']');
	json_number(&json, "hidden", blocked->sleepers.hidden);
	json_open(&json, "deadlocks", '[');
	for (unsigned int i = 0; i < blocked->cycles.nr; i++) {
		const struct cycle *cycle = &blocked->cycles.cycle[i];

		json_open(&json, NULL, '[');
		for (unsigned int j = 0; j < cycle->nr; j++)
			json_task(&json, blocked, cycle->task[j]);
		json_close(&json, ']');
	}
	json_close(&json, ']');
	json_close(&json, '}');
}

/* ---- */

/* Returns the exit status. */
static int ask(struct nl *nl, const struct arguments *args, struct blocked *blocked)
{
	struct names all = { 0 }, chosen = { 0 };
	struct nl_rows rows = { 0 };
	int status = EXIT_FAILURE;

	if (nl_get_rows(nl, NULL, &rows))
		goto failed;
	for (unsigned int i = 0; i < rows.nr; i++)
		names_add(&all, rows.row[i].name);
	nl_free_rows(&rows);
	if (args->mechanisms && !names_choose(args->mechanisms, "mechanism", &all, &chosen)) {
		status = EXIT_BAD_ARGS;
		goto done;
	}
	if (nl_get_sleepers(nl, &blocked->sleepers))
		goto failed;
	blocked->wakers = wakers_find(&blocked->sleepers);
	if (find_deadlocks(nl, blocked))
		goto failed;
	/* Anybody may call himself, and his files, anything. */
	for (unsigned int i = 0; i < blocked->sleepers.nr; i++) {
		make_printable(blocked->sleepers.task[i].comm);
		make_printable(blocked->wakers[i].object);
	}
	choose(blocked, args, &chosen);
	(args->output.json ? print_json : print_text)(blocked, &args->output);
	status = EXIT_SUCCESS;
	goto done;
failed:
	warnx("%s", nl_error(nl));
done:
	names_free(&all);
	names_free(&chosen);
	return status;
}

static int cmd_blocked(int argc, char **argv)
{
	struct arguments args = { 0 };
	struct blocked blocked = { 0 };
	struct nl *nl = NULL;
	int status;

	status = parse_arguments(argc, argv, &args);
	if (status >= 0)
		goto done;
	status = EXIT_FAILURE;
	if (nl_open(&nl))
		warnx("%s", nl_error(nl));
	else
		status = ask(nl, &args, &blocked);
done:
	output_free(&args.output);
	wakers_free(blocked.wakers, blocked.sleepers.nr);
	deadlock_free(&blocked.cycles);
	nl_free_sleepers(&blocked.sleepers);
	free(blocked.shown);
	nl_end(nl);
	return status;
}

static const struct opt opts[] = {
	{ OPT_LONGER_THAN, "longer-than", "TIME", "only who has been asleep for so long: 1s, 500ms",
	  NULL },
	{ OPT_MECHANISM, "mechanism", "NAME,...", "only in these", add_mechanisms },
	{ 0 },
};

const struct syntax blocked_syntax = {
	.command = "blocked",
	.args = "[OPTION]...",
	.what = "who is asleep, at what, and who could wake him",
	.run = cmd_blocked,
	.opts = { opts, OUTPUT_OPTS },
	.table = columns,
};
