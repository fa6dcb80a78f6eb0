/* SPDX-License-Identifier: GPL-2.0-only */
/* The lines of ipcstat top: what has happened between two readings, added up. */
#ifndef IPCSTAT_TOP_RATES_H
#define IPCSTAT_TOP_RATES_H

#include <stdbool.h>
#include <stdint.h>

#include "ipcstat/ipcstat.h"
#include "reading.h"

enum top_by {
	TOP_BY_PROCESS, /* and mechanism */
	TOP_BY_OBJECT,
	TOP_BY_MECHANISM,
};

/* Columns, from left to right. */
enum top_column {
	TOP_PID,
	TOP_COMM,
	TOP_MECHANISM,
	TOP_SEND_OPS,
	TOP_SEND_BYTES,
	TOP_RECV_OPS,
	TOP_RECV_BYTES,
	TOP_WAITED,
	TOP_BLOCKED,
	TOP_OBJECT,
	TOP_BYTES, /* to sort by: of both directions, then operations */
	TOP_COLUMNS
};

#define TOP_IS_NUMBER(column) ((column) >= TOP_SEND_OPS && (column) <= TOP_BLOCKED)

struct top_line {
	bool other;   /* a sum of flows that are not shown */
	uint32_t pid; /* the next three: TOP_BY_PROCESS */
	uint64_t start_ns;
	char comm[IPCSTAT_NAME_MAX + 16]; /* printable */
	bool ended;
	char mech[IPCSTAT_NAME_MAX];
	char *object; /* TOP_BY_OBJECT */
	/* By column, TOP_SEND_OPS to TOP_BLOCKED; TOP_WAITED is in ns. */
	struct nl_counter value[TOP_BLOCKED + 1];
	uint64_t last_ns; /* of rates.c */
};

struct top_report {
	double seconds; /* between the readings */
	uint64_t total[TOP_BLOCKED + 1];
	uint64_t hidden; /* tasks asleep that we may not see */
	unsigned int nr;
	struct top_line **line; /* those where something was moved, or somebody sleeps */
};

/* comm: only of processes that are called so; NULL: of all. */
void top_compare(const struct reading *before, const struct reading *now,
		 const struct nl_flow_filter *filter, const char *comm, enum top_by by,
		 struct top_report *report);
void top_sort(struct top_report *report, enum top_column column, bool ascending);
void top_free_report(struct top_report *report);

/* Do lines by this have such a column? */
bool top_has(enum top_by by, enum top_column column);

/* Of the interval. */
double top_waited_percent(const struct top_report *report, uint64_t waited_ns);

#endif
