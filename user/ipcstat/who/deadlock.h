/* SPDX-License-Identifier: GPL-2.0-only */
/* Tasks that wait for each other. */
#ifndef IPCSTAT_DEADLOCK_H
#define IPCSTAT_DEADLOCK_H

#include <stdbool.h>

#include "ipcstat/ipcstat.h"
#include "wakers.h"

/*
 * Marks the tasks that nobody can wake: for each of them it is known who could, and each
 * thread of those is such a task, too. dead[] has an entry for each task; one that is
 * false on entry stays so.
 */
void deadlock_find(const struct nl_sleepers *sleepers, const struct wakers *wakers, bool *dead);

/* A cycle of dead tasks, each of which waits for the next, the last one for the first. */
struct cycle {
	unsigned int nr;
	unsigned int *task; /* by number; the first has the smallest pid */
};

struct cycles {
	unsigned int nr;
	struct cycle *cycle;
};

/* One cycle for each knot of tasks. */
struct cycles deadlock_cycles(const struct nl_sleepers *sleepers, const struct wakers *wakers,
			      const bool *dead);
void deadlock_free(struct cycles *cycles);

#endif
