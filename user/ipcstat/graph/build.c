// SPDX-License-Identifier: GPL-2.0-only
/* From flows, and the tasks that are asleep, to the graph. */
#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli.h"
#include "ipcstat/flow/pairs.h"
#include "model.h"

#define START_UNKNOWN UINT64_MAX /* of a process without a flow */

/* ---- nodes ---- */

static int by_key(const void *a, const void *b)
{
	const struct node *x = a, *y = b;

	return strcmp(x->key, y->key);
}

static int by_pid(const void *a, const void *b)
{
	const struct node *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/* The key becomes the node's own, or is freed. */
static struct node *find_node(struct graph *graph, enum node_kind kind, char *key)
{
	struct node *node, **found = tfind(&(struct node){ .key = key }, &graph->by_key, by_key);

	if (found) {
		free(key);
		return *found;
	}
	node = must(calloc(1, sizeof(*node)));
	node->kind = kind;
	node->key = key;
	must(tsearch(node, &graph->by_key, by_key));
	graph->node = must(reallocarray(graph->node, graph->nr_nodes + 1, sizeof(struct node *)));
	graph->node[graph->nr_nodes++] = node;
	node->nr = graph->nr_nodes;
	return node;
}

/* The last process that has had this number; NULL: none in the graph. */
static struct node *latest_process(const struct graph *graph, uint32_t pid)
{
	struct node **found = tfind(&(struct node){ .pid = pid }, &graph->by_pid, by_pid);

	return found ? *found : NULL;
}

static void is_latest(struct graph *graph, struct node *node)
{
	struct node **found = must(tsearch(node, &graph->by_pid, by_pid));

	if ((*found)->start_ns < node->start_ns)
		*found = node;
}

static struct node *find_process(struct graph *graph, uint32_t pid, uint64_t start_ns)
{
	struct node *node =
		find_node(graph, NODE_PROCESS, format("process %u %" PRIu64, pid, start_ns));

	if (!node->name) {
		node->name = must(strdup(start_ns ? "?" : "(kernel)"));
		node->pid = pid;
		node->start_ns = start_ns;
		is_latest(graph, node);
	}
	return node;
}

static struct node *process_of(struct graph *graph, const struct nl_flow *flow)
{
	struct node *node = find_process(graph, flow->pid, flow->start_ns);

	if (flow->start_ns && flow->last_ns >= node->last_ns) {
		free(node->name);
		node->name = must(strdup(flow->comm));
		node->last_ns = flow->last_ns;
	}
	node->ended = flow->exited;
	return node;
}

/* Of which no more is known than its number. */
static struct node *process_numbered(struct graph *graph, uint32_t pid)
{
	struct node *node = latest_process(graph, pid);
	char comm[32];

	if (node)
		return node;
	node = find_process(graph, pid, START_UNKNOWN);
	node->ended = !read_comm((pid_t)pid, comm);
	free(node->name);
	node->name = must(strdup(comm));
	return node;
}

static struct node *object_of(struct graph *graph, const struct nl_flow *flow, const char *key,
			      const char *name)
{
	struct node *node = find_node(graph, NODE_OBJECT, format("object %s", key));

	if (!node->name) {
		node->name = must(strdup(name));
		node->mech = flow->mech;
	}
	return node;
}

/* ---- edges ---- */

static int by_ends(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	if (x->from != y->from)
		return x->from->nr < y->from->nr ? -1 : 1;
	if (x->to != y->to)
		return x->to->nr < y->to->nr ? -1 : 1;
	return strcmp(x->mech, y->mech);
}

static struct edge *find_edge(struct graph *graph, struct node *from, struct node *to,
			      const char *mech, bool make)
{
	const struct edge key = { .from = from, .to = to, .mech = mech };
	struct edge *edge, **found = tfind(&key, &graph->by_ends, by_ends);

	if (found || !make)
		return found ? *found : NULL;
	edge = must(malloc(sizeof(*edge)));
	*edge = key;
	must(tsearch(edge, &graph->by_ends, by_ends));
	graph->edge = must(reallocarray(graph->edge, graph->nr_edges + 1, sizeof(struct edge *)));
	return graph->edge[graph->nr_edges++] = edge;
}

static bool sends(const struct nl_flow *flow)
{
	return !strcmp(flow->direction, "send");
}

static bool is_signal(const struct nl_flow *flow)
{
	return !strcmp(flow->mech, "signal");
}

/* What mappings of shared memory moved is not known; what was read and written is. */
static void add_amount(struct amount *amount, const struct nl_flow *flow)
{
	const struct nl_counter *bytes = &flow->value[NL_BYTES];

	if (!bytes->value && flow->value[NL_COPIED].kind == NL_VALUE)
		bytes = &flow->value[NL_COPIED];
	amount->has_bytes |= bytes->kind == NL_VALUE;
	amount->bytes_unknown |= bytes->kind == NL_UNKNOWN;
	amount->bytes += bytes->value;
	amount->has_ops |= flow->value[NL_OPS].kind == NL_VALUE;
	amount->ops_unknown |= flow->value[NL_OPS].kind == NL_UNKNOWN;
	amount->ops += flow->value[NL_OPS].value;
}

static void add_flow(struct edge *edge, const struct nl_flow *flow)
{
	add_amount(&edge->amount, flow);
	edge->waits += flow->value[NL_WAITS].value;
	edge->wait_ns += flow->value[NL_WAIT_NS].value;
	edge->fails += flow->value[NL_FAILS].value;
}

static struct edge *edge_of(struct graph *graph, const struct nl_flow *flow,
			    const struct flow_names *names, bool make)
{
	struct node *process = process_of(graph, flow);
	struct node *other =
		object_of(graph, flow, names->key, flow->has_id ? names->channel : flow->mech);

	return find_edge(graph, sends(flow) ? process : other, sends(flow) ? other : process,
			 flow->mech, make);
}

/* ---- from flows to the graph ---- */

static void add_other(struct graph *graph, const struct nl_flow *flow)
{
	struct node *node = find_node(graph, NODE_OTHER, format("other %s", flow->mech));

	node->mech = flow->mech;
	add_amount(sends(flow) ? &node->sent : &node->received, flow);
}

static void add_signal(struct graph *graph, const struct nl_flow *flow)
{
	struct node *from = process_of(graph, flow);
	struct node *to = process_numbered(graph, (uint32_t)flow->id);

	to->gets_signals = true;
	add_flow(find_edge(graph, from, to, flow->mech, true), flow);
}

static void add_sleeper(struct graph *graph, const struct graph_source *found, unsigned int i,
			bool make)
{
	const struct nl_sleeper *task = &found->sleepers.task[i];
	unsigned int nr = found->nr_flows + i;
	struct edge *edge = edge_of(graph, &found->flows.flow[nr], &found->names[nr], make);

	if (!edge)
		return;
	edge->asleep++;
	if (task->waited_ns > edge->asleep_ns)
		edge->asleep_ns = task->waited_ns;
}

/*
 * All processes are there: a signal says for whom it was by the number only. A flow that is still
 * only_peer is no other end of any that was asked for.
 */
static void add_all(struct graph *graph, const struct graph_source *found, bool new_sleepers)
{
	for (unsigned int i = 0; i < found->nr_flows; i++) {
		const struct nl_flow *flow = &found->flows.flow[i];

		if (flow->only_peer)
			continue;
		if (flow->other)
			add_other(graph, flow);
		else if (!is_signal(flow))
			add_flow(edge_of(graph, flow, &found->names[i], true), flow);
		else
			process_of(graph, flow);
	}
	for (unsigned int i = 0; i < found->nr_flows; i++) {
		const struct nl_flow *flow = &found->flows.flow[i];

		if (!flow->only_peer && !flow->other && is_signal(flow) && sends(flow) &&
		    flow->has_id)
			add_signal(graph, flow);
	}
	for (unsigned int i = 0; i < found->nr_flows; i++) {
		const struct nl_flow *flow = &found->flows.flow[i];

		if (flow->only_peer || flow->other || !is_signal(flow) ||
		    (sends(flow) ? flow->has_id : process_of(graph, flow)->gets_signals))
			continue;
		add_flow(edge_of(graph, flow, &found->names[i], true), flow);
	}
	for (unsigned int i = 0; i < found->sleepers.nr; i++)
		if (!found->flows.flow[found->nr_flows + i].only_peer)
			add_sleeper(graph, found, i, new_sleepers);
	graph->hidden = found->sleepers.hidden;
}

/* ---- who is asleep ---- */

/* The same flows make the same picture. */
static int in_order(const void *a, const void *b)
{
	const struct nl_flow *x = a, *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	if (x->start_ns != y->start_ns)
		return x->start_ns < y->start_ns ? -1 : 1;
	if (strcmp(x->mech, y->mech))
		return strcmp(x->mech, y->mech);
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return strcmp(x->direction, y->direction);
}

/* A flow of the process, which is still there; NULL: none. They are in order. */
static const struct nl_flow *flow_of(const struct nl_flow *flow, unsigned int nr, uint32_t pid)
{
	unsigned int low = 0, high = nr;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;

		if (flow[mid].pid <= pid)
			low = mid + 1;
		else
			high = mid;
	}
	return low && pid && flow[low - 1].pid == pid && !flow[low - 1].exited ? &flow[low - 1]
									       : NULL;
}

/* A task may be called otherwise than its process: then it is one of those of the process. */
static bool asked_for(const struct nl_sleeper *task, const struct nl_flow *same,
		      const struct nl_flow *first, const struct flow_args *args)
{
	if (args->filter.pid && args->filter.pid != task->tgid)
		return false;
	if (!args->comm || !strcmp(args->comm, task->comm))
		return true;
	for (; same && same >= first && same->pid == task->tgid; same--)
		if (!same->exited && !same->only_peer)
			return true;
	return false;
}

/* A flow that has moved nothing yet. */
static struct nl_flow sleeper_flow(const struct nl_sleeper *task, const struct nl_flow *same)
{
	struct nl_flow flow = {
		.pid = task->tgid,
		.start_ns = same ? same->start_ns : START_UNKNOWN,
		.has_id = *task->object,
		.id = task->id,
		.space = task->space,
	};

	strcpy(flow.mech, task->mech);
	strcpy(flow.direction, task->direction);
	strcpy(flow.comm, same ? same->comm : task->comm);
	make_printable(flow.comm);
	if (!strcmp(flow.mech, "futex") && flow.has_id)
		flow_find_file(&flow);
	return flow;
}

static void add_sleepers(struct graph_source *found, const struct flow_args *args)
{
	struct nl_sleepers *sleepers = &found->sleepers;
	struct nl_flows *flows = &found->flows;
	unsigned int nr = 0;

	found->nr_flows = flows->nr;
	flows->flow =
		must(reallocarray(flows->flow, flows->nr + sleepers->nr + 1, sizeof(*flows->flow)));
	for (unsigned int i = 0; i < sleepers->nr; i++) {
		const struct nl_sleeper task = sleepers->task[i];
		const struct nl_flow *same = flow_of(flows->flow, flows->nr, task.tgid);

		if (args->filter.mech && strcmp(args->filter.mech, task.mech))
			continue;
		sleepers->task[nr] = task;
		flows->flow[flows->nr + nr] = sleeper_flow(&task, same);
		flows->flow[flows->nr + nr++].only_peer =
			!asked_for(&task, same, flows->flow, args);
	}
	sleepers->nr = nr;
	flows->nr += nr;
}

/* ---- */

void graph_build(struct graph *graph, struct graph_source *found, const struct flow_args *args)
{
	if (found->flows.nr)
		qsort(found->flows.flow, found->flows.nr, sizeof(struct nl_flow), in_order);
	add_sleepers(found, args);
	found->names = flow_names_find(&found->flows);
	flow_keep_peers(&found->flows, found->names);
	add_all(graph, found, !args->filter.bytes);
}

void graph_free(struct graph *graph)
{
	for (unsigned int i = 0; i < graph->nr_edges; i++) {
		tdelete(graph->edge[i], &graph->by_ends, by_ends);
		free(graph->edge[i]);
	}
	for (unsigned int i = 0; i < graph->nr_nodes; i++)
		tdelete(graph->node[i], &graph->by_pid, by_pid);
	for (unsigned int i = 0; i < graph->nr_nodes; i++) {
		tdelete(graph->node[i], &graph->by_key, by_key);
		free(graph->node[i]->key);
		free(graph->node[i]->name);
		free(graph->node[i]);
	}
	free(graph->edge);
	free(graph->node);
}

void graph_source_free(struct graph_source *found)
{
	flow_names_free(found->names, found->flows.nr);
	nl_free_flows(&found->flows);
	nl_free_sleepers(&found->sleepers);
}
