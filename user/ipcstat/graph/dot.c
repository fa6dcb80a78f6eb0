// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli.h"
#include "common/draw.h"
#include "model.h"

#define RED "#d7191c"
#define GREY "#777777"
#define LEGEND_COLUMNS 6

/* In a string, or in HTML; graphviz knows entities in both, and escapes in the first. */
static void put_name(FILE *out, const char *name)
{
	for (; *name; name++) {
		switch (*name) {
		case '"':
			fputs("&quot;", out);
			break;
		case '\\':
			fputs("\\\\", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		default:
			fputc(*name, out);
		}
	}
}

/* "23 B", "1.4 KiB", "117 MiB" */
static void put_size(FILE *out, uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = (double)bytes;
	int unit = 0;

	while (value >= 999.5) {
		value /= 1024;
		unit++;
	}
	fprintf(out, "%.*f %s", unit && value < 9.95 ? 1 : 0, value, units[unit]);
}

static void put_amount(FILE *out, const struct graph *graph, const struct amount *amount)
{
	if (amount->has_bytes && graph->bytes)
		fprintf(out, "%" PRIu64 " B", amount->bytes);
	else if (amount->has_bytes)
		put_size(out, amount->bytes);
	else if (amount->has_ops)
		fprintf(out, "%" PRIu64 " op%s", amount->ops, amount->ops == 1 ? "" : "s");
	else
		fputs("nothing", out);
}

/* From 1, at a KiB or an operation, to 6, at a TiB or 2^30 operations. */
static double width(const struct amount *amount)
{
	uint64_t units = amount->has_bytes ? amount->bytes / 1024 : amount->ops;
	double wide = 1;

	for (; units > 1 && wide < 6; units /= 2)
		wide += 5. / 30;
	return wide < 6 ? wide : 6;
}

/* ---- nodes ---- */

static void put_process(FILE *out, const struct node *node)
{
	fputs("label=\"", out);
	put_name(out, node->name);
	if (node->start_ns)
		fprintf(out, "\\n%u", node->pid);
	fprintf(out, "\", shape=box, style=\"rounded,filled%s\"", node->ended ? ",dashed" : "");
	if (node->ended)
		fputs(", color=\"" GREY "\", fontcolor=\"#555555\", tooltip=\"has ended\"", out);
}

static void put_object(FILE *out, const struct node *node)
{
	fputs("label=\"", out);
	put_name(out, node->mech);
	if (strcmp(node->name, node->mech)) {
		fputs("\\n", out);
		put_name(out, node->name);
	}
	fprintf(out, "\", shape=ellipse, color=\"%s\", fillcolor=\"%s1c\"", mech_colour(node->mech),
		mech_colour(node->mech));
}

static void put_other(FILE *out, const struct graph *graph, const struct node *node)
{
	fputs("label=\"other: ", out);
	put_name(out, node->mech);
	fputs("\\nsent ", out);
	put_amount(out, graph, &node->sent);
	fputs(", received ", out);
	put_amount(out, graph, &node->received);
	fputs("\", shape=box, color=\"#cccccc\", fontcolor=\"#555555\", fillcolor=\"#e8e8e8\""
	      ", tooltip=\"flows that may not be seen, or that had to make room\"",
	      out);
}

static void put_node(FILE *out, const struct graph *graph, const struct node *node)
{
	fprintf(out, "\tn%u [", node->nr);
	if (node->kind == NODE_PROCESS)
		put_process(out, node);
	else if (node->kind == NODE_OBJECT)
		put_object(out, node);
	else
		put_other(out, graph, node);
	fputs("];\n", out);
}

/* ---- edges ---- */

static void put_tooltip(FILE *out, const struct edge *edge)
{
	fputs("tooltip=\"", out);
	put_name(out, edge->mech);
	fprintf(out, ": %" PRIu64 " operations", edge->amount.ops);
	if (edge->amount.has_bytes)
		fprintf(out, ", %" PRIu64 " bytes", edge->amount.bytes);
	fprintf(out, ", %" PRIu64 " waits of %.3f s, %" PRIu64 " failed\"", edge->waits,
		(double)edge->wait_ns / 1e9, edge->fails);
}

static void put_label(FILE *out, const struct graph *graph, const struct edge *edge)
{
	bool moved = edge->amount.ops || edge->amount.bytes;
	char time[32];

	/* Blanks: it would touch the line. */
	fputs("label=\" ", out);
	if (moved)
		put_amount(out, graph, &edge->amount);
	else if (edge->waits)
		fprintf(out, "%" PRIu64 " wait%s", edge->waits, edge->waits == 1 ? "" : "s");
	if (edge->asleep) {
		time_text(edge->asleep_ns, time);
		fprintf(out, "%sblocked %s", moved || edge->waits ? " \\n " : "", time);
		if (edge->asleep > 1)
			fprintf(out, " (%u threads)", edge->asleep);
	}
	fputs(" \", ", out);
}

static void put_edge(FILE *out, const struct graph *graph, const struct edge *edge)
{
	const char *shade = edge->asleep ? RED : mech_colour(edge->mech);
	double wide = width(&edge->amount);

	fprintf(out, "\tn%u -> n%u [", edge->from->nr, edge->to->nr);
	put_label(out, graph, edge);
	fprintf(out, "color=\"%s\", fontcolor=\"%s\", penwidth=%.2f, ", shade, shade,
		edge->asleep && wide < 2 ? 2 : wide);
	if (edge->asleep)
		fputs("style=bold, ", out);
	else if (edge->from->kind == NODE_PROCESS && edge->to->kind == NODE_PROCESS)
		fputs("style=dashed, weight=0, ", out);
	put_tooltip(out, edge);
	fputs("];\n", out);
}

/* ---- the legend ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Those in the graph, by name; to be freed. */
static const char **mechanisms(const struct graph *graph, unsigned int *nr)
{
	const char **name = must(calloc(graph->nr_nodes + graph->nr_edges + 1, sizeof(*name)));
	unsigned int all = 0;

	for (unsigned int i = 0; i < graph->nr_nodes; i++)
		if (graph->node[i]->mech)
			name[all++] = graph->node[i]->mech;
	for (unsigned int i = 0; i < graph->nr_edges; i++)
		name[all++] = graph->edge[i]->mech;
	qsort(name, all, sizeof(*name), by_text);
	*nr = 0;
	for (unsigned int i = 0; i < all; i++)
		if (!i || strcmp(name[*nr - 1], name[i]))
			name[(*nr)++] = name[i];
	return name;
}

static void put_swatch(FILE *out, const char *colour, const char *what)
{
	fprintf(out, "<td width=\"18\" height=\"10\" fixedsize=\"true\" bgcolor=\"%s\"></td>",
		colour);
	fputs("<td align=\"left\">", out);
	put_name(out, what);
	fputs("</td>", out);
}

static bool anybody_asleep(const struct graph *graph)
{
	for (unsigned int i = 0; i < graph->nr_edges; i++)
		if (graph->edge[i]->asleep)
			return true;
	return false;
}

static void put_legend(FILE *out, const struct graph *graph)
{
	unsigned int nr;
	const char **mech = mechanisms(graph, &nr);
	bool asleep = anybody_asleep(graph);

	fputs("\tlabel=<<table border=\"0\" cellborder=\"0\" cellspacing=\"4\">", out);
	for (unsigned int i = 0; i < nr + asleep; i++) {
		fputs(i % LEGEND_COLUMNS ? "" : i ? "</tr><tr>" : "<tr>", out);
		put_swatch(out, i < nr ? mech_colour(mech[i]) : RED,
			   i < nr ? mech[i] : "blocked now");
	}
	if (nr + asleep)
		fputs("</tr>", out);
	else
		fputs("<tr><td>no flows</td></tr>", out);
	if (graph->hidden)
		fprintf(out,
			"<tr><td align=\"left\" colspan=\"%d\">%" PRIu64
			" more tasks are asleep, of other users</td></tr>",
			2 * LEGEND_COLUMNS, graph->hidden);
	fputs("</table>>;\n", out);
	free(mech);
}

void graph_write(const struct graph *graph, FILE *out)
{
	fputs("digraph ipcstat {\n"
	      "\tgraph [rankdir=LR, nodesep=0.2, ranksep=0.7, bgcolor=white, labelloc=b,\n"
	      "\t\tfontname=\"Helvetica,Arial,sans-serif\", fontsize=11];\n"
	      "\tnode [fontname=\"Helvetica,Arial,sans-serif\", fontsize=11, style=filled,\n"
	      "\t\tcolor=\"#333333\", fillcolor=\"#f6f6f6\"];\n"
	      "\tedge [fontname=\"Helvetica,Arial,sans-serif\", fontsize=10, arrowsize=0.7];\n",
	      out);
	put_legend(out, graph);
	for (unsigned int i = 0; i < graph->nr_nodes; i++)
		put_node(out, graph, graph->node[i]);
	for (unsigned int i = 0; i < graph->nr_edges; i++)
		put_edge(out, graph, graph->edge[i]);
	fputs("}\n", out);
}
