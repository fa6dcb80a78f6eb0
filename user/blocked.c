// SPDX-License-Identifier: GPL-2.0-only
/* ipcstat blocked: who is asleep in a mechanism now, at what, and who could wake him. */
#include <ctype.h>
#include <err.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cli.h"
#include "deadlock.h"
#include "json.h"
#include "nl.h"
#include "table.h"
#include "wakers.h"

#define SHOWN_WAKERS 3
#define CONFIRM_MS 50 /* a deadlock lasts; what moves in this time is none */

struct arguments {
	const char *mechanisms; /* as given, or NULL */
	uint64_t longer_than_ns;
	bool json;
};

/* What there is to tell. */
struct blocked {
	struct nl_sleepers sleepers;
	struct wakers *wakers; /* of each */
	struct cycles cycles;
	unsigned int nr;
	unsigned int *shown; /* by number, longest wait first */
};

static int parse_arguments(int argc, char **argv, struct arguments *args)
{
	enum {
		OPT_LONGER_THAN = 256,
		OPT_MECHANISM
	};
	static const char optstring[] = ":hJ";
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'J' },
		{ "longer-than", required_argument, NULL, OPT_LONGER_THAN },
		{ "mechanism", required_argument, NULL, OPT_MECHANISM },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, optstring, options, NULL)) != -1) {
		switch (c) {
		case 'h':
			return help();
		case 'J':
			args->json = true;
			break;
		case OPT_LONGER_THAN:
			if (parse_time(optarg, &args->longer_than_ns))
				break;
			warnx("%s: no time; write 1s, 500ms, 1.5m, 2h, 10us, or seconds", optarg);
			return EXIT_BAD_ARGS;
		case OPT_MECHANISM:
			args->mechanisms = optarg;
			break;
		default:
			return bad_option(c, argv, optstring);
		}
	}
	if (optind == argc)
		return -1;
	warnx("%s: `ipcstat blocked` takes no such argument; see `ipcstat -h`", argv[optind]);
	return EXIT_BAD_ARGS;
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

static void print_cycle(const struct blocked *blocked, const struct cycle *cycle)
{
	printf("deadlock: ");
	for (unsigned int i = 0; i < cycle->nr; i++) {
		const struct nl_sleeper *task = &blocked->sleepers.task[cycle->task[i]];

		printf("%u (%s) -> %s -> ", task->pid, task->comm,
		       blocked->wakers[cycle->task[i]].object);
	}
	printf("%u\n", blocked->sleepers.task[cycle->task[0]].pid);
}

static void print_text(const struct blocked *blocked)
{
	static const char *const columns[] = { "pid",       "tid",    "comm",   "mechanism",
					       "direction", "object", "waited", "woken_by" };
	struct table table = { 0 };
	char waited[32], *wakers;

	for (unsigned int i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		table_column(&table, i > 1 && i != 6, "%s", columns[i]);
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
	table_print(&table, stdout);
	if (blocked->sleepers.hidden)
		printf("%" PRIu64 " more, of other users\n", blocked->sleepers.hidden);
	for (unsigned int i = 0; i < blocked->cycles.nr; i++)
		print_cycle(blocked, &blocked->cycles.cycle[i]);
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

static void print_json(const struct blocked *blocked)
{
	struct json json = { 0 };

	json_open(&json, NULL, '{');
	json_open(&json, "blocked", '[');
	for (unsigned int i = 0; i < blocked->nr; i++)
		json_task(&json, blocked, blocked->shown[i]);
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
	(args->json ? print_json : print_text)(blocked);
	status = EXIT_SUCCESS;
	goto done;
failed:
	warnx("%s", nl_error(nl));
done:
	names_free(&all);
	names_free(&chosen);
	return status;
}

int cmd_blocked(int argc, char **argv)
{
	struct arguments args = { 0 };
	struct blocked blocked = { 0 };
	struct nl *nl;
	int status;

	status = parse_arguments(argc, argv, &args);
	if (status >= 0)
		return status;
	status = EXIT_FAILURE;
	if (nl_open(&nl))
		warnx("%s", nl_error(nl));
	else
		status = ask(nl, &args, &blocked);
	wakers_free(blocked.wakers, blocked.sleepers.nr);
	deadlock_free(&blocked.cycles);
	nl_free_sleepers(&blocked.sleepers);
	free(blocked.shown);
	nl_end(nl);
	return status;
}
