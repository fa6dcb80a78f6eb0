/* SPDX-License-Identifier: GPL-2.0-only */
/* Flows as a graph: of processes, and of the objects between them. */
#ifndef IPCSTAT_GRAPH_H
#define IPCSTAT_GRAPH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/json.h"
#include "ipcstat/flow/args.h"
#include "ipcstat/ipcstat.h"
#include "ipcstat/who/objects.h"

enum node_kind {
	NODE_PROCESS,
	NODE_OBJECT,
	NODE_OTHER, /* sums of flows that are not shown */
};

/* What was moved: bytes where there are any in the mechanism, operations otherwise. */
struct amount {
	bool has_bytes, has_ops;
	bool bytes_unknown, ops_unknown;
	uint64_t bytes, ops;
};

struct node {
	unsigned int nr; /* from 1 */
	enum node_kind kind;
	char *key;        /* no other node has it */
	char *name;       /* of the process, of the object; printable */
	const char *mech; /* of no process */

	/* Of processes only. */
	uint32_t pid;
	uint64_t start_ns, last_ns;
	bool ended;
	bool gets_signals; /* from somebody known */

	/* Of NODE_OTHER only. */
	struct amount sent, received;
};

struct edge {
	struct node *from, *to;
	const char *mech;
	struct amount amount;
	uint64_t waits, wait_ns, fails;
	unsigned int asleep; /* so many threads, now */
	uint64_t asleep_ns;  /* the longest of them */
};

struct graph {
	unsigned int nr_nodes, nr_edges;
	struct node **node;
	struct edge **edge;
	void *by_key, *by_pid, *by_ends; /* of tsearch(3) */
	uint64_t hidden;                 /* tasks that are asleep, and not ours to see */
	bool bytes;                      /* sizes in bytes, not in KiB and so on */
};

/* What it is made of. At first flows, with printable names, and sleepers; then it all is ours. */
struct graph_source {
	struct nl_flows flows; /* the tasks that are asleep become the last of them */
	struct nl_sleepers sleepers;
	struct flow_names *names;
	unsigned int nr_flows; /* without them */
};

/* Looks through /proc. The graph, which was zeroed, needs its source as long as it lives. */
void graph_build(struct graph *graph, struct graph_source *source, const struct flow_args *args);
void graph_free(struct graph *graph);
void graph_source_free(struct graph_source *source);

/*
 * Two arrays, "nodes" and "edges", and what was left out of them: there are at most max_edges,
 * those that moved most.
 */
void graph_json(const struct graph *graph, unsigned int max_edges, struct json *json);

/* As text for dot(1). */
void graph_write(const struct graph *graph, FILE *out);

#endif
