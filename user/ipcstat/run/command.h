/* SPDX-License-Identifier: GPL-2.0-only */
/* A command in a cgroup, from its start to its end. */
#ifndef IPCSTAT_RUN_COMMAND_H
#define IPCSTAT_RUN_COMMAND_H

#include <stdint.h>
#include <sys/types.h>

#include "cgroup.h"
#include "user.h"

#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND 127
#define EXIT_SIGNAL 128 /* and its number */

struct run_end {
	int status;       /* the exit status, as a shell has it */
	int error;        /* why the command could not be executed; 0: it was */
	uint64_t time_ns; /* from its start to its end */
};

/*
 * Runs it as that user and waits for its end. Meanwhile, and from then on, SIGINT and SIGQUIT are
 * ignored, and SIGHUP, SIGTERM, SIGUSR1 and SIGUSR2 go on to the command. -1: it was not started,
 * and a line has said why.
 */
int run_command(char **argv, const struct run_cgroup *cgroup, const struct run_user *user,
		struct run_end *end);

#endif
