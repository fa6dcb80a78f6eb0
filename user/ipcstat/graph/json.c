// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "common/cli.h"
#include "common/draw.h"
#include "model.h"

/* Not known is null; what does not apply is not there. */
static void put_amount(struct json *json, const struct amount *amount, const char *ops,
		       const char *bytes)
{
	if (amount->ops_unknown)
		json_null(json, ops);
	else if (amount->has_ops)
		json_number(json, ops, amount->ops);
	if (amount->bytes_unknown)
		json_null(json, bytes);
	else if (amount->has_bytes)
		json_number(json, bytes, amount->bytes);
}

static void put_node(struct json *json, const struct node *node)
{
	static const char *const kinds[] = {
		[NODE_PROCESS] = "process",
		[NODE_OBJECT] = "object",
		[NODE_OTHER] = "other",
	};

	json_open(json, NULL, '{');
	json_string(json, "key", node->key);
	json_string(json, "kind", kinds[node->kind]);
	if (node->mech) {
		json_string(json, "mechanism", node->mech);
		json_number(json, "hue", mech_hue(node->mech));
	}
	if (node->name)
		json_string(json, "name", node->name);
	if (node->kind == NODE_PROCESS && node->start_ns) {
		json_number(json, "pid", node->pid);
		json_bool(json, "ended", node->ended);
	}
	if (node->kind == NODE_OTHER) {
		put_amount(json, &node->sent, "send_ops", "send_bytes");
		put_amount(json, &node->received, "recv_ops", "recv_bytes");
	}
	json_close(json, '}');
}

static void put_edge(struct json *json, const struct edge *edge)
{
	json_open(json, NULL, '{');
	json_string(json, "from", edge->from->key);
	json_string(json, "to", edge->to->key);
	json_string(json, "mechanism", edge->mech);
	json_number(json, "hue", mech_hue(edge->mech));
	put_amount(json, &edge->amount, "ops", "bytes");
	json_number(json, "waits", edge->waits);
	json_number(json, "wait_ns", edge->wait_ns);
	json_number(json, "fails", edge->fails);
	json_number(json, "asleep", edge->asleep);
	json_number(json, "asleep_ns", edge->asleep_ns);
	json_close(json, '}');
}

/* Who sleeps first, then most bytes, then most operations; and always in the same order. */
static int largest_first(const void *a, const void *b)
{
	const struct edge *x = *(struct edge *const *)a, *y = *(struct edge *const *)b;

	if (!x->asleep != !y->asleep)
		return x->asleep ? -1 : 1;
	if (x->amount.bytes != y->amount.bytes)
		return x->amount.bytes > y->amount.bytes ? -1 : 1;
	if (x->amount.ops != y->amount.ops)
		return x->amount.ops > y->amount.ops ? -1 : 1;
	if (x->from != y->from)
		return x->from->nr < y->from->nr ? -1 : 1;
	return x->to->nr < y->to->nr ? -1 : x->to->nr > y->to->nr;
}

void graph_json(const struct graph *graph, unsigned int max_edges, struct json *json)
{
	unsigned int nr = graph->nr_edges < max_edges ? graph->nr_edges : max_edges;
	struct edge **edge = must(calloc(graph->nr_edges + 1, sizeof(struct edge *)));
	bool *shown = must(calloc(graph->nr_nodes + 1, sizeof(*shown))); /* by number */

	for (unsigned int i = 0; i < graph->nr_edges; i++)
		edge[i] = graph->edge[i];
	qsort(edge, graph->nr_edges, sizeof(struct edge *), largest_first);
	for (unsigned int i = 0; i < nr; i++)
		shown[edge[i]->from->nr] = shown[edge[i]->to->nr] = true;
	json_open(json, "nodes", '[');
	for (unsigned int i = 0; i < graph->nr_nodes; i++)
		if (shown[graph->node[i]->nr] || graph->node[i]->kind == NODE_OTHER)
			put_node(json, graph->node[i]);
	json_close(json, ']');
	json_open(json, "edges", '[');
	for (unsigned int i = 0; i < nr; i++)
		put_edge(json, edge[i]);
	json_close(json, ']');
	json_number(json, "edges_left_out", graph->nr_edges - nr);
	json_number(json, "asleep_hidden", graph->hidden);
	free(edge);
	free(shown);
}
