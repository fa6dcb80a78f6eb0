/* SPDX-License-Identifier: GPL-2.0-only */
/* What client.c offers to those that read one kind of reply each: rows.c and so on. */
#ifndef IPCSTAT_NL_PRIVATE_H
#define IPCSTAT_NL_PRIVATE_H

#include <netlink/netlink.h>

#include "ipcstat/ipcstat.h"

struct nl {
	struct nl_sock *sock;
	struct nl_sock *events; /* NULL: nobody listens */
	int family;             /* NO_FAMILY: nl_open() has failed */
	int err;                /* what went wrong last, and the sentence about it */
	char error[256];
};

#define NO_FAMILY 0
#define DUMP_TRIES 10 /* one that changes is asked again */

/* Takes one reply. Returns a negative errno to give up. */
typedef int (*reader_t)(struct nlmsghdr *hdr, void *result);

/* An attribute of a question. A list of them ends with attr 0. */
struct param {
	int attr;
	enum {
		PARAM_STRING,
		PARAM_U32,
		PARAM_U64
	} type;
	const char *string;
	uint64_t number;
};

/* Stores err and the sentence; returns err. */
int nl_fail(struct nl *nl, int err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/*
 * Asks cmd of a family, with these attributes (NULL: none), and hands the replies to reader.
 * Before a dump is asked again forget() empties the result. Of NO_FAMILY nothing is asked: it
 * fails as nl_open() did.
 */
int nl_ask(struct nl *nl, int family, int cmd, int flags, const struct param *params,
	   reader_t reader, void (*forget)(void *result), void *result);

/* tb is indexed by enum ipcstat_attr. */
int nl_parse(struct nlmsghdr *hdr, struct nlattr **tb);
/* Copies a string attribute into a buffer; one that does not fit, or is missing, is an error. */
int nl_copy_string(const struct nlattr *attr, char *buffer, size_t size);
/* A copy of a string attribute; without one *result stays NULL. */
int nl_dup_string(const struct nlattr *attr, char **result);
/* Of a nest of enum ipcstat_counter_attr. */
int nl_read_counter(const struct nlattr *nest, struct nl_counter *counter);
/* All nests of one type in a message; *result is to be freed, also after an error. */
int nl_read_counters(struct nlmsghdr *hdr, int type, struct nl_counter **result, unsigned int *nr);

#endif
