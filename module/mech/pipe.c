// SPDX-License-Identifier: GPL-2.0-only
/*
 * pipe, fifo: read(2) and write(2) on pipes. Both rows have the same functions;
 * the file system that the inode lies in tells them apart. What splice and its
 * kin move is counted in shared/splice.c.
 */
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/pipe_fs_i.h>
#include <linux/sched/user.h>
#include <linux/uio.h>

#include "mech.h"

static void pipe_gauge(struct ipc_row *row, struct ipc_gauge *gauge);

static struct ipc_row pipe_row = {
	.name = "pipe",
	.na = IPC_BIT(IPC_QUEUED),	/* a byte stream has no messages */
	.gauge = pipe_gauge,
};

static struct ipc_row fifo_row = {
	.name = "fifo",
	.na = IPC_BIT(IPC_QUEUED),
	.gauge = pipe_gauge,
};

/*
 * All pipes, by struct pipe_inode_info; the tag is the inode, which lives longer. Each comes when
 * it is allocated, and has no tag until it belongs to an inode: so does each that is
 * freed at once, as the open of a FIFO fails, and the private ones of sendfile, which never do.
 */
static struct ipc_set *pipes;

enum {
	PIPE_READ, PIPE_WRITE, PIPE_ALLOC, PIPE_CREATE, FIFO_OPEN, FIFO_WAIT, PIPE_FREE,
	READER_WAIT, WRITER_WAIT,
};

static struct ipc_row *pipe_inode_row(const struct inode *inode)
{
	return inode->i_sb->s_magic == PIPEFS_MAGIC ? &pipe_row : &fifo_row;
}

static struct ipc_row *pipe_row_of(struct file *file)
{
	struct inode *inode = file_inode(file);

	return S_ISFIFO(inode->i_mode) ? pipe_inode_row(inode) : NULL;
}

static struct ipc_object pipe_object(const struct inode *inode)
{
	return ipc_object_inode(pipe_inode_row(inode) == &pipe_row ? "pipe" : "fifo", inode);
}

static void pipe_refuses(const struct inode *inode)
{
	const struct ipc_object object = pipe_object(inode);

	ipc_event_limit(pipe_inode_row(inode), &object);
}

/* ---- transfers: pipe_read(iocb, to), pipe_write(iocb, from) ---- */

static noinline void pipe_done_slow(const struct ipc_call *call, enum ipc_dir dir)
{
	struct kiocb *iocb = (struct kiocb *)call->arg[0];
	const struct iov_iter *iter = (const struct iov_iter *)call->arg[1];
	const struct inode *inode = file_inode(iocb->ki_filp);
	ssize_t ret = call->ret;

	/* A core dump's writer has its data in kernel memory. */
	if (ret != -EAGAIN || !ipc_kiocb_retried(iocb)) {
		ipc_op(pipe_inode_row(inode), dir, ipc_at_inode(inode), ret,
		       iov_iter_is_kvec(iter) ? 0 : ret);
		if (ret == -EAGAIN && dir == IPC_SEND)
			pipe_refuses(inode);
	}
	ipc_woke(call);
}

static __always_inline void pipe_done(const struct ipc_call *call, enum ipc_dir dir)
{
	const struct kiocb *iocb = (const struct kiocb *)call->arg[0];
	const struct iov_iter *iter = (const struct iov_iter *)call->arg[1];
	const struct inode *inode = file_inode(iocb->ki_filp);
	struct ipc_row *row = pipe_inode_row(inode);
	ssize_t ret = call->ret;

	if (unlikely(ret < 0 || iov_iter_is_kvec(iter))) {
		pipe_done_slow(call, dir);
		return;
	}
	ipc_moved(row, dir, ret);
	ipc_end(call, row, dir, ipc_at_inode(inode), ret);
}

static void pipe_read_done(const struct ipc_call *call)
{
	pipe_done(call, IPC_RECV);
}

static void pipe_write_done(const struct ipc_call *call)
{
	pipe_done(call, IPC_SEND);
}

/* ---- objects ---- */

/* The user who made the pipe, to whom the kernel also charges its pages. */
static kuid_t pipe_owner(const struct pipe_inode_info *pipe)
{
	return pipe->user->uid;
}

/* alloc_pipe_info() */
static void pipe_alloc_done(const struct ipc_call *call)
{
	const struct pipe_inode_info *pipe = (const struct pipe_inode_info *)call->ret;

	if (pipe)
		ipc_set_add(pipes, pipe, 0, pipe_owner(pipe));
}

static void pipe_track(const struct inode *inode)
{
	const struct pipe_inode_info *pipe = inode->i_pipe;

	if (pipe)
		ipc_set_find_again(pipes, pipe, (unsigned long)inode, pipe_owner(pipe));
}

/* create_pipe_files(res, flags): both files are of the new pipe. */
static void pipe_create_done(const struct ipc_call *call)
{
	struct file **res = (struct file **)call->arg[0];

	if (!(int)call->ret)
		pipe_track(file_inode(res[0]));
}

/* fifo_open(inode, file): it waits for its partner in a loop, unless it opens both ends. */
static void fifo_open_begins(const struct ipc_call *call)
{
	const struct ipc_object object = pipe_object((const struct inode *)call->arg[0]);
	const struct file *file = (const struct file *)call->arg[1];

	if (object.inode->i_sb->s_magic != PIPEFS_MAGIC)
		ipc_sleep_often(&fifo_row, file->f_mode & FMODE_READ ? IPC_RECV : IPC_SEND, &object);
}

/* fifo_open(inode, file): on success the file holds the pipe. */
static void fifo_open_done(const struct ipc_call *call)
{
	ipc_woke(call);
	if (!(int)call->ret)
		pipe_track((const struct inode *)call->arg[0]);
}

/* wait_for_partner(pipe, cnt), in fifo_open(): a FIFO whose open sleeps exists, too. */
static void fifo_wait_entry(struct ftrace_regs *regs)
{
	const struct pipe_inode_info *pipe = (const struct pipe_inode_info *)ipc_arg(regs, 0);
	const struct inode *inode = ipc_sleep_inode();

	if (inode)
		ipc_set_find_again(pipes, pipe, (unsigned long)inode, pipe_owner(pipe));
}

/* ---- waits ---- */

/* A pipe that is not in the set is not known to be a pipe or a FIFO. */
static void pipe_sleeps(const struct pipe_inode_info *pipe, enum ipc_dir dir)
{
	const struct inode *inode;
	struct ipc_object object;

	if (ipc_sleep_again(pipe, dir))
		return;
	inode = (const struct inode *)ipc_set_tag(pipes, pipe);
	if (unlikely(!inode)) {
		atomic64_inc(&ipc_missed);
		return;
	}
	object = pipe_object(inode);
	object.at = pipe;
	ipc_sleep(pipe_inode_row(inode), dir, &object);
	if (dir == IPC_SEND)
		ipc_event_limit(pipe_inode_row(inode), &object);
}

/* prepare_to_wait_event(wq_head, wq_entry, state): at the pipe's rd_wait and wr_wait. */
static void reader_waits(struct ftrace_regs *regs)
{
	pipe_sleeps(container_of((void *)ipc_arg(regs, 0), struct pipe_inode_info, rd_wait),
		    IPC_RECV);
}

static void writer_waits(struct ftrace_regs *regs)
{
	pipe_sleeps(container_of((void *)ipc_arg(regs, 0), struct pipe_inode_info, wr_wait),
		    IPC_SEND);
}

static u64 pipe_unread(const struct pipe_inode_info *pipe)
{
	unsigned int tail = READ_ONCE(pipe->tail), used;
	u64 bytes = 0;

	used = min(READ_ONCE(pipe->head) - tail, pipe->ring_size);
	for (; used; used--, tail++)
		bytes += pipe->bufs[tail & (pipe->ring_size - 1)].len;
	return bytes;
}

/* Nobody has it open any more. */
static void pipe_lost(const struct pipe_inode_info *pipe)
{
	const struct inode *inode = (const struct inode *)ipc_set_tag(pipes, pipe);
	struct ipc_object object;

	if (!inode)
		return;
	object = pipe_object(inode);
	ipc_event_lost(pipe_inode_row(inode), &object, pipe_unread(pipe), 0);
}

/* free_pipe_info(pipe) */
static void pipe_free_entry(struct ftrace_regs *regs)
{
	const struct pipe_inode_info *pipe = (const struct pipe_inode_info *)ipc_arg(regs, 0);

	if (ipc_listened(IPC_G_LOST))
		pipe_lost(pipe);
	ipc_set_del(pipes, pipe, pipe_owner(pipe));
}

static void pipe_seed(void)
{
	if (!ipc_hook_lost(&ipc_mech_pipe.hooks[PIPE_FREE]) &&
	    !ipc_hook_lost(&ipc_mech_pipe.hooks[PIPE_ALLOC]))
		ipc_set_open(pipes);
}

static void pipe_seed_file(struct file *file)
{
	if (S_ISFIFO(file_inode(file)->i_mode))
		pipe_track(file_inode(file));
}

struct pipe_count {
	const struct ipc_row *row;
	struct ipc_gauge *gauge;
};

/*
 * rd_wait.lock keeps pipe_resize_ring() from replacing the ring. The mutex, which
 * the pipe's users hold across page faults, is not waited for: of a transfer in
 * progress any part may be seen.
 */
static void pipe_count(void *object, unsigned long tag, void *arg)
{
	struct pipe_inode_info *pipe = object;
	struct pipe_count *count = arg;

	if (!tag || pipe_inode_row((const struct inode *)tag) != count->row)
		return;
	count->gauge->value[IPC_OBJECTS]++;
	spin_lock(&pipe->rd_wait.lock);
	count->gauge->value[IPC_QUEUED_BYTES] += pipe_unread(pipe);
	spin_unlock(&pipe->rd_wait.lock);
}

static void pipe_gauge(struct ipc_row *row, struct ipc_gauge *gauge)
{
	struct pipe_count count = { .row = row, .gauge = gauge };

	ipc_set_for_each(pipes, pipe_count, &count);
	if (!ipc_set_exact(pipes))
		gauge->unknown = IPC_BIT(IPC_OBJECTS) | IPC_BIT(IPC_QUEUED_BYTES);
}

static int pipe_init(void)
{
	pipes = ipc_set_new("pipe", ipc_max_objects, IPC_SET_ALL);
	return pipes ? 0 : -ENOMEM;
}

static void pipe_exit(void)
{
	ipc_set_free(pipes);
}

#define PIPE_GAUGES	(IPC_BIT(IPC_OBJECTS) | IPC_BIT(IPC_QUEUED_BYTES))
#define PIPE_SLEEPS	(IPC_BITS_SLEEP(IPC_SEND) | IPC_BITS_SLEEP(IPC_RECV))
#define PIPE_FEEDS(cols)	IPC_FEEDS({ &pipe_row, cols }, { &fifo_row, cols })

static struct ipc_hook pipe_hooks[] = {
	[PIPE_READ] = {
		.kind = IPC_HOOK_RETURN,
		/* 7.x: fifo_pipe_read(), which wraps it, narrows the result. */
		.symbols = IPC_NAMES("anon_pipe_read", "pipe_read"),
		.called_by = IPC_NAMES("|fifo_pipe_read"),
		.done = pipe_read_done,
		.nargs = 2,
		.sleeps = true,
		.feeds = PIPE_FEEDS(IPC_BITS_RESULT(IPC_RECV) | IPC_BITS_SLEEP(IPC_RECV)),
	},
	[PIPE_WRITE] = {
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("anon_pipe_write", "pipe_write"),
		.called_by = IPC_NAMES("|fifo_pipe_write"),
		.done = pipe_write_done,
		.nargs = 2,
		.sleeps = true,
		.feeds = PIPE_FEEDS(IPC_BITS_RESULT(IPC_SEND) | IPC_BITS_SLEEP(IPC_SEND)),
	},
	[PIPE_ALLOC] = {
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("alloc_pipe_info"),
		.called_by = IPC_NAMES("create_pipe_files|get_pipe_inode", "fifo_open"),
		.done = pipe_alloc_done,
		.nargs = 1,
		.feeds = PIPE_FEEDS(PIPE_GAUGES),
	},
	[PIPE_CREATE] = {
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("create_pipe_files"),
		.called_by = IPC_NAMES("do_pipe2|__do_pipe_flags"),
		.done = pipe_create_done,
		.nargs = 2,
		.feeds = IPC_FEEDS({ &pipe_row, PIPE_GAUGES }),
	},
	[FIFO_OPEN] = {
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("fifo_open"),
		.begin = fifo_open_begins,
		.done = fifo_open_done,
		.nargs = 2,
		.sleeps = true,
		.feeds = IPC_FEEDS({ &fifo_row, PIPE_GAUGES | PIPE_SLEEPS }),
	},
	[FIFO_WAIT] = {
		.kind = IPC_HOOK_ENTRY,
		.symbols = IPC_NAMES("wait_for_partner"),
		.called_by = IPC_NAMES("fifo_open"),
		.entry = fifo_wait_entry,
		.feeds = IPC_FEEDS({ &fifo_row, PIPE_GAUGES }),
	},
	[PIPE_FREE] = {
		.kind = IPC_HOOK_ENTRY,
		.symbols = IPC_NAMES("free_pipe_info"),
		.called_by = IPC_NAMES("pipe_release|put_pipe_info", "fifo_open|put_pipe_info"),
		.entry = pipe_free_entry,
		.feeds = PIPE_FEEDS(PIPE_GAUGES | PIPE_SLEEPS),
	},
	[READER_WAIT] = {
		.kind = IPC_HOOK_ENTRY,
		.name = "pipe_read/prepare_to_wait_event",
		.symbols = IPC_NAMES("prepare_to_wait_event"),
		.callers = IPC_NAMES("anon_pipe_read|pipe_read", "pipe_wait_readable"),
		.entry = reader_waits,
		.feeds = PIPE_FEEDS(IPC_BITS_SLEEP(IPC_RECV)),
	},
	[WRITER_WAIT] = {
		.kind = IPC_HOOK_ENTRY,
		.name = "pipe_write/prepare_to_wait_event",
		.symbols = IPC_NAMES("prepare_to_wait_event"),
		.callers = IPC_NAMES("anon_pipe_write|pipe_write", "pipe_wait_writable"),
		.entry = writer_waits,
		.feeds = PIPE_FEEDS(IPC_BITS_SLEEP(IPC_SEND)),
	},
};

/* Pages of the buffers of all pipes that the user has made: what pipe(7) limits. */
static u64 pipe_user_pages(void)
{
	return atomic_long_read(&current_user()->pipe_bufs);
}

static struct ipc_row *const pipe_rows[] = { &pipe_row, &fifo_row };

/*
 * Prototypes of the hooked functions, as BTF has them, on every kernel (tests/btf). Several for
 * one function are alternatives: the callbacks read only what is the same in all of them.
 *
 *	ssize_t pipe_read(struct kiocb *iocb, struct iov_iter *to);
 *	ssize_t pipe_write(struct kiocb *iocb, struct iov_iter *from);
 *	ssize_t anon_pipe_read(struct kiocb *iocb, struct iov_iter *to);
 *	ssize_t anon_pipe_write(struct kiocb *iocb, struct iov_iter *from);
 *	struct pipe_inode_info *alloc_pipe_info();
 *	int create_pipe_files(struct file **res, int flags);
 *	int fifo_open(struct inode *inode, struct file *filp);
 *	int wait_for_partner(struct pipe_inode_info *pipe, unsigned int *cnt);
 *	void free_pipe_info(struct pipe_inode_info *pipe);
 *	long int prepare_to_wait_event(struct wait_queue_head *wq_head, struct
 *		wait_queue_entry *wq_entry, int state);
 */

struct ipc_mech ipc_mech_pipe = {
	.rows = pipe_rows,
	.nr_rows = ARRAY_SIZE(pipe_rows),
	.hooks = pipe_hooks,
	.nr_hooks = ARRAY_SIZE(pipe_hooks),
	.init = pipe_init,
	.exit = pipe_exit,
	.seed = pipe_seed,
	.seed_file = pipe_seed_file,
	.row_of = pipe_row_of,
	.quotas = IPC_QUOTAS({ "pipe_user_pages", pipe_user_pages }),
};
