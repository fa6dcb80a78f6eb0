/* SPDX-License-Identifier: GPL-2.0-only */
/* Sleeping: a note per task, while it waits in a mechanism (sleep.c). */
#ifndef _IPCSTAT_SLEEP_H
#define _IPCSTAT_SLEEP_H

#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/types.h>

#include "compat.h"
#include "row.h"
#include "wrap.h"

/**
 * struct ipc_object - what a task waits at, as people know it: values, for it may be gone
 * @kind: see IPCSTAT_CMD_BLOCKED in uapi/ipcstat.h; NULL: nothing that has a name
 * @id: inode, identifier, or address
 * @space: device, or inode of the IPC namespace
 * @part: number of the semaphore, or -1
 * @timeout: it does not wait for ever
 * @inode: of the mechanism; valid while the operation lasts
 * @at: the same, where a mechanism wants to know it again: ipc_sleep_again()
 */
struct ipc_object {
	const char *kind;
	u64 id;
	u32 space;
	s32 part;
	bool timeout;
	const struct inode *inode;
	const void *at;
};

/* The object of an inode, or of a socket's. */
static inline struct ipc_object ipc_object_inode(const char *kind, const struct inode *inode)
{
	return (struct ipc_object){
		.kind = kind, .id = inode->i_ino, .space = new_encode_dev(inode->i_sb->s_dev),
		.part = -1, .inode = inode,
	};
}

/* For a mechanism without objects. */
#define IPC_NO_OBJECT	((struct ipc_object){ .part = -1 })

/**
 * ipc_sleep - the current task is about to sleep in @row
 * @row: the row
 * @dir: IPC_SEND or IPC_RECV
 * @object: what it waits at; is copied
 *
 * Called from an entry hook on a function that sleeps once; it is called again for each
 * sleep. A second sleep of the same operation in the same direction is the same
 * wait. Nothing is counted if the task does not really sleep.
 */
void ipc_sleep(struct ipc_row *row, enum ipc_dir dir, const struct ipc_object *object);

/*
 * The same where each interruptible sleep until ipc_woke() belongs to the mechanism: for
 * functions that sleep in a loop of their own, with no function to hook in it.
 */
void ipc_sleep_often(struct ipc_row *row, enum ipc_dir dir, const struct ipc_object *object);

/*
 * True if the current operation has announced a sleep @at the same object in this direction
 * before: the new one is announced then, too, without a look at the object.
 */
bool ipc_sleep_again(const void *at, enum ipc_dir dir);

/* The inode of the object that the current task is about to sleep at, or NULL. */
const struct inode *ipc_sleep_inode(void);

/* See ipc_woke(). */
void ipc_woke_slow(const struct ipc_call *call);

/**
 * ipc_woke - an operation has returned: if it has slept, count the wait
 * @call: the operation; a note of an earlier one, whose end was missed, is no wait
 *
 * After each operation that may have called ipc_sleep(), also where it did not
 * sleep, and not inside another one. Cheap where there is no note.
 */
static __always_inline void ipc_woke(const struct ipc_call *call)
{
	if (unlikely(ipc_has_notifiers()))
		ipc_woke_slow(call);
}

/* The current task is no longer asleep in any row. Nothing is counted. */
void ipc_note_drop(void);

/* ---- start and stop, in the order of main.c ---- */

/* Makes room for the notes; none is made yet. */
int ipc_notes_init(void);
/* When all hooks are attached, that of ending tasks, too. */
void ipc_notes_open(void);
/* When no operation is followed any more, but ending tasks still are. */
void ipc_notes_close(void);
void ipc_notes_exit(void);

#endif /* _IPCSTAT_SLEEP_H */
