/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading the module's numbers over generic netlink. */
#ifndef IPCSTAT_NL_H
#define IPCSTAT_NL_H

#include <stdbool.h>
#include <stdint.h>

#include <ipcstat.h> /* module/uapi */

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
	uint32_t args; /* how many the function is taken to have; 0: no hook on results */
};

struct nl_hooks {
	unsigned int nr;
	struct nl_hook *hook;
};

#define NL_BUCKETS 64

/* Bucket 0 counts the values 0 and 1, bucket i those from 2^i to 2^(i+1) - 1. */
struct nl_hist {
	char name[IPCSTAT_NAME_MAX];
	char unit[16]; /* "usecs" or "bytes" */
	enum nl_kind kind;
	unsigned int nr; /* buckets; behind them there is nothing */
	uint64_t bucket[NL_BUCKETS];
	bool has_longest;
	uint64_t longest; /* the largest value of all */
};

/* The histograms of a row. */
struct nl_hist_row {
	char name[IPCSTAT_NAME_MAX];
	unsigned int nr;
	struct nl_hist *hist;
};

struct nl_hists {
	unsigned int nr;
	struct nl_hist_row *row; /* in the module's order */
};

/* A task that is asleep in a mechanism. */
struct nl_sleeper {
	uint32_t pid, tgid;          /* the thread and its process; 0: not in our PID namespace */
	char comm[IPCSTAT_NAME_MAX]; /* any bytes at all */
	char mech[IPCSTAT_NAME_MAX];
	char direction[8]; /* "send" or "recv" */
	char object[16];   /* "pipe", ...: see module/uapi/ipcstat.h; or empty */
	uint64_t id;       /* of the object */
	uint32_t space, part;
	bool has_part;
	bool timeout; /* it does not wait for ever */
	uint64_t since_ns, waited_ns;
};

struct nl_sleepers {
	unsigned int nr;
	struct nl_sleeper *task; /* by pid */
	uint64_t hidden;         /* more, which we may not see */
	uint32_t next;           /* of lib/ */
};

enum nl_flow_value {
	NL_OPS,
	NL_BYTES,
	NL_COPIED,
	NL_WAITS,
	NL_WAIT_NS,
	NL_FAILS,
	NL_FLOW_VALUES
};

extern const char *const nl_flow_value_names[NL_FLOW_VALUES]; /* "ops", ... */

/* What a process has moved through an object in a direction. */
struct nl_flow {
	char mech[IPCSTAT_NAME_MAX];
	char direction[8];           /* "send" or "recv" */
	bool other;                  /* a sum of flows that are not shown: no more is known of it */
	bool only_peer;              /* of flow/args.c: shown as the other end of another, or not */
	uint32_t pid;                /* 0: not in our PID namespace, or the kernel */
	char comm[IPCSTAT_NAME_MAX]; /* any bytes at all */
	bool exited;
	uint64_t start_ns; /* CLOCK_BOOTTIME; 0: the kernel */
	bool has_uid;
	uint32_t uid;
	uint64_t cgroup; /* inode of its directory */
	bool has_id, has_file;
	uint64_t id; /* of the object: see FLOW in module/uapi/ipcstat.h */
	uint32_t space, dev;
	uint64_t file, offset;
	uint64_t first_ns, last_ns;
	struct nl_counter value[NL_FLOW_VALUES];
};

struct nl_flows {
	unsigned int nr;
	struct nl_flow *flow; /* in no order; of others perhaps several of a row */
	uint64_t evicted;     /* how many have had to make room */
	bool changed;         /* while we read, and again: some may be in it twice */
	unsigned int room;    /* of lib/ */
	uint32_t next;
};

/* 0, NULL and false: any. */
struct nl_flow_filter {
	const char *mech;
	uint32_t pid;
	bool has_id;
	uint64_t id, bytes;
};

/* What a user has of one of the module's tables. */
struct nl_share {
	char table[IPCSTAT_NAME_MAX];
	bool has_uid; /* else it is the sum of users that we may not see, and has no max */
	uint32_t uid, used, max;
	uint64_t lost; /* objects that are not followed; of flows, those that were evicted */
};

struct nl_shares {
	unsigned int nr;
	struct nl_share *share; /* sums perhaps several times for a table */
	uint32_t next;          /* of lib/ */
};

struct nl_flow_state {
	uint32_t max; /* entries of the table; 0: there are no flows */
	uint32_t used;
	uint64_t evicted;
};

/* What a process has done in a mechanism. */
struct nl_total {
	char mech[IPCSTAT_NAME_MAX];
	struct nl_counter send[NL_FLOW_VALUES], recv[NL_FLOW_VALUES];
};

#define NL_MAX_TOTALS 64

/* Something that has happened: see EVENT in module/uapi/ipcstat.h. Of it "" and 0 where not sent.
 */
struct nl_event {
	char group[IPCSTAT_NAME_MAX];
	uint64_t seq, suppressed;
	uint64_t lost; /* messages of the group between the one before and this one */
	bool happened; /* else there is nothing but the above */
	uint64_t time_ns, start_ns;
	uint32_t pid, uid; /* pid 0: no process */
	char comm[IPCSTAT_NAME_MAX];
	char mech[IPCSTAT_NAME_MAX];
	char direction[8], object[16];
	uint64_t id;
	uint32_t space, part;
	bool has_part;
	uint64_t bytes, messages, wait_ns;
	uint32_t signal;
	bool info_only, partial;
	unsigned int nr_totals;
	struct nl_total total[NL_MAX_TOTALS];
};

/* A multicast group. */
struct nl_group {
	char name[IPCSTAT_NAME_MAX];
	uint64_t sent, suppressed;
	uint64_t wait_ns; /* 0: it is not of waits */
	bool joined;
	uint64_t seq; /* of its last message that came; 0: none yet */
};

struct nl_groups {
	uint32_t max_events; /* messages a second to each */
	unsigned int nr;
	struct nl_group *group;
};

struct nl_info {
	char version[32];
	char backend[16]; /* "wrap" or "probe" */
	uint64_t since;   /* seconds since the epoch */
	uint32_t hooks_attached, hooks_all;
	uint64_t missed;
	unsigned int nr_limits, nr_quotas;
	struct nl_counter *limit;
	struct nl_counter *quota; /* what our user, or namespace, has used */
};

struct nl;

/*
 * Each function below returns 0, or a negative errno after it has stored a
 * sentence about what happened and what to do (nl_error()). -ENODEV: the module
 * is not loaded (or it has gone). -EPROTO: the module is of an incompatible
 * version.
 */
/* *nl is set even on failure, for nl_error(); what is asked with it then fails as this has. */
int nl_open(struct nl **nl);
void nl_end(struct nl *nl); /* accepts NULL; nl_close() is of libnl */
const char *nl_error(const struct nl *nl);

int nl_get_info(struct nl *nl, struct nl_info *info);
int nl_get_rows(struct nl *nl, const char *mech, struct nl_rows *rows); /* mech NULL: all */
int nl_get_signals(struct nl *nl, struct nl_rows *rows);
int nl_get_hooks(struct nl *nl, struct nl_hooks *hooks);
int nl_get_hists(struct nl *nl, struct nl_hists *hists);
int nl_get_sleepers(struct nl *nl, struct nl_sleepers *sleepers);
int nl_get_flows(struct nl *nl, const struct nl_flow_filter *filter, struct nl_flows *flows);
int nl_get_shares(struct nl *nl, struct nl_shares *shares);
int nl_get_flow_state(struct nl *nl, struct nl_flow_state *state);
/* max 0: no flows any more */
int nl_set_flows(struct nl *nl, uint32_t max, struct nl_flow_state *state);

/* Only for CAP_SYS_ADMIN in the initial namespaces. What we joined and got is kept. */
int nl_get_groups(struct nl *nl, struct nl_groups *groups);
/* From now on events of the group come. */
int nl_join(struct nl *nl, struct nl_group *group);
/* A descriptor that can be read when there is an event; -1: no group is joined. */
int nl_event_fd(const struct nl *nl);
/* The next event that is there. -EAGAIN: none. */
int nl_next_event(struct nl *nl, struct nl_groups *groups, struct nl_event *event);

void nl_free_groups(struct nl_groups *groups);
void nl_free_info(struct nl_info *info);
void nl_free_rows(struct nl_rows *rows);
void nl_free_hooks(struct nl_hooks *hooks);
void nl_free_hists(struct nl_hists *hists);
void nl_free_sleepers(struct nl_sleepers *sleepers);
void nl_free_shares(struct nl_shares *shares);
void nl_free_flows(struct nl_flows *flows);

struct nl_group *nl_find_group(const struct nl_groups *groups, const char *name);     /* or NULL */
const struct nl_row *nl_find_row(const struct nl_rows *rows, const char *name);       /* or NULL */
const struct nl_counter *nl_find_counter(const struct nl_row *row, const char *name); /* or NULL */
/* The same of nr of them. */
const struct nl_counter *nl_find_in(const struct nl_counter *counter, unsigned int nr,
				    const char *name);

#endif
