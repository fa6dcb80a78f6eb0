// SPDX-License-Identifier: GPL-2.0-only
/*
 * POSIX message queues (ipc/mqueue.c).
 *
 * do_mq_timedsend() and do_mq_timedreceive() look the descriptor up by
 * themselves: a result of EBADF never reached a queue. What is queued is read from
 * the queues: a message that is handed to a sleeping receiver never is.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/user_namespace.h>

#include "shared/ipc_ns.h"

static void posix_mq_gauge(struct ipc_row *row, struct ipc_gauge *gauge);

static struct ipc_row posix_mq_row = {
	.name = "posix_mq",
	.gauge = posix_mq_gauge,
};

static struct file_system_type *mqueue;

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
	ipc_event_limit(&posix_mq_row, &object);
}

static noinline void mq_failed(const struct ipc_call *call, enum ipc_dir dir, long ret)
{
	if (ret == -EBADF) {
		ipc_woke(call);
		return;
	}
	ipc_failed(&posix_mq_row, dir);
	if (ret == -EAGAIN && dir == IPC_SEND)
		mq_is_full(call->arg[0]);
	ipc_end(call, &posix_mq_row, dir, ipc_at_fd(call->arg[0]), ret);
}

static __always_inline void mq_done(const struct ipc_call *call, enum ipc_dir dir, long ret)
{
	if (unlikely(ret < 0)) {
		mq_failed(call, dir, ret);
		return;
	}
	ipc_moved(&posix_mq_row, dir, ret);
	ipc_end(call, &posix_mq_row, dir, ipc_at_fd(call->arg[0]), ret);
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
	ipc_sleep_often(&posix_mq_row, dir, &object);
	if (dir == IPC_SEND)
		ipc_event_limit(&posix_mq_row, &object);
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
	ipc_event_lost(&posix_mq_row, &object, queue->qsize, queue->attr.mq_curmsgs);
}

/* ---- what is queued now ---- */

struct mq_sum {
	struct ipc_gauge *gauge;
	bool wrong;
};

/* mqueue_create_attr() names a queue when it is complete; the root is none */
static bool mq_is_queue(struct inode *inode)
{
	bool named;

	spin_lock(&inode->i_lock);
	named = S_ISREG(inode->i_mode) && !hlist_empty(&inode->i_dentry);
	spin_unlock(&inode->i_lock);
	return named;
}

/*
 * The kernel's structure is known by a copy of its declaration. So it is held against what
 * poll(2) says: where that is something else, and nothing has moved meanwhile, the kernel
 * has another one. False: then, or with much traffic by chance.
 */
static bool mq_read(struct inode *inode, long *messages, unsigned long *bytes)
{
	const struct ipc_mqueue *queue = container_of(inode, struct ipc_mqueue, vfs_inode);
	/* mqueue_poll_file() looks at nothing but the file's inode */
	struct file file = { .f_inode = inode, .f_op = inode->i_fop };
	__poll_t polled;

	*messages = READ_ONCE(queue->attr.mq_curmsgs);
	*bytes = READ_ONCE(queue->qsize);
	polled = vfs_poll(&file, NULL);
	if (READ_ONCE(queue->attr.mq_curmsgs) != *messages || READ_ONCE(queue->qsize) != *bytes)
		return true;
	return !!(polled & EPOLLIN) == (*messages > 0) && (*messages || !*bytes);
}

static void mq_add(struct inode *inode, void *arg)
{
	struct mq_sum *sum = arg;
	unsigned int tries = 3;
	unsigned long bytes;
	long messages;
	bool good;

	if (!mq_is_queue(inode))
		return;
	do {
		good = mq_read(inode, &messages, &bytes);
	} while (!good && --tries);
	sum->wrong |= !good;
	sum->gauge->value[IPC_QUEUED] += messages;
	sum->gauge->value[IPC_QUEUED_BYTES] += bytes;
}

static void mq_add_queues(struct super_block *sb, void *sum)
{
	ipc_each_inode(sb, mq_add, sum);
}

static void add_namespace(struct ipc_namespace *ns, struct ipc_gauge *gauge)
{
	gauge->value[IPC_OBJECTS] += READ_ONCE(ns->mq_queues_count);
}

/* Each IPC namespace has its own file system, whether or not it is mounted. */
static void posix_mq_gauge(struct ipc_row *row, struct ipc_gauge *gauge)
{
	struct mq_sum sum = { .gauge = gauge };

	ipc_ns_sum(gauge, IPC_BIT(IPC_OBJECTS), add_namespace);
	if (mqueue)
		iterate_supers_type(mqueue, mq_add_queues, &sum);
	if (!mqueue || sum.wrong)
		gauge->unknown |= IPC_BITS_QUEUE;
}

/* The file system is part of the kernel, and stays. */
static int posix_mq_init(void)
{
	mqueue = get_fs_type("mqueue");
	return ipc_ns_feeds(&posix_mq_row, IPC_BIT(IPC_OBJECTS));
}

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

static struct ipc_row *const posix_mq_rows[] = { &posix_mq_row };

static struct ipc_hook posix_mq_hooks[] = {
	{
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("do_mq_timedsend"),
		.called_by = IPC_NAMES("__x64_sys_mq_timedsend", "|__ia32_sys_mq_timedsend_time32"),
		.feeds = IPC_FEEDS({ &posix_mq_row,
				     IPC_BITS_RESULT(IPC_SEND) | IPC_BITS_SLEEP(IPC_SEND) }),
		.done = mq_send_done,
		.nargs = 5,
		.uses = 3,
		.sleeps = true,
	}, {
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("do_mq_timedreceive"),
		.called_by = IPC_NAMES("__x64_sys_mq_timedreceive",
				       "|__ia32_sys_mq_timedreceive_time32"),
		.feeds = IPC_FEEDS({ &posix_mq_row,
				     IPC_BITS_RESULT(IPC_RECV) | IPC_BITS_SLEEP(IPC_RECV) }),
		.done = mq_receive_done,
		.nargs = 5,
		.uses = 1,
		.sleeps = true,
	}, {
		.kind = IPC_HOOK_ENTRY,
		.symbols = IPC_NAMES("wq_sleep"),
		.called_by = IPC_NAMES("do_mq_timedsend", "do_mq_timedreceive"),
		.feeds = IPC_FEEDS({ &posix_mq_row,
				     IPC_BITS_SLEEP(IPC_SEND) | IPC_BITS_SLEEP(IPC_RECV) }),
		.entry = mq_sleeps,
	}, {
		.kind = IPC_HOOK_ENTRY,
		.symbols = IPC_NAMES("mqueue_evict_inode"),
		.entry = mq_evicted,
	},
};

/*
 * Prototypes of the hooked functions, as BTF has them, on every kernel (tests/btf). Several for
 * one function are alternatives: the callbacks read only what is the same in all of them.
 *
 *	int do_mq_timedsend(mqd_t mqdes, const char *u_msg_ptr, size_t msg_len, unsigned
 *		int msg_prio, struct timespec64 *ts);
 *	int do_mq_timedreceive(mqd_t mqdes, char *u_msg_ptr, size_t msg_len, unsigned int
 *		*u_msg_prio, struct timespec64 *ts);
 *	int wq_sleep(struct mqueue_inode_info *info, int sr, ktime_t *timeout, struct
 *		ext_wait_queue *ewp);
 *	void mqueue_evict_inode(struct inode *inode);
 */

struct ipc_mech ipc_mech_posix_mq = {
	.rows = posix_mq_rows,
	.nr_rows = ARRAY_SIZE(posix_mq_rows),
	.hooks = posix_mq_hooks,
	.nr_hooks = ARRAY_SIZE(posix_mq_hooks),
	.init = posix_mq_init,
	.quotas = IPC_QUOTAS({ "mqueue_ns_queues", mq_ns_queues },
			     { "mqueue_user_bytes", mq_user_bytes }),
};
