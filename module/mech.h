/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a mechanism includes: all that it may call.
 *
 * A mechanism is one file in mech/. It declares its rows, its hooks, and what a hook's event
 * means for the rows; it ends in a struct ipc_mech named ipc_mech_<file>. One line in Kbuild
 * makes it part of the module. A mechanism knows no reader: who includes read.h includes
 * this not.
 */
#ifndef _IPCSTAT_MECH_H
#define _IPCSTAT_MECH_H

#ifdef _IPCSTAT_READ_H
#error "a mechanism includes mech.h, a reader includes read.h: none includes both"
#endif

#include "compat.h"
#include "event.h"
#include "flow.h"
#include "hook.h"
#include "mechs.h"
#include "params.h"
#include "row.h"
#include "set.h"
#include "sleep.h"
#include "wrap.h"

/* ---- operations: they are counted, have a flow, and perhaps a wait that ends ---- */

/**
 * ipc_op - count one operation by its result
 * @row: the row
 * @dir: IPC_SEND or IPC_RECV
 * @at: its object
 * @ret: a negative errno, or the bytes moved
 * @copied: of these, the bytes copied between user memory and kernel memory
 *
 * The same where ipc_moved() and ipc_end() will not do: with a difference in what is
 * copied, or without an end. At an inode it is the current task's; at anything else any
 * context will do.
 */
static __always_inline void ipc_op(struct ipc_row *row, enum ipc_dir dir, struct ipc_at at,
				   long ret, long copied)
{
	if (unlikely(ret < 0))
		ipc_failed(row, dir);
	else
		ipc_moved_copied(row, dir, ret, copied);
	if (!ipc_flows())
		return;
	if (at.kind != IPC_AT_INODE)
		ipc_flow(row, dir, at, ret, copied);
	else if (dir == IPC_SEND)
		ipc_flow_inode_send(row, (const struct inode *)at.value, ret,
				    ipc_difference(ret, copied));
	else
		ipc_flow_inode_recv(row, (const struct inode *)at.value, ret,
				    ipc_difference(ret, copied));
}

/**
 * ipc_end - the end of an operation that ipc_moved() or ipc_result() has counted
 * @call: the operation
 * @row: the row
 * @dir: IPC_SEND or IPC_RECV
 * @at: its object
 * @ret: a negative errno if it failed; the bytes moved, all of them copied; or 0
 *
 * What ipc_woke() does, and its flow. The last that a callback does: so it calls nothing
 * that comes back, and saves no registers.
 */
static __always_inline void ipc_end(const struct ipc_call *call, struct ipc_row *row,
				    enum ipc_dir dir, struct ipc_at at, long ret)
{
	if (!ipc_flows())
		ipc_woke(call);
	else if (at.kind == IPC_AT_INODE)
		ipc_flow_end_inode(call, row, dir, at.value, ret);
	else if (at.kind == IPC_AT_FD)
		ipc_flow_end_fd(call, row, dir, at.value, ret);
	else if (at.kind == IPC_AT_SYSV)
		ipc_flow_end_sysv(call, row, dir, at.value, ret);
	else if (at.kind == IPC_AT_NUMBER)
		ipc_flow_end_number(call, row, dir, at.value, ret);
	else
		BUILD_BUG();	/* nothing that is frequent has no name: ipc_op(), ipc_woke() */
}

#endif /* _IPCSTAT_MECH_H */
