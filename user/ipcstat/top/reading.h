/* SPDX-License-Identifier: GPL-2.0-only */
/* What ipcstat top reads of the module at one time. */
#ifndef IPCSTAT_TOP_READING_H
#define IPCSTAT_TOP_READING_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "ipcstat/ipcstat.h"

struct reading {
	bool valid;
	int64_t clock_ns; /* CLOCK_MONOTONIC */
	struct timespec wall;
	struct nl_flow_state state;
	struct nl_flows flows; /* each of them once, in the order of top_by_identity() */
	struct nl_sleepers sleepers;
};

/*
 * Reads anew, also where the module has gone and come back: *nl is NULL at first, and
 * after a failure. Then *why is a sentence about it, to be freed. Returns a negative errno.
 */
int top_read(struct nl **nl, const struct nl_flow_filter *filter, struct reading *reading,
	     char **why);
void top_free_reading(struct reading *reading);

/*
 * Compares flows, for qsort(3): sums of others come first; then those of a process are together,
 * and at an object.
 */
int top_by_identity(const void *a, const void *b);

/* What is not known of one is not known of the sum. */
void top_add(struct nl_counter *sum, const struct nl_counter *one);

static inline int by_number(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

#endif
