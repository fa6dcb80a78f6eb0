/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of all mechanisms (mechs.c), for those who go through it. */
#ifndef _IPCSTAT_MECHS_H
#define _IPCSTAT_MECHS_H

#include <linux/fs.h>
#include <linux/types.h>

#include "hook.h"
#include "row.h"

/**
 * struct ipc_mech - what a file in mech/ offers
 * @rows: its rows, in their order; may be none
 * @hooks: its hooks
 * @init: before the hooks are attached; may sleep; may be NULL
 * @seed: after the hooks are attached: take up objects older than the module
 * @seed_file: the same, for each open file of each process. Called with the
 *	files' lock held: must not sleep. The same file may come more than once.
 * @exit: after the hooks are detached and no handler runs any more
 * @row_of: the row that a pipe, FIFO or socket belongs to, or NULL. Any context.
 * @quotas: limits of which no file says how much is used; may be NULL
 * @signals: counters by the number of a signal; may be NULL; at most one has them
 */
struct ipc_mech {
	struct ipc_row *const *rows;
	unsigned int nr_rows;
	struct ipc_hook *hooks;
	unsigned int nr_hooks;
	int (*init)(void);
	void (*seed)(void);
	void (*seed_file)(struct file *file);
	void (*exit)(void);
	struct ipc_row *(*row_of)(struct file *file);
	const struct ipc_quota *quotas;
	const struct ipc_signals *signals;
};

/* The row of a pipe, FIFO or socket; NULL for any other file. */
struct ipc_row *ipc_file_row(struct file *file);

/*
 * Calls @each for each inode of a file system, under a spinlock, also for those that are just
 * being made or taken apart. sb->s_umount is held, as iterate_supers_type() does.
 */
void ipc_each_inode(struct super_block *sb, void (*each)(struct inode *inode, void *arg), void *arg);

/* A table of quotas. */
#define IPC_QUOTAS(...)	((const struct ipc_quota []){ __VA_ARGS__, { NULL, NULL } })

/* Kbuild's list: M(pipe) M(splice) ... */
#define M(file)	extern struct ipc_mech ipc_mech_##file;
IPCSTAT_MECHS
#undef M

/* For the engine: all mechanisms, in the order of Kbuild. */
extern struct ipc_mech *const ipc_mechs[];
extern const unsigned int ipc_nr_mechs;

/* ---- start and stop, in the order of main.c ---- */

/* Makes the rows' cells, and calls all init(). */
int ipc_mechs_init(void);
void ipc_mechs_exit(void);
/* Takes up what is older than the module: after the hooks are attached. */
void ipc_mechs_seed(void);
/*
 * Calls all seed_file() for the open files of all tasks, in short steps. False: not all were seen,
 * or @stop said so before the end. Not a snapshot: a descriptor that moves meanwhile may be passed over.
 */
bool ipc_mechs_walk(bool (*stop)(void));

#endif /* _IPCSTAT_MECHS_H */
