/* SPDX-License-Identifier: GPL-2.0-only */
/* A cgroup of its own for a command and all that it starts. */
#ifndef IPCSTAT_RUN_CGROUP_H
#define IPCSTAT_RUN_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

struct run_cgroup {
	char *path;
	int dir;     /* to start in; with O_CLOEXEC */
	int watch;   /* on cgroups that are made in it; or -1 */
	bool nested; /* in that of another run, which counts what is in here, and removes it */
	uint64_t id; /* cgroups made later have larger ones */
	/* From run_cgroup_look() on: */
	unsigned int nr; /* this one and those below that are there */
	uint64_t *ids;
	bool inner; /* there are others below, or there have been */
	unsigned int processes;
};

/* -1: it could not be made, and a line has said why and what to do. */
int run_cgroup_make(struct run_cgroup *cgroup);
/* Moves the caller there. -1 and errno. */
int run_cgroup_enter(const struct run_cgroup *cgroup);
void run_cgroup_look(struct run_cgroup *cgroup);
bool run_cgroup_has(const struct run_cgroup *cgroup, uint64_t id);
/* Removes it, and those below. False: it stays, for it is in use. */
bool run_cgroup_remove(struct run_cgroup *cgroup);
void run_cgroup_free(struct run_cgroup *cgroup);

#endif
