/* SPDX-License-Identifier: GPL-2.0-only */
/* As whom `ipcstat run` runs its command. */
#ifndef IPCSTAT_RUN_USER_H
#define IPCSTAT_RUN_USER_H

#include <stdbool.h>
#include <sys/types.h>

/* Zeroed: the command runs as the caller. */
struct run_user {
	bool other; /* than the caller */
	uid_t uid;
	gid_t gid;
	int nr_groups;
	gid_t *groups;
	char *name, *home;
};

/*
 * Finds the user: the one of -u, or NULL; without, the one who has called sudo(8). Returns 0; or an
 * exit status, and a line has said why. All is looked up here, since a look-up may be IPC.
 */
int run_user_find(const char *arg, struct run_user *user);

/* Becomes the user for good, with its HOME, USER and LOGNAME. -1 and errno: the caller must exit.
 */
int run_user_become(const struct run_user *user);

void run_user_free(struct run_user *user);

#endif
