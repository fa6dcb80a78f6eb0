/* SPDX-License-Identifier: GPL-2.0-only */
/* Flows: who moves what through which object (flow.c); off unless asked for. */
#ifndef _IPCSTAT_FLOW_H
#define _IPCSTAT_FLOW_H

#include <linux/fs.h>
#include <linux/jump_label.h>
#include <linux/kdev_t.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "compat.h"
#include "row.h"
#include "sleep.h"
#include "wrap.h"

/**
 * struct ipc_at - the object of an operation, which nobody looks at unless there are flows
 * @kind: what @value is
 * @value: an inode, a descriptor of the current process, or a number
 */
struct ipc_at {
	enum {
		IPC_AT_NOTHING,		/* nothing that has a name */
		IPC_AT_INODE,		/* a file, a socket */
		IPC_AT_FD,
		IPC_AT_SYSV,		/* an identifier of the current IPC namespace */
		IPC_AT_NUMBER,		/* a process, an address, an identifier of the machine */
	} kind;
	unsigned long value;
};

#define IPC_NOWHERE	((struct ipc_at){ IPC_AT_NOTHING, 0 })

static __always_inline struct ipc_at ipc_at_inode(const struct inode *inode)
{
	return (struct ipc_at){ IPC_AT_INODE, (unsigned long)inode };
}

static __always_inline struct ipc_at ipc_at_fd(unsigned int fd)
{
	return (struct ipc_at){ IPC_AT_FD, fd };
}

static __always_inline struct ipc_at ipc_at_sysv(int id)
{
	return (struct ipc_at){ IPC_AT_SYSV, id };
}

static __always_inline struct ipc_at ipc_at_number(unsigned long number)
{
	return (struct ipc_at){ IPC_AT_NUMBER, number };
}

DECLARE_STATIC_KEY_FALSE(ipc_flows_key);

/* Whether there are flows. Costs one instruction that does nothing where there are none. */
static __always_inline bool ipc_flows(void)
{
	return static_branch_unlikely(&ipc_flows_key);
}

/* ---- all of these only where ipc_flows() ---- */

/* An operation by its result, as ipc_op() has it. From any context but an NMI. */
void ipc_flow(struct ipc_row *row, enum ipc_dir dir, struct ipc_at at, long ret, long copied);
/*
 * One of @task, which must not end meanwhile, at nothing and of no bytes. From any context but an
 * NMI.
 */
void ipc_flow_of(const struct task_struct *task, struct ipc_row *row, enum ipc_dir dir);
/* The same of the current task, by itself. */
void ipc_flow_own(struct ipc_row *row, enum ipc_dir dir);
/*
 * ipc_flow() of the current task, at an inode, for less. @difference: what is stored of the bytes
 * copied (see row.h).
 */
void ipc_flow_inode_send(struct ipc_row *row, const struct inode *inode, long ret, long difference);
void ipc_flow_inode_recv(struct ipc_row *row, const struct inode *inode, long ret, long difference);
/* Some bytes of an attachment of a System V segment, which as a whole is one operation. */
void ipc_flow_mapped(struct ipc_row *row, enum ipc_dir dir, int id, unsigned int ops, u64 bytes);
/* Bytes that the current task has copied, in no operation. */
void ipc_flow_copied(struct ipc_row *row, enum ipc_dir dir, const struct inode *inode, u64 bytes);

/* The current task has waited. */
void ipc_flow_wait(struct ipc_row *row, enum ipc_dir dir, const struct ipc_object *object,
		   u64 wait_ns);

/* For ipc_end(): one for each kind of object and direction, which are constants to it. */
#define IPC_FLOW_END(kind, dir_name)								\
void ipc_flow_end_##kind##_##dir_name(const struct ipc_call *call, struct ipc_row *row,		\
				      unsigned long value, long ret);

#define IPC_FLOW_ENDS(kind)									\
IPC_FLOW_END(kind, send)									\
IPC_FLOW_END(kind, recv)									\
static __always_inline void ipc_flow_end_##kind(const struct ipc_call *call,			\
						struct ipc_row *row, enum ipc_dir dir,		\
						unsigned long value, long ret)			\
{												\
	if (dir == IPC_SEND)									\
		ipc_flow_end_##kind##_send(call, row, value, ret);				\
	else											\
		ipc_flow_end_##kind##_recv(call, row, value, ret);				\
}

IPC_FLOW_ENDS(inode)
IPC_FLOW_ENDS(fd)
IPC_FLOW_ENDS(sysv)
IPC_FLOW_ENDS(number)

/* ---- what is known of a process and of a flow ---- */

/* Its effective user; of another task, as of this moment. */
kuid_t ipc_task_euid(const struct task_struct *task);

/**
 * struct ipc_access - which user may see a process without a capability, by the rule of ptrace(2)
 * @uid, @gid: the effective, saved and real ones of the process, where these are one each and it is
 *	dumpable; else INVALID_UID and INVALID_GID: no user
 *
 * The kernel compares these in __ptrace_may_access(), which modules cannot call.
 */
struct ipc_access {
	kuid_t uid;
	kgid_t gid;
};

/* The access to a process with the credentials @cred. Under RCU, or for the current process. */
struct ipc_access ipc_access_of(const struct cred *cred, bool dumpable);

#define IPC_FLOW_VALUES		6	/* IPC_D_OPS and so on */

/**
 * struct ipc_flow - what a process has done with an object in one direction
 * @row: the mechanism
 * @id: of the object: an inode, identifier, address, or process
 * @start: when the process was started: tells it from another one with its number
 * @tgid: its number in the initial PID namespace; 0: the kernel by itself
 * @space: of the object: device (see @by_device), or inode of the IPC namespace
 * @dir: IPC_SEND or IPC_RECV
 * @by_device: the object is an inode; @space is its dev_t
 * @named: the object has a name, which @id and @space are
 * @value: indexed by IPC_D_OPS and so on
 * @first: CLOCK_MONOTONIC
 * @last: jiffies, in 64 bits
 * @comm: of the process, when the flow was used last
 * @euid: the same; INVALID_UID: it has changed
 * @access: which user might see the process when the flow was used last
 * @pid_ns, @pid: the process in its own PID namespace
 * @before, @after: of the table: numbers of other flows of the same user
 * @share: of the table: the user's
 * @cgroup: that it was in when it began the flow (version 2's)
 * @file, @dev, @offset: of a row with addresses: where the mapping led to at that time
 * The rest is of the table.
 */
struct ipc_flow {
	struct ipc_row *row;
	u64 id, start;
	u32 tgid;
	u8 dir;
	bool by_device, named;
	bool linked;	/* of the table */
	u32 space;
	u32 who;	/* of the table */

	struct ipc_flow *next;
	struct ipc_flow *sibling, **link;

	u64 value[IPC_FLOW_VALUES];
	u64 state;	/* of the table: see flow_state() */
	u64 first, last;
	char comm[TASK_COMM_LEN];
	kuid_t euid;
	struct ipc_access access;
	u32 pid, dev;
	u32 before, after;
	struct ipc_share *share;
	struct ns_identity pid_ns;
	u64 cgroup, file, offset;
};

/* @space of a flow, as stat(2) has it where it is a device. */
static inline u32 ipc_flow_space(u32 space, bool by_device)
{
	return by_device ? new_encode_dev(space) : space;
}

/* The sums of what is in no flow any more, or never was, for want of room. */
struct ipc_flow_other {
	u64 value[2][IPC_FLOW_VALUES];
};

/* What a process has done: see ipc_flows_of(). @partial: some of it may be missing. */
struct ipc_process_flows {
	bool partial;
	u64 value[IPC_MAX_ROWS][2][IPC_FLOW_VALUES];
};

/* Adds the values of a flow to a sum. */
static inline void ipc_flow_sum(u64 sum[IPC_FLOW_VALUES], const u64 value[IPC_FLOW_VALUES])
{
	unsigned int i;

	for (i = 0; i < IPC_FLOW_VALUES; i++)
		sum[i] += value[i];
}

/* ---- start and stop ---- */

/*
 * With a table of @max flows, IPC_MIN_FLOWS to IPC_MAX_FLOWS. May sleep. -EALREADY: they are on
 * with another size.
 */
int ipc_flows_start(unsigned int max);
/* May sleep, until nobody uses the table any more. */
void ipc_flows_stop(void);
/* In the order of main.c. */
int ipc_flows_init(void);
void ipc_flows_exit(void);

#endif /* _IPCSTAT_FLOW_H */
