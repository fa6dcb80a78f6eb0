/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What flow.c does for each operation, as it is frequent: it finds the operation's flow and adds
 * to it. All else, and what the table is, is in flow.c.
 */
#ifndef _IPCSTAT_FLOW_TABLE_H
#define _IPCSTAT_FLOW_TABLE_H

#include <linux/cred.h>
#include <linux/fdtable.h>
#include <linux/ipc_namespace.h>
#include <linux/jiffies.h>
#include <linux/nsproxy.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>

#include "flow.h"
#include "params.h"
#include "share.h"
#include "trace.h"

/*
 * @lock: held with interrupts off, for some twenty instructions. Not a spinlock_t: taking a
 *	one costs more than all that is done under it.
 */
struct flow_bucket {
	arch_spinlock_t lock;
	struct ipc_flow *first;
};

struct flow_process;

#define FLOW_RANKS	(ilog2(IPC_MAX_FLOWS) + 2)

/*
 * @max: entries
 * @shift, @factor: of a hash, that gives a bucket's number. The factor is any odd number: who
 *	chooses the addresses of futexes must not be able to choose a bucket, too.
 * @start_factor: another one, for when a process was started: many that know it could choose
 *	addresses all of which have the same sum with it
 * @free: the first entry of the pool
 * @shares: of each user, whose @lost are evicted flows
 * @rank: users with flows, by the number of binary digits of how many they have
 * @other: of each row
 */
struct flow_table {
	unsigned int max, shift;
	u64 factor, start_factor;
	struct flow_bucket *bucket;
	struct flow_process *process;
	struct ipc_flow *flow;

	spinlock_t lock;
	struct ipc_flow *free;
	u32 used;
	u64 evicted;
	struct ipc_shares shares;
	struct hlist_head rank[FLOW_RANKS];
	struct ipc_flow_other other[IPC_MAX_ROWS];
};

/* What handlers find: the table, or one in which nothing is ever found. */
extern struct flow_table *ipc_flow_table;

/* What tells a flow from another one. */
struct flow_key {
	struct ipc_row *row;
	u64 id, start;
	u32 tgid, space, who;
	u8 dir;
	bool by_device, named;		/* tell nothing apart, as all that follows */
	bool nobodys;			/* the kernel by itself: @leader is any task */
	bool foreign;			/* the process is not the current one */
	const struct task_struct *leader; /* of the process */
};

/*
 * What an operation adds. @copied: as ipc_store_copied() has it.
 */
struct flow_values {
	u64 ops, bytes, copied, waits, wait_ns, fails;
};

/* ---- the key ---- */

/* A process number and a direction, which are compared at once. */
static __always_inline u32 flow_who(u32 tgid, enum ipc_dir dir)
{
	BUILD_BUG_ON(((IPC_SEND ^ IPC_RECV) & 7) == 0);
	BUILD_BUG_ON(PID_MAX_LIMIT * 8ULL + IPC_RECV > U32_MAX);
	return tgid * 8 + dir;
}

static __always_inline struct flow_key flow_key(const struct task_struct *task,
						struct ipc_row *row, enum ipc_dir dir)
{
	const struct task_struct *leader = task->group_leader;

	return (struct flow_key){
		.row = row, .dir = dir, .leader = leader, .start = leader->start_boottime,
		.tgid = task->tgid, .who = flow_who(task->tgid, dir),
	};
}

static __always_inline void flow_at_inode(struct flow_key *key, const struct inode *inode)
{
	key->id = inode->i_ino;
	key->space = inode->i_sb->s_dev;
	key->by_device = true;
	key->named = true;
}

/*
 * Without a reference, which costs more than all the rest of the key. RCU waits for who cannot be
 * preempted: a file that is closed meanwhile may be another one at once, but its inode, whichever
 * it is, and that one's super block stay as long (__d_lookup_rcu() rests on that, too).
 */
static __always_inline void flow_at_fd(struct flow_key *key, unsigned int fd)
{
	struct files_struct *files = current->files;
	const struct inode *inode;
	const struct file *file;

	if (!files)
		return;
	preempt_disable_notrace();
	file = files_lookup_fd_raw(files, fd);
	inode = file ? READ_ONCE(file->f_inode) : NULL;
	if (inode)
		flow_at_inode(key, inode);
	preempt_enable_notrace();
}

static __always_inline u32 flow_ipc_space(void)
{
	return current->nsproxy ? current->nsproxy->ipc_ns->ns.inum : 0;
}

/* The same names as those of struct ipc_object. */
static __always_inline void flow_at(struct flow_key *key, struct ipc_at at)
{
	switch (at.kind) {
	case IPC_AT_NOTHING:
		break;
	case IPC_AT_INODE:
		flow_at_inode(key, (const struct inode *)at.value);
		break;
	case IPC_AT_FD:
		flow_at_fd(key, at.value);
		break;
	case IPC_AT_SYSV:
		key->id = (int)at.value;
		key->named = true;
		key->space = flow_ipc_space();
		break;
	case IPC_AT_NUMBER:
		key->id = at.value;
		key->named = true;
		break;
	}
}

/*
 * The numbers of one process's pipes, sockets and queues are next to each other: as the direction
 * is in the lowest bits, the number lies above it, or what is read here would be in the bucket of
 * what is written there.
 */
static __always_inline struct flow_bucket *flow_bucket(const struct flow_table *t, u64 id,
						       u64 start, u32 who)
{
	/* & 63: or a kernel that checks shifts (UBSAN_SHIFT) has a call here, and registers to save */
	return t->bucket +
	       (((id * 8 + start * t->start_factor + who) * t->factor) >> (t->shift & 63));
}

static __always_inline struct ipc_flow *flow_find(const struct flow_bucket *bucket,
						  const struct flow_key *key)
{
	struct ipc_flow *flow;

	for (flow = bucket->first; flow; flow = flow->next)
		if (flow->id == key->id && flow->row == key->row && flow->start == key->start &&
		    flow->who == key->who && flow->space == key->space)
			break;
	return flow;
}

/* ---- counting ---- */

static __always_inline void flow_add(u64 *sum, const struct flow_values *values)
{
	sum[IPC_D_OPS] += values->ops;
	if (unlikely(values->fails)) {	/* and nothing else, whatever it says */
		sum[IPC_D_FAILS] += values->fails;
		return;
	}
	sum[IPC_D_BYTES] += values->bytes;
	sum[IPC_D_COPIED] += values->copied;
	sum[IPC_D_WAITS] += values->waits;
	sum[IPC_D_WAIT_NS] += values->wait_ns;
}

/*
 * A word that changes with each tick, and when the process's credentials or its dumpability
 * change. The tick is shifted by 40 bits, the address of the credentials varies below, and its
 * six lowest bits are free for dumpability: no change hides another one.
 */
static __always_inline u64 flow_state(const struct flow_key *key)
{
	u64 now = get_jiffies_64();
	u64 state = now << 40;

	state ^= (unsigned long)rcu_access_pointer(key->leader->real_cred);
	return key->foreign ? state : state ^ ipc_dumpable_word();
}

/* Whether what a flow says of its process is as it is now, to a tick. With its bucket locked. */
static __always_inline bool flow_is_fresh(const struct ipc_flow *flow, const struct flow_key *key)
{
	return flow->state == flow_state(key);
}

static __always_inline struct flow_key flow_end_key(struct ipc_row *row, enum ipc_dir dir,
						   struct ipc_at at)
{
	struct flow_key key = flow_key(current, row, dir);

	flow_at(&key, at);
	return key;
}

/*
 * False: there is no such flow yet, or it says of its process what is out of date, or another CPU
 * has its bucket, or the operation is traced.
 */
static __always_inline bool flow_end_count(struct ipc_row *row, enum ipc_dir dir, struct ipc_at at,
					   const struct flow_values *values)
{
	struct flow_key key = flow_end_key(row, dir, at);
	struct flow_bucket *bucket;
	struct ipc_flow *flow;
	unsigned long flags;

	if (trace_ipcstat_transfer_enabled())
		return false;
	bucket = flow_bucket(READ_ONCE(ipc_flow_table), key.id, key.start, key.who);
	local_irq_save(flags);
	if (unlikely(!arch_spin_trylock(&bucket->lock)))
		goto out;
	/* What no hash is made of is read again, for it would take up a register until here. */
	if (at.kind == IPC_AT_INODE)
		flow_at_inode(&key, (const struct inode *)at.value);
	else if (at.kind == IPC_AT_SYSV)
		key.space = flow_ipc_space();
	flow = flow_find(bucket, &key);
	if (unlikely(!flow))
		goto out_unlock;
	key.leader = current->group_leader;
	if (unlikely(!flow_is_fresh(flow, &key)))
		goto out_unlock;
	flow_add(flow->value, values);
	arch_spin_unlock(&bucket->lock);
	local_irq_restore(flags);
	return true;

out_unlock:
	arch_spin_unlock(&bucket->lock);
out:
	local_irq_restore(flags);
	return false;
}

#endif /* _IPCSTAT_FLOW_TABLE_H */
