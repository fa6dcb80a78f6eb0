/* SPDX-License-Identifier: GPL-2.0-only */
/* What the counters of some rows are at a moment: for `ipclab run` and `ipclab lab`. */
#ifndef IPCLAB_SNAPSHOT_H
#define IPCLAB_SNAPSHOT_H

#include "ipcstat/ipcstat.h"

#define MAX_CELLS 1024

struct cell {
	char row[IPCSTAT_NAME_MAX]; /* "pipe", or "signal 10" */
	char counter[IPCSTAT_NAME_MAX];
	enum nl_kind kind;
	bool gauge;
	uint64_t value;
};

/* It has no pointers: it may lie in memory that processes share. */
struct snapshot {
	char moment[32];
	uint64_t missed; /* events, by all hooks */
	unsigned int nr;
	struct cell cell[MAX_CELLS];
};

/* All counters of the rows (names, separated by blanks). 0, or the error of ipcstat/ipcstat.h. */
int snapshot_take(struct nl *nl, const char *rows, struct snapshot *snapshot);
/* The same, when nothing has moved for a moment: a packet may be on its way to a queue, or
 * something that has been before still goes on. Or after a second: *quiet says which of these. */
int snapshot_take_quiet(struct nl *nl, const char *rows, struct snapshot *snapshot, bool *quiet);
/* The same, when the gauges are what they were at first, or after two seconds: the kernel may need
 * a moment to free what was closed. */
int snapshot_take_last(struct nl *nl, const char *rows, struct snapshot *snapshot,
		       const struct snapshot *first);
/* NULL: there is none. */
const struct cell *snapshot_find(const struct snapshot *snapshot, const char *row,
				 const char *counter);
bool snapshots_equal(const struct snapshot *a, const struct snapshot *b, bool gauges_only);

#endif
