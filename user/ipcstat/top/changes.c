// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <string.h>

#include "changes.h"
#include "common/cli.h"

/* A process of which there is no flow, only somebody asleep. */
#define START_UNKNOWN UINT64_MAX

/* By how much the time of a flow's first use, which is read off a late tick, may differ. */
#define TICK_NS 1000000000

static struct nl_flow *add_change(struct top_changes *changes, const struct nl_flow *flow,
				  struct top_sleep sleep)
{
	struct nl_flows *flows = &changes->flows;

	if (flows->nr == flows->room) {
		flows->room = flows->room ? 2 * flows->room : 64;
		flows->flow = must(reallocarray(flows->flow, flows->room, sizeof(*flows->flow)));
		changes->sleep =
			must(reallocarray(changes->sleep, flows->room, sizeof(*changes->sleep)));
	}
	changes->sleep[flows->nr] = sleep;
	flows->flow[flows->nr] = *flow;
	return &flows->flow[flows->nr++];
}

/* One that was evicted, and came back, is another one. */
static bool is_same(const struct nl_flow *now, const struct nl_flow *before)
{
	for (int i = 0; i < NL_FLOW_VALUES; i++)
		if (now->value[i].value < before->value[i].value)
			return false;
	return now->first_ns < before->first_ns + TICK_NS;
}

static void subtract(struct nl_flow *now, const struct nl_flow *before)
{
	for (int i = 0; i < NL_FLOW_VALUES; i++)
		now->value[i].value -= before->value[i].value;
}

static bool has_moved(const struct nl_flow *flow)
{
	for (int i = 0; i < NL_FLOW_VALUES; i++)
		if (flow->value[i].value)
			return true;
	return false;
}

/* It had to make room: what others have now has its old values in it. They come first. */
static void subtract_gone(struct top_changes *changes, const struct nl_flow *gone)
{
	struct nl_flow *other = changes->flows.flow;

	if (gone->other)
		return;
	for (unsigned int i = 0; i < changes->flows.nr && other->other; i++, other++) {
		if (strcmp(other->mech, gone->mech) || strcmp(other->direction, gone->direction))
			continue;
		for (int j = 0; j < NL_FLOW_VALUES; j++) {
			uint64_t *value = &other->value[j].value;

			*value -= *value < gone->value[j].value ? *value : gone->value[j].value;
		}
	}
}

static void compare_flows(struct top_changes *changes, const struct nl_flows *before,
			  const struct nl_flows *now)
{
	unsigned int old = 0;

	for (unsigned int i = 0; i < now->nr; i++) {
		struct nl_flow flow = now->flow[i];
		int diff = 1;

		while (old < before->nr && (diff = top_by_identity(&before->flow[old], &flow)) < 0)
			subtract_gone(changes, &before->flow[old++]);
		if (old < before->nr && !diff && is_same(&flow, &before->flow[old]))
			subtract(&flow, &before->flow[old++]);
		if (flow.other || has_moved(&flow))
			add_change(changes, &flow, (struct top_sleep){ 0 });
	}
	while (old < before->nr)
		subtract_gone(changes, &before->flow[old++]);
}

/* The first flow from here on in the order of identities. */
static unsigned int find_flow(const struct nl_flows *flows, const struct nl_flow *key)
{
	unsigned int low = 0, high = flows->nr;

	while (low < high) {
		unsigned int middle = low + (high - low) / 2;

		if (top_by_identity(&flows->flow[middle], key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* What is known of a sleeper's process, and object, from its flows. */
static void identify(struct nl_flow *flow, const struct nl_flows *flows)
{
	const struct nl_flow process = { .pid = flow->pid };

	for (unsigned int i = find_flow(flows, flow); i < flows->nr; i++) {
		const struct nl_flow *at = &flows->flow[i];

		if (at->pid != flow->pid || strcmp(at->mech, flow->mech) || at->id != flow->id ||
		    at->space != flow->space)
			break;
		if (!at->exited) {
			*flow = *at;
			return;
		}
	}
	for (unsigned int i = find_flow(flows, &process); i < flows->nr; i++) {
		const struct nl_flow *of = &flows->flow[i];

		if (of->pid != flow->pid)
			break;
		if (of->exited || !of->start_ns)
			continue;
		flow->start_ns = of->start_ns;
		memcpy(flow->comm, of->comm, sizeof(flow->comm));
		return;
	}
	flow->start_ns = START_UNKNOWN;
}

static void add_sleeper(struct top_changes *changes, const struct nl_flows *flows,
			const struct nl_sleeper *task, struct top_sleep sleep)
{
	struct nl_flow flow = {
		.pid = task->tgid, .has_id = *task->object, .id = task->id, .space = task->space
	};

	memcpy(flow.mech, task->mech, sizeof(flow.mech));
	memcpy(flow.comm, task->comm, sizeof(flow.comm));
	identify(&flow, flows);
	for (int i = 0; i < NL_FLOW_VALUES; i++)
		flow.value[i] = (struct nl_counter){ .kind = NL_NONE };
	add_change(changes, &flow, sleep);
}

static bool chosen(const struct nl_sleeper *task, const struct nl_flow_filter *filter)
{
	return (!filter->pid || task->tgid == filter->pid) &&
	       (!filter->mech || !strcmp(task->mech, filter->mech));
}

/*
 * A wait is counted when it ends, with all of its time. To know how long was waited in the
 * interval, add what those have slept that sleep now, and subtract what was slept before.
 */
static void compare_sleepers(struct top_changes *changes, const struct reading *before,
			     const struct reading *now, const struct nl_flow_filter *filter)
{
	for (unsigned int i = 0; i < now->sleepers.nr; i++) {
		const struct nl_sleeper *task = &now->sleepers.task[i];

		if (chosen(task, filter))
			add_sleeper(changes, &now->flows, task,
				    (struct top_sleep){ (int64_t)task->waited_ns, 1 });
	}
	for (unsigned int i = 0; i < before->sleepers.nr; i++) {
		const struct nl_sleeper *task = &before->sleepers.task[i];

		if (chosen(task, filter))
			add_sleeper(changes, &now->flows, task,
				    (struct top_sleep){ -(int64_t)task->waited_ns, 0 });
	}
}

void top_find_changes(struct top_changes *changes, const struct reading *before,
		      const struct reading *now, const struct nl_flow_filter *filter)
{
	*changes = (struct top_changes){ 0 };
	compare_flows(changes, &before->flows, &now->flows);
	compare_sleepers(changes, before, now, filter);
}

void top_free_changes(struct top_changes *changes)
{
	nl_free_flows(&changes->flows);
	free(changes->sleep);
	*changes = (struct top_changes){ 0 };
}
