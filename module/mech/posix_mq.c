// SPDX-License-Identifier: GPL-2.0-only
/*
 * POSIX message queues (ipc/mqueue.c).
 *
 * do_mq_timedsend() and do_mq_timedreceive() look the descriptor up by
 * themselves: a result of EBADF never reached a queue. The kernel keeps no sum
 * of what is queued, so it is counted: a message comes with a successful send
 * and goes when the receiver frees it (also one lost to EFAULT), or when its
 * queue does. One that is handed to a sleeping receiver is queued until then.
 */
#include <linux/cred.h>
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/msg.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/user_namespace.h>

#include "ipc_ns.h"

/* All messages that have gone, or come, since the module was loaded. */
struct ipc_mq_flow {
	u64 messages, bytes;
};

static DEFINE_PER_CPU(struct ipc_mq_flow, freed);

/* The object behind a descriptor, unless it was closed meanwhile. */
static struct ipc_object mq_object(unsigned int fd)
{
	struct ipc_object object = IPC_NO_OBJECT;
	struct file *file = fget(fd);

	if (file) {
		object = ipc_object_inode("mqueue", file_inode(file));
		fput(file);
	}
	return object;
}

static noinline void mq_is_full(unsigned int fd)
{
	struct ipc_object object;

	if (!ipc_listened(IPC_G_LIMIT))
		return;
	object = mq_object(fd);
	ipc_event_limit(&ipc_row_posix_mq, &object);
}

static __always_inline void mq_done(const struct ipc_call *call, enum ipc_dir dir, long ret)
{
	if (likely(ret >= 0)) {
		ipc_moved(&ipc_row_posix_mq, dir, ret);
	} else if (ret != -EBADF) {
		ipc_failed(&ipc_row_posix_mq, dir);
		if (ret == -EAGAIN && dir == IPC_SEND)
			mq_is_full(call->arg[0]);
	} else {
		ipc_woke(call);
		return;
	}
	ipc_end(call, &ipc_row_posix_mq, dir, ipc_at_fd(call->arg[0]), ret);
}

static void mq_send_done(const struct ipc_call *call)
{
	int ret = call->ret;

	mq_done(call, IPC_SEND, ret ? ret : call->arg[2]);
}

static void mq_receive_done(const struct ipc_call *call)
{
	mq_done(call, IPC_RECV, (int)call->ret);
}

/*
 * wq_sleep(info, sr, timeout, ewp): sr is SEND or RECV of ipc/mqueue.c, 0 or 1. It loops.
 * The queue is what the system call's descriptor names.
 */
static void mq_sleeps(struct ftrace_regs *regs)
{
	const enum ipc_dir dir = (int)ipc_arg(regs, 1) ? IPC_RECV : IPC_SEND;
	struct ipc_object object;
	unsigned long args[6];

	syscall_get_arguments(current, current_pt_regs(), args);
	object = mq_object(args[0]);
	object.timeout = ipc_arg(regs, 2);
	ipc_sleep_often(&ipc_row_posix_mq, dir, &object);
	if (dir == IPC_SEND)
		ipc_event_limit(&ipc_row_posix_mq, &object);
}

/* mqueue_evict_inode(inode): nobody has the queue open, and its name is gone. */
static void mq_evicted(struct ftrace_regs *regs)
{
	const struct inode *inode = (const struct inode *)ipc_arg(regs, 0);
	const struct ipc_mqueue *queue = container_of(inode, struct ipc_mqueue, vfs_inode);
	struct ipc_object object;

	if (!S_ISREG(inode->i_mode))
		return;
	object = ipc_object_inode("mqueue", inode);
	ipc_event_lost(&ipc_row_posix_mq, &object, queue->qsize, queue->attr.mq_curmsgs);
}

static void mq_message_freed(struct ftrace_regs *regs)
{
	const struct msg_msg *msg = (const struct msg_msg *)ipc_arg(regs, 0);

	this_cpu_inc(freed.messages);
	this_cpu_add(freed.bytes, msg->m_ts);
}

/*
 * A message that is older than the hooks goes without having come. When all
 * queues are empty, and nothing has moved meanwhile, the difference between
 * what came and what went is theirs: @offset. Until that has been seen the
 * gauges are unknown.
 */
static DEFINE_MUTEX(offset_lock);
static struct ipc_mq_flow offset;
static bool offset_known;

static void mq_flows(struct ipc_mq_flow *in, struct ipc_mq_flow *out)
{
	const struct ipc_row *row = &ipc_row_posix_mq;
	int cpu;

	memset(in, 0, sizeof(*in));
	memset(out, 0, sizeof(*out));
	for_each_possible_cpu(cpu) {
		const struct ipc_mq_flow *gone = per_cpu_ptr(&freed, cpu);

		in->messages += ipc_cells_col(row, cpu, IPC_SEND_OPS) -
				ipc_cells_col(row, cpu, IPC_SEND_FAILS);
		in->bytes += ipc_cells_col(row, cpu, IPC_SEND_BYTES);
		out->messages += READ_ONCE(gone->messages);
		out->bytes += READ_ONCE(gone->bytes);
	}
}

static bool mq_has_messages(struct inode *inode)
{
	struct file file = { .f_inode = inode, .f_op = inode->i_fop };
	bool named;

	/* mqueue_create_attr() names a queue when it is complete; the root is none */
	spin_lock(&inode->i_lock);
	named = S_ISREG(inode->i_mode) && !hlist_empty(&inode->i_dentry);
	spin_unlock(&inode->i_lock);
	/* mqueue_poll_file() looks at nothing but the file's inode */
	return named && (vfs_poll(&file, NULL) & EPOLLIN);
}

static void mq_check_empty(struct super_block *sb, void *empty)
{
	struct inode *inode;

	spin_lock(&sb->s_inode_list_lock);
	list_for_each_entry(inode, &sb->s_inodes, i_sb_list)
		if (mq_has_messages(inode))
			*(bool *)empty = false;
	spin_unlock(&sb->s_inode_list_lock);
}

static bool mq_all_empty(void)
{
	struct file_system_type *mqueue = get_fs_type("mqueue");
	bool empty = true;

	if (!mqueue)
		return false;
	iterate_supers_type(mqueue, mq_check_empty, &empty);
	module_put(mqueue->owner);
	return empty;
}

/* Looks twice, so that a receiver has time to free what it took from a queue before. */
static void mq_find_offset(void)
{
	struct ipc_mq_flow in[2], out[2], found;

	mq_flows(&in[0], &out[0]);
	if (!mq_all_empty())
		return;
	msleep(20);
	if (!mq_all_empty())
		return;
	mq_flows(&in[1], &out[1]);
	if (memcmp(&in[0], &in[1], sizeof(in[0])) || memcmp(&out[0], &out[1], sizeof(out[0])))
		return;
	found.messages = out[1].messages - in[1].messages;
	found.bytes = out[1].bytes - in[1].bytes;
	/* If there was something, two readings have to agree: a receiver may be slower. */
	offset_known = !memcmp(&found, &offset, sizeof(found));
	offset = found;
}

static void add_namespace(struct ipc_namespace *ns, struct ipc_gauge *gauge)
{
	gauge->value[IPC_OBJECTS] += READ_ONCE(ns->mq_queues_count);
}

static void posix_mq_gauge(struct ipc_row *row, struct ipc_gauge *gauge)
{
	struct ipc_mq_flow in, out;

	ipc_ns_sum(gauge, IPC_BIT(IPC_OBJECTS), add_namespace);

	mutex_lock(&offset_lock);
	if (!offset_known)
		mq_find_offset();
	if (!offset_known)
		gauge->unknown |= IPC_BITS_QUEUE;
	mutex_unlock(&offset_lock);

	/* A message may go before its sender has returned. */
	mq_flows(&in, &out);
	gauge->value[IPC_QUEUED] = max_t(s64, 0, in.messages - out.messages + offset.messages);
	gauge->value[IPC_QUEUED_BYTES] = max_t(s64, 0, in.bytes - out.bytes + offset.bytes);
}

static void posix_mq_seed(void)
{
	mutex_lock(&offset_lock);
	mq_find_offset();
	mutex_unlock(&offset_lock);
}

struct ipc_row ipc_row_posix_mq = {
	.name = "posix_mq",
	.gauge = posix_mq_gauge,
};

/* Queues of the IPC namespace, with or without a name: what fs.mqueue.queues_max limits. */
static u64 mq_ns_queues(void)
{
	return READ_ONCE(current->nsproxy->ipc_ns->mq_queues_count);
}

/* What the user's queues could hold, as getrlimit(2) adds it up for RLIMIT_MSGQUEUE. */
static u64 mq_user_bytes(void)
{
	return get_rlimit_value(current_ucounts(), UCOUNT_RLIMIT_MSGQUEUE);
}

static struct ipc_row *const rows[] = { &ipc_row_posix_mq };

static struct ipc_hook hooks[] = {
	{
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("do_mq_timedsend"),
		.called_by = IPC_NAMES("__x64_sys_mq_timedsend", "|__ia32_sys_mq_timedsend_time32"),
		.feeds = IPC_FEEDS({ &ipc_row_posix_mq,
				     IPC_BITS_RESULT(IPC_SEND) | IPC_BITS_SLEEP(IPC_SEND) |
				     IPC_BITS_QUEUE }),
		.done = mq_send_done,
		.nargs = 5,
		.uses = 3,
		.sleeps = true,
	}, {
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("do_mq_timedreceive"),
		.called_by = IPC_NAMES("__x64_sys_mq_timedreceive",
				       "|__ia32_sys_mq_timedreceive_time32"),
		.feeds = IPC_FEEDS({ &ipc_row_posix_mq,
				     IPC_BITS_RESULT(IPC_RECV) | IPC_BITS_SLEEP(IPC_RECV) }),
		.done = mq_receive_done,
		.nargs = 5,
		.uses = 1,
		.sleeps = true,
	}, {
		.kind = IPC_HOOK_ENTRY,
		.symbols = IPC_NAMES("free_msg"),
		.callers = IPC_NAMES("do_mq_timedreceive", "mqueue_evict_inode"),
		.feeds = IPC_FEEDS({ &ipc_row_posix_mq, IPC_BITS_QUEUE }),
		.entry = mq_message_freed,
	}, {
		.kind = IPC_HOOK_ENTRY,
		.symbols = IPC_NAMES("wq_sleep"),
		.called_by = IPC_NAMES("do_mq_timedsend", "do_mq_timedreceive"),
		.feeds = IPC_FEEDS({ &ipc_row_posix_mq,
				     IPC_BITS_SLEEP(IPC_SEND) | IPC_BITS_SLEEP(IPC_RECV) }),
		.entry = mq_sleeps,
	}, {
		.kind = IPC_HOOK_ENTRY,
		.symbols = IPC_NAMES("mqueue_evict_inode"),
		.entry = mq_evicted,
	},
};

struct ipc_mech ipc_mech_posix_mq = {
	.rows = rows,
	.nr_rows = ARRAY_SIZE(rows),
	.hooks = hooks,
	.nr_hooks = ARRAY_SIZE(hooks),
	.seed = posix_mq_seed,
	.quotas = IPC_QUOTAS({ "mqueue_ns_queues", mq_ns_queues },
			     { "mqueue_user_bytes", mq_user_bytes }),
};
