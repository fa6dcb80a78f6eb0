/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading the module's numbers over generic netlink. */
#ifndef IPCSTAT_NL_H
#define IPCSTAT_NL_H

#include <stdbool.h>
#include <stdint.h>

#include "ipcstat.h" /* module/uapi */

enum nl_kind {
	NL_VALUE,   /* a number */
	NL_UNKNOWN, /* "?": this kernel gives no exact way */
	NL_NONE,    /* "-": the idea does not apply */
};

struct nl_counter {
	char name[IPCSTAT_NAME_MAX];
	enum nl_kind kind;
	bool gauge; /* a state of now, which may fall; otherwise it only grows */
	uint64_t value;
};

/* A row of /proc/ipcstat, or the counters of one signal. */
struct nl_row {
	char name[IPCSTAT_NAME_MAX]; /* the row; "1" to "64" for a signal */
	unsigned int signal;         /* its number; 0 for a row */
	unsigned int nr;
	struct nl_counter *counter; /* first the columns of /proc/ipcstat, then the details */
};

struct nl_rows {
	unsigned int nr;
	struct nl_row *row; /* in the module's order */
};

struct nl_hook {
	char *name, *kind, *state; /* never NULL */
	char *symbol, *reason;     /* may be NULL */
	char *feeds;               /* names of rows, comma-separated; may be empty */
	uint64_t missed;
};

struct nl_hooks {
	unsigned int nr;
	struct nl_hook *hook;
};

struct nl_info {
	char version[32];
	char backend[16]; /* "wrap" or "probe" */
	uint64_t since;   /* seconds since the epoch */
	uint32_t hooks_attached, hooks_all;
	uint64_t missed;
	unsigned int nr_limits;
	struct nl_counter *limit;
};

struct nl;

/*
 * Each function below returns 0, or a negative errno after it has stored a
 * sentence about what happened and what to do (nl_error()). -ENODEV: the module
 * is not loaded (or it has gone). -EPROTO: the module is of an incompatible
 * version.
 */
int nl_open(struct nl **nl); /* *nl is set even on failure, for nl_error() */
void nl_end(struct nl *nl);  /* accepts NULL; nl_close() is of libnl */
const char *nl_error(const struct nl *nl);

int nl_get_info(struct nl *nl, struct nl_info *info);
int nl_get_rows(struct nl *nl, const char *mech, struct nl_rows *rows); /* mech NULL: all */
int nl_get_signals(struct nl *nl, struct nl_rows *rows);
int nl_get_hooks(struct nl *nl, struct nl_hooks *hooks);

void nl_free_info(struct nl_info *info);
void nl_free_rows(struct nl_rows *rows);
void nl_free_hooks(struct nl_hooks *hooks);

const struct nl_row *nl_find_row(const struct nl_rows *rows, const char *name);       /* or NULL */
const struct nl_counter *nl_find_counter(const struct nl_row *row, const char *name); /* or NULL */

#endif
