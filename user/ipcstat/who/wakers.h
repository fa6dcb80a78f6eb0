/* SPDX-License-Identifier: GPL-2.0-only */
/* What a sleeping task waits at, and who could wake it. */
#ifndef IPCSTAT_WAKERS_H
#define IPCSTAT_WAKERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "ipcstat/ipcstat.h"

struct wakers {
	char *object;  /* as people know it: "pipe:[1234]"; "-" if there is none */
	bool known;    /* false: it cannot be known who could wake the task */
	bool complete; /* there are no others, as far as /proc tells */
	unsigned int nr;
	pid_t *tgid; /* each process once */
};

/*
 * For each task of the list; to be freed with wakers_free(). What cannot be found out
 * (processes that end meanwhile, or that we may not look into) is no error.
 */
struct wakers *wakers_find(const struct nl_sleepers *sleepers);
void wakers_free(struct wakers *wakers, unsigned int nr);

#endif
