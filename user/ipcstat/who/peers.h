/* SPDX-License-Identifier: GPL-2.0-only */
/* The other ends of sockets, as sock_diag(7) has them. */
#ifndef IPCSTAT_PEERS_H
#define IPCSTAT_PEERS_H

#include <stdbool.h>
#include <stdint.h>

enum peer_kind {
	PEER_UNKNOWN, /* the socket, or its peer, is closed, elsewhere, or cannot be looked up */
	PEER_NONE,    /* the socket is open, and connected to no other one */
	PEER_KNOWN,
};

/* The other end of a socket. */
struct peer {
	enum peer_kind kind;
	uint64_t ino; /* of the peer, which may be the socket itself, if the peer is known */
};

struct peers;

/*
 * Looks up the sockets of AF_UNIX and of TCP in our network namespace. Never NULL. Where the
 * kernel does not answer, as without the module unix_diag, the peers are unknown.
 */
struct peers *peers_find(bool of_unix, bool of_tcp);
/* The peer of the socket with inode ino. */
struct peer peers_of(const struct peers *peers, uint64_t ino);
/* Whether this socket is the peer of another one that is not its own peer (unix_dgram). */
bool peers_has_clients(const struct peers *peers, uint64_t ino);
void peers_free(struct peers *peers);

#endif
