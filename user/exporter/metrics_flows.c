// SPDX-License-Identifier: GPL-2.0-only
/* Which processes and cgroups move most, out of the flows. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli.h"
#include "ipcstat/who/objects.h"
#include "metrics.h"

#define GROUP_SERIES 4 /* operations and bytes, sent and received */

/* What one process, or one cgroup, has moved through all mechanisms. */
struct group {
	uint32_t pid;
	const char *name; /* of the cgroup, or of the process as it was last */
	uint64_t start_ns, last_ns;
	uint64_t ops[2], bytes[2]; /* sent, received */
};

struct groups {
	unsigned int nr;
	struct group *group;
	char **name; /* of a flow's cgroup, for each flow; or NULL */
};

/*
 * Processes that live: then no two have one number. (Where a flow does not know yet that its
 * process has ended the newer one counts.) Without a number are those of the kernel itself.
 */
static bool of_process(const struct nl_flow *flow)
{
	return !flow->other && !flow->exited && flow->pid;
}

static int by_process(const void *a, const void *b, void *arg)
{
	const struct nl_flows *flows = arg;
	const struct nl_flow *x = &flows->flow[*(const unsigned int *)a];
	const struct nl_flow *y = &flows->flow[*(const unsigned int *)b];

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static int by_name(const void *a, const void *b, void *arg)
{
	char **name = arg;

	return strcmp(name[*(const unsigned int *)a], name[*(const unsigned int *)b]);
}

static void add(struct group *group, const struct nl_flow *flow)
{
	int dir = strcmp(flow->direction, "send") ? 1 : 0;

	if (flow->value[NL_OPS].kind == NL_VALUE)
		group->ops[dir] += flow->value[NL_OPS].value;
	if (flow->value[NL_BYTES].kind == NL_VALUE)
		group->bytes[dir] += flow->value[NL_BYTES].value;
}

/* The group of a flow: the last one, or a new one; NULL if the flow is of none. */
static struct group *group_of(struct groups *groups, const struct nl_flow *flow, const char *cgroup)
{
	struct group *group = &groups->group[groups->nr];
	bool same = groups->nr &&
		    (cgroup ? !strcmp(group[-1].name, cgroup) : group[-1].pid == flow->pid);

	if (!same) {
		groups->nr++;
		*group = (struct group){ flow->pid, cgroup, flow->start_ns, 0, { 0 }, { 0 } };
		return group;
	}
	group--;
	if (cgroup || flow->start_ns == group->start_ns)
		return group;
	if (flow->start_ns < group->start_ns)
		return NULL;
	*group = (struct group){ flow->pid, NULL, flow->start_ns, 0, { 0 }, { 0 } };
	return group;
}

static void find_groups(struct groups *groups, struct nl_flows *flows, bool cgroups)
{
	unsigned int *order = must(calloc(flows->nr + 1, sizeof(*order)));
	unsigned int nr = 0;

	groups->group = must(calloc(flows->nr + 1, sizeof(*groups->group)));
	groups->name = must(calloc(flows->nr + 1, sizeof(*groups->name)));
	for (unsigned int i = 0; i < flows->nr; i++) {
		if (cgroups ? flows->flow[i].other : !of_process(&flows->flow[i]))
			continue;
		order[nr++] = i;
		if (cgroups)
			groups->name[i] = flow_cgroup(&flows->flow[i]);
		else
			make_printable(flows->flow[i].comm);
	}
	if (cgroups)
		qsort_r(order, nr, sizeof(*order), by_name, groups->name);
	else
		qsort_r(order, nr, sizeof(*order), by_process, flows);
	for (unsigned int i = 0; i < nr; i++) {
		const struct nl_flow *flow = &flows->flow[order[i]];
		struct group *group = group_of(groups, flow, groups->name[order[i]]);

		if (!group)
			continue;
		add(group, flow);
		if (!cgroups && flow->last_ns >= group->last_ns) {
			group->name = flow->comm;
			group->last_ns = flow->last_ns;
		}
	}
	free(order);
}

static void free_groups(struct groups *groups, unsigned int nr_flows)
{
	for (unsigned int i = 0; i < nr_flows; i++)
		free(groups->name[i]);
	free(groups->name);
	free(groups->group);
}

/* By bytes, then operations; and always in the same order. */
static int largest_first(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	uint64_t x_bytes = x->bytes[0] + x->bytes[1], y_bytes = y->bytes[0] + y->bytes[1];
	uint64_t x_ops = x->ops[0] + x->ops[1], y_ops = y->ops[0] + y->ops[1];

	if (x_bytes != y_bytes)
		return x_bytes > y_bytes ? -1 : 1;
	if (x_ops != y_ops)
		return x_ops > y_ops ? -1 : 1;
	return x->pid != y->pid ? (x->pid < y->pid ? -1 : 1) : strcmp(x->name, y->name);
}

static void put_groups(struct exposition *e, const struct groups *groups, unsigned int nr,
		       const struct family family[2], bool cgroups)
{
	static const char *const directions[] = { "send", "recv" };

	for (int i = 0; i < 2; i++) {
		exposition_family(e, &family[i]);
		for (unsigned int j = 0; j < 2 * nr; j++) {
			const struct group *group = &groups->group[j / 2];
			char pid[16];
			const struct label labels[] = { { "cgroup", cgroups ? group->name : NULL },
							{ "pid", cgroups ? NULL : pid },
							{ "comm", cgroups ? NULL : group->name },
							{ "direction", directions[j % 2] },
							{ NULL, NULL } };

			snprintf(pid, sizeof(pid), "%" PRIu32, group->pid);
			exposition_value(e, labels, (i ? group->bytes : group->ops)[j % 2]);
		}
	}
}

/* The first nr groups; series of the others are not written, and counted as truncated. */
static void put_largest(struct exposition *e, struct nl_flows *flows, unsigned int nr,
			const struct family family[2], bool cgroups)
{
	struct groups groups = { 0 };

	find_groups(&groups, flows, cgroups);
	qsort(groups.group, groups.nr, sizeof(*groups.group), largest_first);
	if (groups.nr > nr)
		e->truncated += GROUP_SERIES * (groups.nr - nr);
	else
		nr = groups.nr;
	put_groups(e, &groups, nr, family, cgroups);
	free_groups(&groups, flows->nr);
}

void metrics_flows(struct exposition *e, const struct metrics_args *args,
		   const struct nl_flow_state *state, struct nl_flows *flows)
{
	static const struct family on = { "ipcstat_flows_on", GAUGE, NULL,
					  "Whether flows are on: 0 or 1." };
	static const struct family evictions = {
		"ipcstat_flow_evictions", COUNTER, NULL,
		"Flows that had to make room: what they moved is no longer told by process."
	};
	static const struct family process[] = {
		{ "ipcstat_process_operations", COUNTER, NULL,
		  "Operations of the processes that have moved most, since flows are on." },
		{ "ipcstat_process_bytes", COUNTER, "bytes",
		  "Payload that they have sent and received." },
	};
	static const struct family cgroup[] = {
		{ "ipcstat_cgroup_operations", COUNTER, NULL,
		  "Operations of the cgroups that have moved most, since flows are on." },
		{ "ipcstat_cgroup_bytes", COUNTER, "bytes",
		  "Payload that they have sent and received." },
	};
	unsigned int series = 2 + GROUP_SERIES * (args->per_process + args->per_cgroup);

	e->limit += e->openmetrics && e->created ? 2 * series : series;
	exposition_family(e, &on);
	exposition_value(e, NULL, state->max > 0);
	if (!state->max)
		return;
	exposition_family(e, &evictions);
	exposition_value(e, NULL, state->evicted);
	if (args->per_process)
		put_largest(e, flows, args->per_process, process, false);
	if (args->per_cgroup) {
		flow_cgroups_forget();
		put_largest(e, flows, args->per_cgroup, cgroup, true);
	}
}
