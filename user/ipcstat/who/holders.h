/* SPDX-License-Identifier: GPL-2.0-only */
/* Which processes hold which pipes, queues and sockets, as /proc tells. */
#ifndef IPCSTAT_HOLDERS_H
#define IPCSTAT_HOLDERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct holder {
	pid_t tgid;
	bool reads, writes; /* how its descriptors are open; both for a socket */
};

/* Who holds an object. */
struct held {
	unsigned int nr;
	struct holder *holder; /* each process once */
	char *path;            /* what the link in /proc/PID/fd says, or NULL */
};

struct holders;

/* First name the objects, then look for them, then ask. */
struct holders *holders_new(void);
/* dev 0: the socket with that inode. */
void holders_want(struct holders *holders, uint32_t dev, uint64_t ino);
void holders_scan(struct holders *holders);
/* NULL only if it was not wanted. */
const struct held *holders_of(const struct holders *holders, uint32_t dev, uint64_t ino);
/* False: there were processes whose descriptors we may not see. */
bool holders_complete(const struct holders *holders);
void holders_free(struct holders *holders);

#endif
