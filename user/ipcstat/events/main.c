// SPDX-License-Identifier: GPL-2.0-only
/* ipcstat events: what goes wrong, is slow, or ends, as it happens. */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/cli.h"
#include "common/interrupt.h"
#include "ipcstat/commands.h"
#include "ipcstat/flow/args.h"
#include "ipcstat/ipcstat.h"
#include "print.h"

#define DEFAULT_WAIT_NS 1000000000
#define LEAST_WAIT_NS 1000000
/* The module may go without a word: so often we look whether it is there. */
#define LOOK_MS 1000

/* What can be asked for; of "wait" the module has a group for each threshold. */
static const char *const kinds[] = { "exit", "lost", "signal", "limit", "wait" };

#define NR_KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct arguments {
	struct output output;
	bool kind[NR_KINDS];
	const char *mech, *comm; /* NULL: any */
	uint64_t pid;            /* 0: any */
	uint64_t wait_ns, count; /* count 0: for ever */
};

/* ---- groups ---- */

/* Of the groups of waits the one that misses none that is wanted, and has the least more. */
static struct nl_group *wait_group(const struct nl_groups *groups, uint64_t wait_ns)
{
	struct nl_group *best = NULL;

	for (unsigned int i = 0; i < groups->nr; i++) {
		struct nl_group *group = &groups->group[i];

		if (group->wait_ns && group->wait_ns <= wait_ns &&
		    (!best || group->wait_ns > best->wait_ns))
			best = group;
	}
	return best;
}

static int join(struct nl *nl, const struct nl_groups *groups, const struct arguments *args)
{
	for (size_t i = 0; i < NR_KINDS; i++) {
		struct nl_group *group;

		if (!args->kind[i])
			continue;
		group = strcmp(kinds[i], "wait") ? nl_find_group(groups, kinds[i])
						 : wait_group(groups, args->wait_ns);
		if (!group) {
			warnx("this module tells no events of %s", kinds[i]);
			return -EPROTO;
		}
		if (nl_join(nl, group)) {
			warnx("%s", nl_error(nl));
			return -EPERM;
		}
	}
	return 0;
}

/* What will not come, and why. */
static int warn_absent(struct nl *nl, const struct arguments *args)
{
	struct nl_flow_state state;
	struct nl_hooks hooks;

	if (nl_get_flow_state(nl, &state) || nl_get_hooks(nl, &hooks))
		return -EIO;
	if (args->kind[0] && !state.max)
		warnx("flows are off: no ends of processes are told (`ipcstat flows on`)");
	for (unsigned int i = 0; i < hooks.nr; i++)
		if (!strcmp(hooks.hook[i].state, "unavailable"))
			warnx("some events may be missing: hook %s: %s", hooks.hook[i].name,
			      hooks.hook[i].reason ? hooks.hook[i].reason : "not attached");
	nl_free_hooks(&hooks);
	return 0;
}

/* The exit status. */
static int start(struct nl **nl, struct nl_groups *groups, const struct arguments *args)
{
	int status;

	nl_free_groups(groups);
	if (nl_open(nl) || nl_get_groups(*nl, groups)) {
		warnx("%s", nl_error(*nl));
		return EXIT_FAILURE;
	}
	status = check_mechanism(*nl, args->mech);
	if (status)
		return status;
	if (warn_absent(*nl, args)) {
		warnx("%s", nl_error(*nl));
		return EXIT_FAILURE;
	}
	return join(*nl, groups, args) ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* ---- listening ---- */

static bool wanted(const struct nl_event *event, const struct arguments *args)
{
	bool found = !args->mech || !strcmp(event->mech, args->mech);

	if (!event->happened)
		return true;
	for (unsigned int i = 0; !found && i < event->nr_totals; i++)
		found = !strcmp(event->total[i].mech, args->mech);
	return found && (!args->comm || !strcmp(event->comm, args->comm)) &&
	       (!args->pid || event->pid == args->pid) &&
	       (!event->wait_ns || event->wait_ns >= args->wait_ns);
}

/* Some may be lost without any behind them that would tell. */
static void say_lost(const struct nl_groups *groups)
{
	for (unsigned int i = 0; i < groups->nr; i++) {
		const struct nl_group *group = &groups->group[i];

		if (group->joined && group->seq && group->sent > group->seq)
			warnx("%s: %" PRIu64
			      " events are lost: they came faster than they were read",
			      group->name, group->sent - group->seq);
	}
}

/* False: enough. */
static bool show(struct nl_event *event, const struct arguments *args, uint64_t *nr)
{
	/* Anybody may call himself anything. */
	make_printable(event->comm);
	if (event->lost && !args->output.json)
		warnx("%s: %" PRIu64 " events are lost: they came faster than they were read",
		      event->group, event->lost);
	if (!wanted(event, args) && !event->lost && !event->suppressed)
		return true;
	if (!wanted(event, args))
		event->happened = false;
	event_print(event, &args->output);
	if (fflush(stdout))
		return false; /* main() says it */
	return !event->happened || ++*nr != args->count;
}

/* What is there; 0: enough, 1: go on, or a negative errno. */
static int drain(struct nl *nl, struct nl_groups *groups, const struct arguments *args,
		 uint64_t *nr)
{
	static struct nl_event event;
	int err = 0;

	while (!interrupted) {
		err = nl_next_event(nl, groups, &event);
		if (err)
			break;
		if (!show(&event, args, nr))
			return 0;
	}
	if (err && err != -EAGAIN) {
		warnx("%s", nl_error(nl));
		return err;
	}
	return 1;
}

/* Ctrl+C is taken where we sleep, so that each line is whole. */
static int listen_to(struct nl **nl, struct nl_groups *groups, const struct arguments *args,
		     const sigset_t *mask)
{
	const struct timespec look = { LOOK_MS / 1000, LOOK_MS % 1000 * 1000000 };
	uint64_t nr = 0;
	int more = 1, err;

	while (more > 0 && !interrupted) {
		struct pollfd fd = { .fd = nl_event_fd(*nl), .events = POLLIN };
		int ready = ppoll(&fd, 1, &look, mask);

		if (ready) {
			more = drain(*nl, groups, args, &nr);
			continue;
		}
		err = nl_get_groups(*nl, groups);
		if (err == -ENODEV) {
			nl_end(*nl);
			err = start(nl, groups, args) ? -EIO : 0;
			if (!err)
				warnx("the module was reloaded: events may be missing");
		} else if (err) {
			warnx("%s", nl_error(*nl));
		}
		more = err ? err : 1;
	}
	if (more >= 0 && !nl_get_groups(*nl, groups))
		say_lost(groups);
	return more < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* ---- arguments ---- */

static void add_kinds(const struct syntax *syntax, struct names *words)
{
	(void)syntax;
	for (size_t kind = 0; kind < NR_KINDS; kind++)
		names_add(words, kinds[kind]);
}

static int parse_kinds(int argc, char **argv, struct arguments *args)
{
	for (int i = optind; i < argc; i++) {
		size_t kind = 0;

		while (kind < NR_KINDS && strcmp(argv[i], kinds[kind]))
			kind++;
		if (kind == NR_KINDS) {
			words_lack(argv[i], "group of events", add_kinds);
			return EXIT_BAD_ARGS;
		}
		args->kind[kind] = true;
	}
	for (size_t kind = 0; optind == argc && kind < NR_KINDS; kind++)
		args->kind[kind] = true;
	return -1;
}

/* 0, or EXIT_BAD_ARGS and a line that says why; -1: it is none of these */
static int parse_option(int c, struct arguments *args)
{
	switch (c) {
	case 'C':
		args->comm = optarg;
		return 0;
	case 'p':
		if (parse_number(optarg, INT32_MAX, &args->pid) && args->pid)
			return 0;
		warnx("%s: no process has that number", optarg);
		return EXIT_BAD_ARGS;
	case OPT_COUNT:
		if (parse_number(optarg, UINT64_MAX, &args->count) && args->count)
			return 0;
		warnx("%s: no number of events", optarg);
		return EXIT_BAD_ARGS;
	case OPT_MECHANISM:
		args->mech = optarg;
		return 0;
	case OPT_WAIT:
		if (parse_time(optarg, &args->wait_ns) && args->wait_ns >= LEAST_WAIT_NS)
			return 0;
		warnx("%s: no time of 1ms or more, such as 50ms or 1.5s", optarg);
		return EXIT_BAD_ARGS;
	default:
		return output_option(c, &args->output);
	}
}

static int parse_arguments(int argc, char **argv, struct arguments *args)
{
	int c, status;

	while ((c = opt_next(argc, argv, &events_syntax)) != -1) {
		if (c == 'h')
			return opt_help(&events_syntax);
		status = parse_option(c, args);
		if (status)
			return status > 0 ? status : opt_bad(c, argv, &events_syntax);
	}
	return parse_kinds(argc, argv, args);
}

static int cmd_events(int argc, char **argv)
{
	struct arguments args = { .wait_ns = DEFAULT_WAIT_NS };
	struct nl_groups groups = { 0 };
	struct nl *nl;
	sigset_t mask;
	int status;

	status = parse_arguments(argc, argv, &args);
	if (status >= 0)
		return status;
	interrupt_block(true, &mask);
	status = start(&nl, &groups, &args);
	if (!status)
		status = listen_to(&nl, &groups, &args, &mask);
	nl_end(nl);
	nl_free_groups(&groups);
	return status;
}

static const struct opt opts[] = {
	{ OPT_WAIT, "wait", "TIME", "the least wait: 1s, or 1ms and more", NULL },
	{ OPT_COUNT, "count", "N", "end after so many", NULL },
	{ 0 },
};

const struct syntax events_syntax = {
	.command = "events",
	.args = "[OPTION|GROUP]...",
	.what = "what is lost, full, slow, or ends, as it happens",
	.run = cmd_events,
	.opts = { opts, flow_opts, json_opt, time_format_opt },
	.takes_operands = true,
	.operands = add_kinds,
	.more = "Groups: exit lost signal limit wait.",
};
