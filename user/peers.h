/* SPDX-License-Identifier: GPL-2.0-only */
/* The other ends of sockets, as sock_diag(7) has them. */
#ifndef IPCSTAT_PEERS_H
#define IPCSTAT_PEERS_H

#include <stdbool.h>
#include <stdint.h>

struct peers;

/* All sockets of AF_UNIX, of TCP, in our network namespace. Never NULL; may be empty. */
struct peers *peers_find(bool of_unix, bool of_tcp);
/* The inode of the socket at the other end of that with inode ino; 0: it is not known. */
uint64_t peers_of(const struct peers *peers, uint64_t ino);
void peers_free(struct peers *peers);

#endif
