/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether somebody else is asleep, as /proc says. */
#ifndef ASLEEP_H
#define ASLEEP_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static inline bool read_line(char *text, size_t size, pid_t pid, pid_t tid, const char *name)
{
	char path[64];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", pid, tid, name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return false;
	len = read(fd, text, size - 1);
	close(fd);
	text[len > 0 ? len : 0] = '\0';
	return len > 0;
}

/*
 * The thread of a process sleeps, interruptibly, in system call number nr. (The files of
 * the process itself are sums over all its threads.)
 */
static inline bool asleep(pid_t pid, pid_t tid, long nr)
{
	char text[512], *state;

	if (!read_line(text, sizeof(text), pid, tid, "stat"))
		return false;
	state = strrchr(text, ')');
	if (!state || state[2] != 'S')
		return false;
	return read_line(text, sizeof(text), pid, tid, "syscall") && text[0] >= '0' &&
	       text[0] <= '9' && strtol(text, NULL, 10) == nr;
}

#endif
