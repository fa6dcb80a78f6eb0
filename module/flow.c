// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flows: what each process has moved through each object, in each direction.
 *
 * A hash table of a fixed number of entries. Each bucket has a lock, which an operation
 * holds for the few instructions that it takes to add to its entry: so an entry says the
 * same of all its values at any time. Entries that are new come from a pool under a lock of
 * its own, which is taken before a bucket's. A user has a share of the pool (share.h). When it is
 * used up, a flow of the same user that has long not been used makes room; when the pool is
 * empty, one of the user with most flows. Its values go to its row's sum of others, so that
 * flows and others together are always all that was counted since there have been flows.
 *
 * An entry changes hands under the pool's lock alone: who holds that may read its key. The
 * flows of a process are on a list under that lock, too, for when it ends, and those of a user are
 * on another one, a ring.
 *
 * Handlers come here behind a static key, which trace events of transfers turn on as well: then
 * there may be no table, and they find one without entries. A table is freed when none can
 * still see it: after a grace period of RCU, for those in interrupts and with preemption
 * disabled, and one of RCU-tasks, for those that were preempted.
 */
#include <linux/cgroup.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pid_namespace.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/sched/task.h>
#include <linux/timekeeping.h>

#include "flow_table.h"
#include "params.h"
#include "read.h"

/* So many flows of a user are looked at for one that has not been used for the longest time. */
#define FLOW_SAMPLE	16
/* And so many of one process, when it has ended, with interrupts off. */
#define FLOW_PROCESS_MAX	4096

DEFINE_STATIC_KEY_FALSE(ipc_flows_key);

/*
 * Flows of processes, by when those were started.
 * @evicted: when the youngest process was started of those of which something has gone to the
 *	others
 */
struct flow_process {
	struct ipc_flow *first;
	u64 evicted;
};

static struct flow_table *table;
/* Held by those who make it, free it, and read it. */
static DEFINE_MUTEX(flows_mutex);

static struct flow_bucket no_bucket = { .lock = __ARCH_SPIN_LOCK_UNLOCKED };
static struct flow_table no_table = { .shift = 63, .bucket = &no_bucket };
struct flow_table *ipc_flow_table = &no_table;

/* An interrupt is nobody's. */
static struct flow_key flow_key_here(struct ipc_row *row, enum ipc_dir dir)
{
	if (in_task())
		return flow_key(current, row, dir);
	return (struct flow_key){
		.row = row, .dir = dir, .who = flow_who(0, dir), .nobodys = true,
		.leader = &init_task,
	};
}

/* ---- which user may see a process ---- */

struct ipc_access ipc_access_of(const struct cred *cred, bool dumpable)
{
	struct ipc_access access = { INVALID_UID, INVALID_GID };

	if (dumpable && uid_eq(cred->euid, cred->uid) && uid_eq(cred->suid, cred->uid) &&
	    gid_eq(cred->egid, cred->gid) && gid_eq(cred->sgid, cred->gid))
		access = (struct ipc_access){ cred->uid, cred->gid };
	return access;
}

/* All threads of a process have its memory, also where the first one has ended. */
static int flow_dumpable(const struct flow_key *key)
{
	return ipc_dumpable(key->foreign ? (struct task_struct *)key->leader : current, true);
}

/* ---- the flows of a process: with the pool locked ---- */

static struct flow_process *flow_process(const struct flow_table *t, u64 start)
{
	return t->process + ((start * t->factor) >> t->shift);
}

static void flow_process_add(struct flow_table *t, struct ipc_flow *flow)
{
	struct flow_process *process = flow_process(t, flow->start);

	flow->sibling = process->first;
	flow->link = &process->first;
	if (flow->sibling)
		flow->sibling->link = &flow->sibling;
	process->first = flow;
}

static void flow_process_del(struct ipc_flow *flow)
{
	*flow->link = flow->sibling;
	if (flow->sibling)
		flow->sibling->link = flow->link;
}

/*
 * A flow that an exiting process begins: its last ones say which user may see it. If there are
 * none the kernel's rule for a process without memory holds, which asks for its IDs alone.
 */
static void flow_inherit_access(const struct flow_table *t, struct ipc_flow *flow,
				const struct flow_key *key)
{
	const struct ipc_flow *other = flow_process(t, flow->start)->first;
	unsigned int nr;

	if (key->nobodys || flow_dumpable(key) != -ESRCH || key->leader->flags & PF_KTHREAD)
		return;
	flow->access = ipc_access_of(rcu_dereference_raw(key->leader->real_cred), true);
	for (nr = 0; other && nr < FLOW_SAMPLE; other = other->sibling, nr++) {
		if (other->start == flow->start && other->tgid == flow->tgid) {
			/* Half of an old one and half of a new one is nobody's. */
			flow->access = data_race(other->access);
			break;
		}
	}
}

/* Of a process that was started then, something has gone to the others. */
static void flow_process_lacks(struct flow_table *t, u64 start)
{
	struct flow_process *process = flow_process(t, start);

	process->evicted = max(process->evicted, start);
}

/* ---- the flows of a user: with the pool locked ---- */

static u32 flow_nr(const struct flow_table *t, const struct ipc_flow *flow)
{
	return flow - t->flow;
}

/* At the end of the ring: the hand comes to it last. */
static void flow_user_add(struct flow_table *t, struct ipc_flow *flow, struct ipc_share *share)
{
	struct ipc_flow *hand = share->hand ?: flow;

	flow->share = share;
	flow->after = flow_nr(t, hand);
	flow->before = share->hand ? hand->before : flow->after;
	t->flow[flow->before].after = flow_nr(t, flow);
	hand->before = flow_nr(t, flow);
	share->hand = hand;
}

static void flow_user_del(struct flow_table *t, struct ipc_flow *flow)
{
	struct ipc_flow *after = &t->flow[flow->after];
	struct ipc_share *share = flow->share;

	t->flow[flow->before].after = flow->after;
	after->before = flow->before;
	if (share->hand == flow)
		share->hand = after == flow ? NULL : after;
}

/* One more, or one less: also those that are only coming, and are not in the ring. */
static void flow_user_holds(struct flow_table *t, struct ipc_share *share, int more)
{
	unsigned int rank = fls(share->used);

	share->used += more;
	if (fls(share->used) == rank)
		return;
	if (rank)
		hlist_del_init(&share->rank);
	if (share->used)
		hlist_add_head(&share->rank, &t->rank[fls(share->used)]);
	else
		ipc_share_settle(&t->shares, share);
}

/*
 * How many flows the user of @share may hold: half of the table, but root all of it. Users who fill
 * the table together lose flows to anybody who has fewer.
 */
static u32 flow_share_max(const struct flow_table *t, const struct ipc_share *share)
{
	return uid_eq(share->uid, GLOBAL_ROOT_UID) ? t->shares.max : t->shares.max / 2;
}

/* The user with most flows, within a factor of two; @share itself if no user has more. */
static struct ipc_share *flow_user_largest(struct flow_table *t, struct ipc_share *share)
{
	struct ipc_share *largest;
	unsigned int rank;

	for (rank = FLOW_RANKS - 1; rank; rank--) {
		if (hlist_empty(&t->rank[rank]))
			continue;
		largest = hlist_entry(t->rank[rank].first, struct ipc_share, rank);
		return largest->used > share->used ? largest : share;
	}
	return share;
}

/* ---- the pool ---- */

static void flow_give(struct flow_table *t, struct ipc_flow *flow)
{
	unsigned long flags;

	spin_lock_irqsave(&t->lock, flags);
	flow_process_del(flow);
	flow_user_del(t, flow);
	flow_user_holds(t, flow->share, -1);
	flow->next = t->free;
	t->free = flow;
	t->used--;
	spin_unlock_irqrestore(&t->lock, flags);
}

static void flow_unlink(struct flow_table *t, struct ipc_flow *flow)
{
	struct flow_bucket *bucket = flow_bucket(t, flow->id, flow->start, flow->who);
	struct ipc_flow **link;

	arch_spin_lock(&bucket->lock);
	for (link = &bucket->first; *link != flow; link = &(*link)->next)
		;
	*link = flow->next;
	flow->linked = false;
	arch_spin_unlock(&bucket->lock);
}

/*
 * The coldest of the next flows of a user; NULL: all of them are only coming. With the pool
 * locked.
 */
static struct ipc_flow *flow_evict(struct flow_table *t, struct ipc_share *share)
{
	struct ipc_flow *flow, *coldest = NULL;
	unsigned int i;

	for (i = 0; i < FLOW_SAMPLE && share->hand; i++) {
		flow = share->hand;
		share->hand = &t->flow[flow->after];
		if (READ_ONCE(flow->linked) &&
		    (!coldest || READ_ONCE(flow->last) < READ_ONCE(coldest->last)))
			coldest = flow;
	}
	if (!coldest)
		return NULL;
	flow_unlink(t, coldest);
	flow_process_del(coldest);
	flow_user_del(t, coldest);
	share->lost++;
	flow_user_holds(t, share, -1);
	flow_process_lacks(t, coldest->start);
	ipc_flow_sum(t->other[coldest->row->nr].value[coldest->dir == IPC_RECV], coldest->value);
	t->evicted++;
	return coldest;
}

/* An entry for a flow of a user, whose share is stored. NULL: there is no room. */
static struct ipc_flow *flow_take(struct flow_table *t, kuid_t uid, struct ipc_share **user)
{
	struct ipc_share *share;
	struct ipc_flow *flow;
	unsigned long flags;

	spin_lock_irqsave(&t->lock, flags);
	share = ipc_share_get(&t->shares, uid);
	if (share->used >= flow_share_max(t, share)) {
		flow = flow_evict(t, share);
	} else if (t->free) {
		flow = t->free;
		t->free = flow->next;
		t->used++;
	} else {
		flow = flow_evict(t, flow_user_largest(t, share));
	}
	if (flow)
		flow_user_holds(t, share, 1);
	else
		ipc_share_settle(&t->shares, share);
	spin_unlock_irqrestore(&t->lock, flags);
	*user = share;
	return flow;
}

/* ---- a new flow ---- */

static u64 flow_cgroup(const struct task_struct *task)
{
	u64 id = 0;

#ifdef CONFIG_CGROUPS
	rcu_read_lock();
	id = cgroup_id(task_dfl_cgroup((struct task_struct *)task));
	rcu_read_unlock();
#endif
	return id;
}

kuid_t ipc_task_euid(const struct task_struct *task)
{
	kuid_t euid;

	rcu_read_lock();
	euid = __task_cred(task)->euid;
	rcu_read_unlock();
	return euid;
}

/*
 * Which user may see the process. One that exits has no memory any more when it sends SIGCHLD:
 * what it was before counts then, unless its credentials have changed. If it cannot be told now
 * no user may, and the next operation looks again.
 */
static void flow_refresh_access(struct ipc_flow *flow, const struct flow_key *key,
				const struct cred *cred)
{
	int dumpable = flow_dumpable(key);
	struct ipc_access access = ipc_access_of(cred, dumpable != 0);

	if (dumpable >= 0)
		flow->access = access;
	else if (dumpable == -EAGAIN || !uid_eq(flow->access.uid, access.uid) ||
		 !gid_eq(flow->access.gid, access.gid))
		flow->access = (struct ipc_access){ INVALID_UID, INVALID_GID };
	if (dumpable == -EAGAIN)
		flow->state = 0;
}

/*
 * What a flow says of its process becomes what it is now. With its bucket locked and interrupts
 * off, which RCU waits for.
 */
static void flow_refresh(struct ipc_flow *flow, const struct flow_key *key)
{
	struct task_struct *leader = (struct task_struct *)key->leader;
	const struct cred *cred;

	flow->state = flow_state(key);
	flow->last = get_jiffies_64();
	if (key->nobodys)
		return;
	/* Half of an old name and half of a new one is put right at the next tick. */
	data_race(memcpy(flow->comm, leader->comm, sizeof(flow->comm)));
	cred = rcu_dereference_raw(leader->real_cred);
	if (!uid_eq(flow->euid, cred->euid))
		flow->euid = INVALID_UID;
	flow_refresh_access(flow, key, cred);
}

/* Whose share it takes: that of the real user of its process; the kernel's is root's. */
static kuid_t flow_user(const struct flow_key *key)
{
	kuid_t uid;

	if (key->nobodys)
		return GLOBAL_ROOT_UID;
	rcu_read_lock();
	uid = __task_cred(key->leader)->uid;
	rcu_read_unlock();
	return uid;
}

/* The file behind an address of the current process; nothing if that would have to wait. */
static void flow_look_up(struct ipc_flow *flow, unsigned long address)
{
	struct mm_struct *mm = in_task() ? current->mm : NULL;
	struct vm_area_struct *vma;

	if (!mm || !address || !mmap_read_trylock(mm))
		return;
	vma = vma_lookup(mm, address);
	if (vma && vma->vm_file && vma->vm_flags & VM_SHARED) {
		flow->file = file_inode(vma->vm_file)->i_ino;
		flow->dev = new_encode_dev(file_inode(vma->vm_file)->i_sb->s_dev);
		flow->offset = ((u64)vma->vm_pgoff << PAGE_SHIFT) + address - vma->vm_start;
	}
	mmap_read_unlock(mm);
}

static void flow_fill(struct ipc_flow *flow, const struct flow_key *key)
{
	struct task_struct *leader = (struct task_struct *)key->leader;
	struct pid_namespace *ns;

	*flow = (struct ipc_flow){
		.row = key->row, .id = key->id, .start = key->start, .tgid = key->tgid,
		.space = key->space, .who = key->who, .dir = key->dir, .by_device = key->by_device,
		.named = key->named,
		.euid = INVALID_UID,
		.access = { INVALID_UID, INVALID_GID },
		.first = ktime_get_mono_fast_ns(),
	};
	if (key->nobodys)
		return;
	flow->euid = ipc_task_euid(leader);
	flow->cgroup = flow_cgroup(leader);
	rcu_read_lock();
	ns = task_active_pid_ns(leader);
	if (ns) {
		flow->pid_ns = ipc_pid_ns_id(ns);
		flow->pid = task_tgid_nr_ns(leader, ns);
	}
	rcu_read_unlock();
	if (key->row->addresses)
		flow_look_up(flow, key->id);
}

/* ---- counting ---- */

static __always_inline struct flow_values flow_values(const struct ipc_row *row, long ret,
						      long copied)
{
	struct flow_values values = { .ops = 1 };

	if (unlikely(ret < 0)) {
		values.fails = 1;
	} else {
		values.bytes = ret;
		values.copied = ipc_store_copied(row, ret, copied);
	}
	return values;
}

/* See struct flow_values. */
static void flow_put_together(const struct ipc_row *row, u64 value[IPC_FLOW_VALUES])
{
	value[IPC_D_COPIED] = ipc_stored_copied(row, value[IPC_D_BYTES], value[IPC_D_COPIED]);
}

/* Adds to a flow that there is; with its bucket locked. */
static void flow_apply(struct ipc_flow *flow, const struct flow_key *key,
		       const struct flow_values *values)
{
	flow_refresh(flow, key);
	flow_add(flow->value, values);
}

static bool flow_count_stale(struct flow_bucket *bucket, const struct flow_key *key,
			     const struct flow_values *values)
{
	struct ipc_flow *flow;
	unsigned long flags;

	local_irq_save(flags);
	arch_spin_lock(&bucket->lock);
	flow = flow_find(bucket, key);
	if (flow)
		flow_apply(flow, key, values);
	arch_spin_unlock(&bucket->lock);
	local_irq_restore(flags);
	return flow;
}

/* An operation that has no flow. */
static void flow_count_other(struct flow_table *t, const struct flow_key *key,
			     const struct flow_values *values)
{
	unsigned long flags;

	if (t == &no_table)
		return;
	spin_lock_irqsave(&t->lock, flags);
	flow_add(t->other[key->row->nr].value[key->dir == IPC_RECV], values);
	flow_process_lacks(t, key->start);
	spin_unlock_irqrestore(&t->lock, flags);
}

/* A flow that is new, or not fresh. By value: an address would force all of it into memory. */
static noinline void flow_count_slow(struct flow_key key, struct flow_values values)
{
	struct flow_table *t = READ_ONCE(ipc_flow_table);
	struct flow_bucket *bucket = flow_bucket(t, key.id, key.start, key.who);
	struct ipc_flow *new, *flow;
	struct ipc_share *share;
	unsigned long flags;

	if (t == &no_table || flow_count_stale(bucket, &key, &values))
		return;
	new = flow_take(t, flow_user(&key), &share);
	if (!new) {
		flow_count_other(t, &key, &values);
		return;
	}
	flow_fill(new, &key);
	spin_lock_irqsave(&t->lock, flags);
	flow_inherit_access(t, new, &key);
	flow_process_add(t, new);
	flow_user_add(t, new, share);
	spin_unlock_irqrestore(&t->lock, flags);
	local_irq_save(flags);
	arch_spin_lock(&bucket->lock);
	/* Another thread may have been faster. */
	flow = flow_find(bucket, &key);
	if (!flow) {
		flow = new;
		new = NULL;
		flow->next = bucket->first;
		bucket->first = flow;
		WRITE_ONCE(flow->linked, true);
	}
	flow_apply(flow, &key, &values);
	arch_spin_unlock(&bucket->lock);
	local_irq_restore(flags);
	if (new)
		flow_give(t, new);
}

/* False: there is no such flow yet, or it is not fresh. */
static __always_inline bool flow_count_known(const struct flow_key *key,
					     const struct flow_values *values)
{
	struct flow_bucket *bucket = flow_bucket(READ_ONCE(ipc_flow_table), key->id, key->start,
						 key->who);
	struct ipc_flow *flow;
	unsigned long flags;

	local_irq_save(flags);
	arch_spin_lock(&bucket->lock);
	flow = flow_find(bucket, key);
	if (unlikely(!flow || !flow_is_fresh(flow, key))) {
		arch_spin_unlock(&bucket->lock);
		local_irq_restore(flags);
		return false;
	}
	flow_add(flow->value, values);
	arch_spin_unlock(&bucket->lock);
	local_irq_restore(flags);
	return true;
}

/* An operation that begins no flow. */
static void flow_count_if_there(const struct flow_key *key, const struct flow_values *values)
{
	struct flow_table *t = READ_ONCE(ipc_flow_table);
	struct flow_bucket *bucket = flow_bucket(t, key->id, key->start, key->who);

	if (!flow_count_stale(bucket, key, values))
		flow_count_other(t, key, values);
}

static __always_inline void flow_count(const struct flow_key *key,
				       const struct flow_values *values)
{
	if (unlikely(!flow_count_known(key, values)))
		flow_count_slow(*key, *values);
}

static noinline void flow_trace(struct flow_key key, struct flow_values values)
{
	u64 value[IPC_FLOW_VALUES] = { };

	flow_add(value, &values);
	flow_put_together(key.row, value);
	trace_ipcstat_transfer(key.row, key.dir, key.tgid, key.id,
			       ipc_flow_space(key.space, key.by_device), value);
}

/* An operation, for all that want to know. */
static __always_inline void flow_transfer(const struct flow_key *key,
					  const struct flow_values *values)
{
	if (trace_ipcstat_transfer_enabled())
		flow_trace(*key, *values);
	flow_count(key, values);
}

void ipc_flow(struct ipc_row *row, enum ipc_dir dir, struct ipc_at at, long ret, long copied)
{
	const struct flow_values values = flow_values(row, ret, copied);
	struct flow_key key = flow_key_here(row, dir);

	flow_at(&key, at);
	flow_transfer(&key, &values);
}

void ipc_flow_of(const struct task_struct *task, struct ipc_row *row, enum ipc_dir dir)
{
	const struct flow_values values = { .ops = 1 };
	struct flow_key key = flow_key(task, row, dir);

	key.foreign = true;
	flow_transfer(&key, &values);
}

void ipc_flow_wait(struct ipc_row *row, enum ipc_dir dir, const struct ipc_object *object,
		   u64 wait_ns)
{
	const struct flow_values values = { .waits = 1, .wait_ns = wait_ns };
	struct flow_key key = flow_key(current, row, dir);

	key.id = object->id;
	key.named = object->kind;
	key.by_device = object->inode;
	key.space = object->inode ? new_decode_dev(object->space) : object->space;
	flow_count(&key, &values);
}

/*
 * ---- the end of most operations: a function for each kind of object, as they are frequent ----
 *
 * All that is seldom is left to a function that begins anew, and is called last: so what is
 * frequent has no call to keep anything for, and hardly a register to save.
 */

static __always_inline struct flow_values flow_end_values(long ret)
{
	return (struct flow_values){ .ops = 1, .bytes = ret, .fails = ret < 0 };
}

/*
 * Whether an operation failed so that there may be nothing at its address: anybody can name any
 * number of those. Where it has compared the futex's value, or waited, there is one.
 */
static bool flow_at_no_object(const struct ipc_row *row, long ret)
{
	if (ret >= 0 || !row->addresses)
		return false;
	switch (ret) {
	case -EAGAIN:
	case -EDEADLK:
	case -EINTR:
	case -ETIMEDOUT:
	case -ERESTARTSYS:
	case -ERESTARTNOINTR:
	case -ERESTARTNOHAND:
	case -ERESTART_RESTARTBLOCK:
		return false;
	}
	return true;
}

static noinline void flow_end_slow(const struct ipc_call *call, struct ipc_row *row,
				   enum ipc_dir dir, struct ipc_at at, long ret)
{
	const struct flow_values values = flow_end_values(ret);
	const struct flow_key key = flow_end_key(row, dir, at);

	if (likely(!flow_at_no_object(row, ret))) {
		flow_transfer(&key, &values);
	} else {
		if (trace_ipcstat_transfer_enabled())
			flow_trace(key, values);
		flow_count_if_there(&key, &values);
	}
	ipc_woke(call);
}

static __always_inline void flow_end(const struct ipc_call *call, struct ipc_row *row,
				     enum ipc_dir dir, struct ipc_at at, long ret)
{
	const struct flow_values values = flow_end_values(ret);

	if (likely(flow_end_count(row, dir, at, &values)))
		ipc_woke(call);
	else
		flow_end_slow(call, row, dir, at, ret);
}

#define FLOW_END(kind, at_kind, dir_name, dir)							\
void ipc_flow_end_##kind##_##dir_name(const struct ipc_call *call, struct ipc_row *row,		\
				      unsigned long value, long ret)				\
{												\
	flow_end(call, row, dir, (struct ipc_at){ at_kind, value }, ret);			\
}
#define FLOW_ENDS(kind, at_kind)								\
	FLOW_END(kind, at_kind, send, IPC_SEND)							\
	FLOW_END(kind, at_kind, recv, IPC_RECV)

FLOW_ENDS(inode, IPC_AT_INODE)
FLOW_ENDS(fd, IPC_AT_FD)
FLOW_ENDS(sysv, IPC_AT_SYSV)
FLOW_ENDS(number, IPC_AT_NUMBER)

static noinline void flow_inode_slow(struct ipc_row *row, enum ipc_dir dir,
				     const struct inode *inode, long ret, long difference)
{
	ipc_flow(row, dir, ipc_at_inode(inode), ret, ipc_stored_copied(row, ret, difference));
}

static __always_inline void flow_inode(struct ipc_row *row, enum ipc_dir dir,
				       const struct inode *inode, long ret, long difference)
{
	struct flow_values values = flow_end_values(ret);

	values.copied = difference;
	if (unlikely(!flow_end_count(row, dir, ipc_at_inode(inode), &values)))
		flow_inode_slow(row, dir, inode, ret, difference);
}

void ipc_flow_inode_send(struct ipc_row *row, const struct inode *inode, long ret, long difference)
{
	flow_inode(row, IPC_SEND, inode, ret, difference);
}

void ipc_flow_inode_recv(struct ipc_row *row, const struct inode *inode, long ret, long difference)
{
	flow_inode(row, IPC_RECV, inode, ret, difference);
}

/* What is seldom of those that are no end of an operation: as flow_end_slow(). */
static noinline void flow_slow(struct ipc_row *row, enum ipc_dir dir, struct ipc_at at,
			       struct flow_values values)
{
	const struct flow_key key = flow_end_key(row, dir, at);

	flow_transfer(&key, &values);
}

static __always_inline void flow_fast(struct ipc_row *row, enum ipc_dir dir, struct ipc_at at,
				      const struct flow_values *values)
{
	if (unlikely(!flow_end_count(row, dir, at, values)))
		flow_slow(row, dir, at, *values);
}

void ipc_flow_mapped(struct ipc_row *row, enum ipc_dir dir, int id, unsigned int ops, u64 bytes)
{
	const struct flow_values values = { .ops = ops, .bytes = bytes };

	flow_fast(row, dir, ipc_at_sysv(id), &values);
}

void ipc_flow_copied(struct ipc_row *row, enum ipc_dir dir, const struct inode *inode, u64 bytes)
{
	const struct flow_values values = { .copied = bytes };

	flow_fast(row, dir, ipc_at_inode(inode), &values);
}

void ipc_flow_own(struct ipc_row *row, enum ipc_dir dir)
{
	const struct flow_values values = { .ops = 1 };

	flow_fast(row, dir, IPC_NOWHERE, &values);
}

/* ---- reading ---- */

void ipc_flows_state(struct ipc_flow_state *state)
{
	memset(state, 0, sizeof(*state));
	mutex_lock(&flows_mutex);
	if (table) {
		spin_lock_irq(&table->lock);
		state->max = table->max;
		state->used = table->used;
		state->evicted = table->evicted;
		spin_unlock_irq(&table->lock);
	}
	mutex_unlock(&flows_mutex);
}

unsigned int ipc_flows_begin(void)
{
	mutex_lock(&flows_mutex);
	return table ? table->max : 0;
}

bool ipc_flows_read(unsigned int nr, struct ipc_flow *flow)
{
	const struct ipc_flow *from = &table->flow[nr];
	struct flow_bucket *bucket;
	bool linked;

	if (!READ_ONCE(from->linked))
		return false;
	spin_lock_irq(&table->lock);
	linked = READ_ONCE(from->linked);
	if (linked) {
		bucket = flow_bucket(table, from->id, from->start, from->who);
		arch_spin_lock(&bucket->lock);
		*flow = *from;
		arch_spin_unlock(&bucket->lock);
	}
	spin_unlock_irq(&table->lock);
	if (linked)
		flow_put_together(flow->row, flow->value);
	return linked;
}

void ipc_flows_read_other(const struct ipc_row *row, struct ipc_flow_other *other)
{
	spin_lock_irq(&table->lock);
	*other = table->other[row->nr];
	spin_unlock_irq(&table->lock);
	flow_put_together(row, other->value[0]);
	flow_put_together(row, other->value[1]);
}

/* Its entry is not evicted meanwhile. */
static void flow_add_to(struct ipc_process_flows *sum, const struct ipc_flow *flow)
{
	struct flow_bucket *bucket = flow_bucket(table, flow->id, flow->start, flow->who);

	arch_spin_lock(&bucket->lock);
	ipc_flow_sum(sum->value[flow->row->nr][flow->dir == IPC_RECV], flow->value);
	arch_spin_unlock(&bucket->lock);
}

static bool flow_sum_process(struct ipc_process_flows *sum, u32 tgid, u64 start)
{
	const struct flow_process *process;
	const struct ipc_flow *flow;
	unsigned int nr = 0;
	bool found = false;

	spin_lock_irq(&table->lock);
	process = flow_process(table, start);
	for (flow = process->first; flow && nr < FLOW_PROCESS_MAX; flow = flow->sibling, nr++) {
		if (flow->start != start || flow->tgid != tgid || !READ_ONCE(flow->linked))
			continue;
		flow_add_to(sum, flow);
		found = true;
	}
	sum->partial = flow || process->evicted >= start;
	spin_unlock_irq(&table->lock);
	return found;
}

bool ipc_flows_of(struct ipc_process_flows *sum, u32 tgid, u64 start)
{
	const struct ipc_row *row;
	bool found = false;
	unsigned int nr;

	memset(sum, 0, sizeof(*sum));
	mutex_lock(&flows_mutex);
	if (table)
		found = flow_sum_process(sum, tgid, start);
	mutex_unlock(&flows_mutex);
	for (nr = 0; (row = ipc_row_get(nr)); nr++) {
		flow_put_together(row, sum->value[nr][0]);
		flow_put_together(row, sum->value[nr][1]);
	}
	return found;
}

u64 ipc_flows_evicted(void)
{
	u64 evicted;

	spin_lock_irq(&table->lock);
	evicted = table->evicted;
	spin_unlock_irq(&table->lock);
	return evicted;
}

bool ipc_flows_share(unsigned int nr, struct ipc_share_info *info)
{
	const struct ipc_share *share;

	spin_lock_irq(&table->lock);
	share = ipc_share_nr(&table->shares, nr);
	if (share)
		*info = (struct ipc_share_info){
			.table = "flows", .uid = share->uid, .shared = nr == IPC_SHARES,
			.used = share->used, .max = flow_share_max(table, share),
			.lost = share->lost,
		};
	spin_unlock_irq(&table->lock);
	return share;
}

void ipc_flows_end(void)
{
	mutex_unlock(&flows_mutex);
}

/* ---- start and stop ---- */

static void flow_table_free(struct flow_table *t)
{
	if (!t)
		return;
	kvfree(t->bucket);
	kvfree(t->process);
	kvfree(t->flow);
	ipc_shares_exit(&t->shares);
	kvfree(t);
}

static struct flow_table *flow_table_new(unsigned int max)
{
	unsigned int i, bits = max_t(unsigned int, order_base_2(max), 1);
	struct flow_table *t = kvzalloc(sizeof(*t), GFP_KERNEL);

	if (!t)
		return NULL;
	t->bucket = kvcalloc(1UL << bits, sizeof(*t->bucket), GFP_KERNEL);
	t->process = kvcalloc(1UL << bits, sizeof(*t->process), GFP_KERNEL);
	t->flow = kvcalloc(max, sizeof(*t->flow), GFP_KERNEL);
	if (!t->bucket || !t->process || !t->flow) {
		flow_table_free(t);
		return NULL;
	}
	t->max = max;
	t->shift = 64 - bits;
	t->factor = get_random_u64() | 1;
	t->start_factor = get_random_u64() | 1;
	spin_lock_init(&t->lock);
	ipc_shares_init(&t->shares, max);
	for (i = 0; i < 1U << bits; i++)
		t->bucket[i].lock = (arch_spinlock_t)__ARCH_SPIN_LOCK_UNLOCKED;
	for (i = 0; i < max; i++)
		t->flow[i].next = i + 1 < max ? &t->flow[i + 1] : NULL;
	t->free = t->flow;
	return t;
}

int ipc_flows_start(unsigned int max)
{
	struct flow_table *t;
	int err = 0;

	mutex_lock(&flows_mutex);
	if (table) {
		err = table->max == max ? 0 : -EALREADY;
		goto out;
	}
	t = flow_table_new(max);
	if (!t) {
		err = -ENOMEM;
		goto out;
	}
	table = t;
	/* After all that is in it. */
	smp_store_release(&ipc_flow_table, t);
	static_branch_inc(&ipc_flows_key);
out:
	mutex_unlock(&flows_mutex);
	return err;
}

void ipc_flows_stop(void)
{
	mutex_lock(&flows_mutex);
	if (table) {
		static_branch_dec(&ipc_flows_key);
		WRITE_ONCE(ipc_flow_table, &no_table);
		synchronize_rcu();
		synchronize_rcu_tasks();
		flow_table_free(table);
		table = NULL;
	}
	mutex_unlock(&flows_mutex);
}

int ipc_flows_init(void)
{
	return ipc_flows_wanted ? ipc_flows_start(ipc_max_flows) : 0;
}

/* When no handler runs any more. */
void ipc_flows_exit(void)
{
	if (table)
		static_branch_dec(&ipc_flows_key);
	flow_table_free(table);
	table = NULL;
}
