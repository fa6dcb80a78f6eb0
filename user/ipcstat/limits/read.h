/* SPDX-License-Identifier: GPL-2.0-only */
/* The limits of IPC, and how much of each is used, as the kernel tells them. */
#ifndef IPCSTAT_LIMITS_READ_H
#define IPCSTAT_LIMITS_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "ipcstat/ipcstat.h"

enum amount_kind {
	AMOUNT_UNKNOWN,
	AMOUNT_VALUE,
	AMOUNT_AT_LEAST,  /* of a use: there may be more */
	AMOUNT_NONE,      /* of a use: the limit bounds a call or a setting, nothing is used up */
	AMOUNT_UNLIMITED, /* of a limit */
};

struct amount {
	enum amount_kind kind;
	uint64_t value;
};

struct limit {
	const char *mech, *name;
	const char *unit, *scope;
	const char *sysctl; /* or NULL */
	char *change;       /* the command that raises it to N */
	char *note;         /* what else is to say about that; or NULL */
	char *own_name;     /* NULL, or the name, which is freed with it */
	char *user;         /* of scope "user": another user than the caller; or NULL */
	struct amount use, max;
};

struct limits {
	/* What only the module knows, of the user and the IPC namespace of this process. */
	struct amount user_pages;        /* of pipes */
	struct amount ns_queues;         /* POSIX queues, also without a name */
	struct amount user_bytes;        /* of POSIX queues */
	bool lack_module;                /* with the module more would be known */
	bool knows_shares, lists_shares; /* the module has told; they are wanted */
	struct nl_shares shares;         /* what users have of the module's tables */
	unsigned int nr;
	struct limit *limit;
};

/*
 * Adds a limit, whose change and note are the list's from now on. Without a change it is by
 * the sysctl.
 */
void limits_add(struct limits *limits, const struct limit *limit);
void limits_free(struct limits *limits);

struct amount amount_of(uint64_t value);

/* They add the limits of a mechanism. */
void limits_pipe(struct limits *limits);
void limits_sysv_msg(struct limits *limits);
void limits_sysv_sem(struct limits *limits);
void limits_sysv_shm(struct limits *limits);
void limits_posix_mq(struct limits *limits);
void limits_posix_shm(struct limits *limits);
void limits_signal(struct limits *limits);
void limits_socket(struct limits *limits);
void limits_unix_dgram(struct limits *limits);
void limits_tcp(struct limits *limits);
void limits_udp(struct limits *limits);
void limits_file(struct limits *limits);

void limits_ipcstat(struct limits *limits);

/* A line for each table and user with objects that the module does not follow. */
void limits_print_lost(const struct limits *limits);

/* The POSIX queues of our IPC namespace that have a name. */
struct amount limits_named_queues(void);

#endif
