/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a reader includes: /proc (proc.c) and netlink/, and who provides for them. A reader knows
 * no mechanism: who includes mech.h includes this not.
 */
#ifndef _IPCSTAT_READ_H
#define _IPCSTAT_READ_H

#ifdef _IPCSTAT_MECH_H
#error "a mechanism includes mech.h, a reader includes read.h: none includes both"
#endif

#include "event.h"
#include "flow.h"
#include "hook.h"
#include "params.h"
#include "row.h"
#include "sleep.h"

/* ---- rows (row.c) ---- */

enum ipc_value_kind { IPC_VALUE, IPC_UNKNOWN, IPC_NONE };

struct ipc_value {
	enum ipc_value_kind kind;
	u64 value;
};

/* The names of the columns, as /proc/ipcstat heads them. */
extern const char *const ipc_col_names[IPC_COLS];

/* Whether a column of a row, which is no gauge, is known. */
enum ipc_value_kind ipc_col_kind(const struct ipc_row *row, unsigned int col);
/* All columns of a row; may sleep. */
void ipc_row_read(struct ipc_row *row, struct ipc_value value[IPC_COLS]);
/* A detail of a row, by its number in ->details. */
u64 ipc_row_detail(struct ipc_row *row, unsigned int nr);
/* The part of a row's wait_ns in a direction in which the task was awake but not running. */
u64 ipc_row_runq_ns(struct ipc_row *row, enum ipc_dir dir);

/* A histogram; @kind says whether it is known. */
struct ipc_hist {
	const char *name, *unit;
	enum ipc_value_kind kind;
	u64 bucket[IPC_BUCKETS];
	bool has_longest;
	u64 longest;
};

/* Histogram number @nr of a row; false past the last one. */
bool ipc_row_hist(struct ipc_row *row, unsigned int nr, struct ipc_hist *hist);

/* ---- beside the rows (mechs.c) ---- */

/* The quota of that number, of all mechanisms; NULL: there are no more. */
const struct ipc_quota *ipc_quota_get(unsigned int nr);

/* The table of signals; NULL: no mechanism has one. */
const struct ipc_signals *ipc_signals_get(void);

/* ---- hooks (hook.c) ---- */

/* The facts about a hook that readers show: the strings are those of HOOK in uapi/ipcstat.h. */
struct ipc_hook_info {
	const char *name, *kind, *state, *symbol, *reason;
	u64 missed;
	unsigned int nargs;	/* 0: no hook on results */
	const struct ipc_feed *feeds;
};

/* Hook number @nr; false past the end. */
bool ipc_hook_info(unsigned int nr, struct ipc_hook_info *info);
/*
 * Before anything is read: finds out whether ftrace was shut down since the last time. If so,
 * what hooks on functions feed becomes unknown. Process context, may sleep.
 */
void ipc_hooks_check(void);

/* All hooks: the backend for results, how many are attached, missed events, the load time (s). */
struct ipc_summary {
	const char *backend;
	u32 hooks_attached, hooks_all;
	u64 missed;
	u64 since;
};

/* All counts are as of now. */
void ipc_summary(struct ipc_summary *sum);

/* ---- sleepers (sleep.c) ---- */

/**
 * struct ipc_sleeper - a task that is asleep in a mechanism
 * @task: the task; a reference is held
 * @row: where
 * @dir: IPC_SEND or IPC_RECV
 * @object: what it waits at; ->inode is not valid
 * @since_ns: CLOCK_MONOTONIC when the operation fell asleep for the first time
 */
struct ipc_sleeper {
	struct task_struct *task;
	struct ipc_row *row;
	enum ipc_dir dir;
	struct ipc_object object;
	u64 since_ns;
};

/* The number of notes; each is that of at most one sleeper. */
unsigned int ipc_nr_notes(void);
/* True if note number @nr is of a task that is asleep now. Put the task afterwards. */
bool ipc_note_sleeper(unsigned int nr, struct ipc_sleeper *sleeper);

/* ---- flows (flow.c) ---- */

/**
 * struct ipc_flow_state - the table of flows
 * @max: its entries; 0: there are no flows
 * @used: how many of them are in use
 * @evicted: how many flows have had to make room
 */
struct ipc_flow_state {
	u32 max, used;
	u64 evicted;
};

/* May sleep. */
void ipc_flows_state(struct ipc_flow_state *state);
/* From here to ipc_flows_end() the table stays. How many entries it has; 0: there are no flows. */
unsigned int ipc_flows_begin(void);
/* Whether entry number @nr is in use, and what it says. */
bool ipc_flows_read(unsigned int nr, struct ipc_flow *flow);
/* What a row has moved that is in no flow. */
void ipc_flows_read_other(const struct ipc_row *row, struct ipc_flow_other *other);
/* How many flows have had to make room. */
u64 ipc_flows_evicted(void);
/* To be called where ipc_flows_begin() has found no flows, too. */
void ipc_flows_end(void);
/*
 * Adds up the flows of a process. It has ended: of one that goes on, some would be older
 * than others. False: there are none. May sleep.
 */
bool ipc_flows_of(struct ipc_process_flows *sum, u32 tgid, u64 start);

/* ---- events (event.c) ---- */

/**
 * struct ipc_group_state - a group of events
 * @sent: messages so far
 * @suppressed: events that were none, for there were too many
 */
struct ipc_group_state {
	u64 sent, suppressed;
};

/* What has been sent to a group so far. */
void ipc_group_state(enum ipc_group group, struct ipc_group_state *state);
/* What a wait must have taken for this group; 0 for those that are not of waits. */
u64 ipc_group_wait_ns(enum ipc_group group);

/* ---- start and stop of the readers, in the order of main.c ---- */

/* /proc/ipcstat, if it is wanted. */
int ipc_proc_init(void);
void ipc_proc_exit(void);
/* The netlink family, and with it events: they are sent from here on. */
int ipc_netlink_init(void);
void ipc_netlink_exit(void);

#endif /* _IPCSTAT_READ_H */
