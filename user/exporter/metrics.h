/* SPDX-License-Identifier: GPL-2.0-only */
/* The module's numbers for Prometheus. ipcstat-exporter(8) has the names. */
#ifndef IPCSTAT_METRICS_H
#define IPCSTAT_METRICS_H

#include <stdbool.h>
#include <stddef.h>

#include "exposition.h"
#include "ipcstat/ipcstat.h"

#define METRICS_MAX_SERIES 500 /* but for those that are asked for */

struct metrics_args {
	bool created;
	unsigned int per_process, per_cgroup; /* how many of them; 0: none */
};

/*
 * Reads the module, and writes all of it. *text is to be freed. Without the module that is the
 * text that says so. Returns 0; or a negative errno, and *text is the sentence that says why.
 */
int metrics_get(const struct metrics_args *args, bool openmetrics, char **text, size_t *len);

/* What processes and cgroups have moved, largest first; the rest is added to truncated. */
void metrics_flows(struct exposition *e, const struct metrics_args *args,
		   const struct nl_flow_state *state, struct nl_flows *flows);

#endif
