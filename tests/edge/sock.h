/* SPDX-License-Identifier: GPL-2.0-only */
/* Connected pairs of every kind of socket that has a row. */
#ifndef SOCK_H
#define SOCK_H

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "edge.h"

struct sock_kind {
	const char *name, *row;
	int family, type, protocol;
	bool stream;
	int header; /* bytes in front of what is received */
};

/* A protocol number that nothing else uses, for raw sockets. */
#define SOCK_EXPERIMENT 253

static const struct sock_kind sock_kinds[] = {
	{ "unix_stream", "unix_stream", AF_UNIX, SOCK_STREAM, 0, true, 0 },
	{ "unix_dgram", "unix_dgram", AF_UNIX, SOCK_DGRAM, 0, false, 0 },
	{ "unix_seqpacket", "unix_seqpacket", AF_UNIX, SOCK_SEQPACKET, 0, false, 0 },
	{ "tcp", "tcp", AF_INET, SOCK_STREAM, 0, true, 0 },
	{ "tcp6", "tcp", AF_INET6, SOCK_STREAM, 0, true, 0 },
	{ "udp", "udp", AF_INET, SOCK_DGRAM, 0, false, 0 },
	{ "udp6", "udp", AF_INET6, SOCK_DGRAM, 0, false, 0 },
	{ "raw", "raw", AF_INET, SOCK_RAW, SOCK_EXPERIMENT, false, 20 },
	{ "raw6", "raw", AF_INET6, SOCK_RAW, SOCK_EXPERIMENT, false, 0 },
};

#define SOCK_KINDS (sizeof(sock_kinds) / sizeof(sock_kinds[0]))

union sock_addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

static inline bool sock_is_inet(const struct sock_kind *kind)
{
	return kind->family != AF_UNIX;
}

/* In a guest nobody has brought up the loopback device; nor in a new namespace. */
static inline void sock_loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	EDGE_MUST(fd >= 0 && !ioctl(fd, SIOCGIFFLAGS, &ifr));
	ifr.ifr_flags |= IFF_UP;
	EDGE_MUST(!ioctl(fd, SIOCSIFFLAGS, &ifr));
	close(fd);
}

/* A socket with the loopback address, and a port of its own. Stores that address. */
static inline int sock_bound(const struct sock_kind *kind, union sock_addr *addr, socklen_t *len)
{
	int fd = socket(kind->family, kind->type, kind->protocol);

	EDGE_MUST(fd >= 0);
	memset(addr, 0, sizeof(*addr));
	addr->sa.sa_family = kind->family;
	*len = kind->family == AF_INET ? sizeof(addr->in) : sizeof(addr->in6);
	if (kind->family == AF_INET)
		addr->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else if (kind->family == AF_INET6)
		addr->in6.sin6_addr = in6addr_loopback;
	else
		*len = sizeof(sa_family_t); /* the kernel chooses a name */
	EDGE_MUST(!bind(fd, &addr->sa, *len));
	*len = sizeof(*addr);
	EDGE_MUST(!getsockname(fd, &addr->sa, len));
	return fd;
}

/*
 * What is written to fd[1] is read from fd[0], and for all but raw the other way
 * round: a raw socket sends to itself, both descriptors are the same.
 */
static inline void sock_pair(const struct sock_kind *kind, int fd[2])
{
	union sock_addr addr[2];
	socklen_t len[2];

	if (kind->family == AF_UNIX) {
		EDGE_MUST(!socketpair(AF_UNIX, kind->type, 0, fd));
		return;
	}
	fd[0] = sock_bound(kind, &addr[0], &len[0]);
	if (kind->type == SOCK_RAW) {
		EDGE_MUST(!connect(fd[0], &addr[0].sa, len[0]));
		fd[1] = dup(fd[0]);
	} else if (kind->stream) {
		int listener = fd[0];

		EDGE_MUST(!listen(listener, 1));
		fd[1] = socket(kind->family, SOCK_STREAM, 0);
		EDGE_MUST(fd[1] >= 0 && !connect(fd[1], &addr[0].sa, len[0]));
		fd[0] = accept(listener, NULL, NULL);
		close(listener);
	} else {
		fd[1] = sock_bound(kind, &addr[1], &len[1]);
		EDGE_MUST(!connect(fd[0], &addr[1].sa, len[1]));
		EDGE_MUST(!connect(fd[1], &addr[0].sa, len[0]));
	}
	EDGE_MUST(fd[0] >= 0 && fd[1] >= 0);
}

/* The number of sockets that sock_pair() makes. */
static inline int sock_pair_objects(const struct sock_kind *kind)
{
	return kind->type == SOCK_RAW ? 1 : 2;
}

/* Closes what is open; what TCP does after that has ended when this returns. */
static inline void sock_drop(const struct sock_kind *kind, int fd[2], int64_t objects)
{
	for (int i = 0; i < 2; i++) {
		if (fd[i] >= 0)
			close(fd[i]);
		fd[i] = -1;
	}
	for (int tries = 0; tries < 200 && edge_now(kind->row, "objects") > objects; tries++)
		nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
}

#endif
