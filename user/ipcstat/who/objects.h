/* SPDX-License-Identifier: GPL-2.0-only */
/* The objects of flows, and processes' groups, by the names that people know. */
#ifndef IPCSTAT_OBJECTS_H
#define IPCSTAT_OBJECTS_H

#include "ipcstat/ipcstat.h"
#include "peers.h"

/* None of them is NULL. The first two are printable; "-": it has no name. */
struct flow_names {
	char *object;  /* "pipe:[123]", "/dev/mqueue/jobs", "msg 5 (key 0x17)", ... */
	char *channel; /* the same; of a socket with the peer: "socket:[1]-[2]", "socket:[1]-[?]" */
	/*
	 * For programs: no other channel has it, of whatever mechanism. Both ends of a channel have
	 * the same. Where the peer of a socket is unknown the directions have different keys: they
	 * may lead to different sockets, and neither leads back to the socket itself.
	 */
	char *key;
	struct peer peer; /* of a socket; unknown otherwise */
};

/* Whether the object is a socket. */
bool flow_is_socket(const struct nl_flow *flow);

/* One for each flow. Looks through /proc. */
struct flow_names *flow_names_find(const struct nl_flows *flows);
void flow_names_free(struct flow_names *names, unsigned int nr);

/* Of a futex: the file in the shared mapping where it lies now, if there is one. */
void flow_find_file(struct nl_flow *flow);

/* Whether the object is one of System V: its identifier is an int, and -1 is in use by mistake. */
bool flow_is_sysv(const struct nl_flow *flow);

/* To be freed. The user's name, or number; "?": it has changed. */
char *flow_user(const struct nl_flow *flow);
/* To be freed. The cgroup's path below its mount; "id N" if it is gone. */
char *flow_cgroup(const struct nl_flow *flow);
/* Or out of our sight. */
bool flow_cgroup_is_gone(const struct nl_flow *flow);
/* They are looked up once; after this, again. */
void flow_cgroups_forget(void);

#endif
