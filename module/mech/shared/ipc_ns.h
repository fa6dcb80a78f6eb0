/* SPDX-License-Identifier: GPL-2.0-only */
/* All IPC namespaces of the machine, for gauges. See ipc_ns.c. */
#ifndef _IPCSTAT_IPC_NS_H
#define _IPCSTAT_IPC_NS_H

#include <linux/ipc_namespace.h>
#include <linux/nsproxy.h>

#include "mech.h"

/* Which of ipc_namespace.ids is which: IPC_SEM_IDS and so on of ipc/util.h. */
enum { IPC_NS_SEM, IPC_NS_MSG, IPC_NS_SHM };

/* @cols of a row are known while namespaces are followed: its gauge adds them up. By init(). */
int ipc_ns_feeds(struct ipc_row *row, u32 cols);

/**
 * ipc_ns_sum - add up a gauge over all IPC namespaces
 * @gauge: where to add to
 * @cols: the columns that @add adds to; unknown if a namespace may be missing
 * @add: called for each namespace, under a spinlock
 */
void ipc_ns_sum(struct ipc_gauge *gauge, u32 cols,
		void (*add)(struct ipc_namespace *ns, struct ipc_gauge *gauge));

/* What a task waits at in its IPC namespace; without its id. */
static inline struct ipc_object ipc_ns_object(const char *kind)
{
	return (struct ipc_object){
		.kind = kind, .space = current->nsproxy->ipc_ns->ns.inum, .part = -1,
	};
}

#endif /* _IPCSTAT_IPC_NS_H */
