// SPDX-License-Identifier: GPL-2.0-only
/*
 * eventfd: the counters of eventfd(2) (fs/eventfd.c). A write adds, a read takes; both move
 * the eight bytes of a number. What the kernel itself signals (KVM, VFIO, Linux AIO,
 * io_uring) is no operation of a process, and is not counted.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/sched/task_stack.h>
#include <linux/seq_file.h>

#include "mech.h"

static void eventfd_gauge(struct ipc_row *row, struct ipc_gauge *gauge);

static struct ipc_row eventfd_row = {
	.name = "eventfd",
	.na = IPC_BITS_QUEUE,	/* a number, and no messages */
	.gauge = eventfd_gauge,
	.unnamed = true,	/* until verify_id() */
};

/* The open files. A counter may outlive its file, in the hands of the kernel alone. */
static struct ipc_set *eventfds;

enum {
	READER_WAIT, WRITER_WAIT, READ_LOOP, WRITE_LOOP, EVENTFD_READ, EVENTFD_WRITE,
	EVENTFD_FILE, EVENTFD_CREATE, EVENTFD_RELEASE,
};

/* ---- its identity: the eventfd-id of /proc/PID/fdinfo, of which there is one in all the machine ---- */

static const struct ipc_eventfd *eventfd_of(const struct file *file)
{
	return file->private_data;
}

static __always_inline struct ipc_at eventfd_at(const struct file *file)
{
	return ipc_at_number(eventfd_of(file)->id);
}

static struct ipc_object eventfd_object(const struct ipc_eventfd *eventfd)
{
	return (struct ipc_object){
		.kind = READ_ONCE(eventfd_row.unnamed) ? NULL : "eventfd",
		.id = eventfd->id, .part = -1,
	};
}

/*
 * The kernel's structure is known by a copy of its declaration, so it is held against what the
 * kernel itself says of one.
 */
static void verify_id(struct file *file)
{
	char text[256], line[32];
	struct seq_file seq = { .buf = text, .size = sizeof(text) };

	if (!READ_ONCE(eventfd_row.unnamed) || !file->f_op->show_fdinfo)
		return;
	file->f_op->show_fdinfo(&seq, file);
	snprintf(line, sizeof(line), "eventfd-id: %d\n", eventfd_of(file)->id);
	if (!seq_has_overflowed(&seq) && strnstr(text, line, seq.count))
		WRITE_ONCE(eventfd_row.unnamed, false);
}

/* ---- transfers ---- */

/* @retried: io_uring tries again what got -EAGAIN */
static noinline void eventfd_failed(const struct ipc_call *call, enum ipc_dir dir,
				    const struct file *file, bool retried)
{
	struct ipc_object object;
	ssize_t ret = call->ret;

	if (ret != -EAGAIN || !retried) {
		ipc_op(&eventfd_row, dir, eventfd_at(file), ret, 0);
		if (ret == -EAGAIN && dir == IPC_SEND) {
			object = eventfd_object(eventfd_of(file));
			ipc_event_limit(&eventfd_row, &object);
		}
	}
	ipc_woke(call);
}

/* eventfd_read(iocb, to) */
static void eventfd_read_done(const struct ipc_call *call)
{
	struct kiocb *iocb = (struct kiocb *)call->arg[0];
	ssize_t ret = call->ret;

	if (unlikely(ret < 0)) {
		eventfd_failed(call, IPC_RECV, iocb->ki_filp, ipc_kiocb_retried(iocb));
		return;
	}
	ipc_moved(&eventfd_row, IPC_RECV, ret);
	ipc_end(call, &eventfd_row, IPC_RECV, eventfd_at(iocb->ki_filp), ret);
}

/*
 * eventfd_write(file, buf, count, ppos). io_uring, which tries again where the file is
 * O_NONBLOCK, passes the position that it keeps with the request; all others have one on
 * their stack.
 */
static void eventfd_write_done(const struct ipc_call *call)
{
	const struct file *file = (const struct file *)call->arg[0];
	ssize_t ret = call->ret;

	if (unlikely(ret < 0)) {
		eventfd_failed(call, IPC_SEND, file, !object_is_on_stack((void *)call->arg[3]));
		return;
	}
	ipc_moved(&eventfd_row, IPC_SEND, ret);
	ipc_end(call, &eventfd_row, IPC_SEND, eventfd_at(file), ret);
}

/* do_wait_intr_irq(wq_head, wq_entry), in the loop of wait_event_interruptible_locked_irq() */
static struct ipc_object waited_at(struct ftrace_regs *regs)
{
	const wait_queue_head_t *head = (const wait_queue_head_t *)ipc_arg(regs, 0);

	return eventfd_object(container_of(head, struct ipc_eventfd, wqh));
}

static void reader_waits(struct ftrace_regs *regs)
{
	const struct ipc_object object = waited_at(regs);

	ipc_sleep(&eventfd_row, IPC_RECV, &object);
}

static void writer_waits(struct ftrace_regs *regs)
{
	const struct ipc_object object = waited_at(regs);

	ipc_sleep(&eventfd_row, IPC_SEND, &object);
	ipc_event_limit(&eventfd_row, &object);
}

/* Until 6.4 they sleep in a loop of their own. */
static void read_sleeps(const struct ipc_call *call)
{
	const struct kiocb *iocb = (const struct kiocb *)call->arg[0];
	const struct ipc_object object = eventfd_object(eventfd_of(iocb->ki_filp));

	if (!(iocb->ki_flags & IOCB_NOWAIT) && !(iocb->ki_filp->f_flags & O_NONBLOCK))
		ipc_sleep_often(&eventfd_row, IPC_RECV, &object);
}

static void write_sleeps(const struct ipc_call *call)
{
	const struct file *file = (const struct file *)call->arg[0];
	const struct ipc_object object = eventfd_object(eventfd_of(file));

	if (file->f_flags & O_NONBLOCK)
		return;
	ipc_sleep_often(&eventfd_row, IPC_SEND, &object);
	ipc_event_limit(&eventfd_row, &object);
}

/* ---- objects ---- */

static bool is_eventfd(struct file *file)
{
	struct eventfd_ctx *ctx = eventfd_ctx_fileget(file);

	if (IS_ERR(ctx))
		return false;
	eventfd_ctx_put(ctx);
	return true;
}

static void eventfd_seed_file(struct file *file)
{
	if (!is_eventfd(file))
		return;
	verify_id(file);
	ipc_set_find_again(eventfds, file, 1, file->f_cred->uid);
}

/*
 * anon_inode_getfile(name, fops, priv, flags): before the file has a descriptor, by which
 * another thread could close it at once.
 */
static void eventfd_file_done(const struct ipc_call *call)
{
	struct file *file = (struct file *)call->ret;

	if (!IS_ERR(file) && is_eventfd(file))
		ipc_set_add(eventfds, file, 1, file->f_cred->uid);
}

/* do_eventfd(count, flags): a descriptor, which another thread may have closed already */
static void eventfd_create_done(const struct ipc_call *call)
{
	int fd = call->ret;
	struct file *file;

	if (fd < 0 || !READ_ONCE(eventfd_row.unnamed))
		return;
	file = fget(fd);
	if (!file)
		return;
	if (is_eventfd(file))
		verify_id(file);
	fput(file);
}

/* eventfd_release(inode, file): of any file that has been an eventfd's */
static void eventfd_release_entry(struct ftrace_regs *regs)
{
	const struct file *file = (const struct file *)ipc_arg(regs, 1);

	ipc_set_del(eventfds, file, file->f_cred->uid);
}

static void count_one(void *object, unsigned long tag, void *gauge)
{
	((struct ipc_gauge *)gauge)->value[IPC_OBJECTS]++;
}

static void eventfd_gauge(struct ipc_row *row, struct ipc_gauge *gauge)
{
	ipc_set_for_each(eventfds, count_one, gauge);
	if (!ipc_set_exact(eventfds))
		gauge->unknown = IPC_BIT(IPC_OBJECTS);
}

static int eventfd_init(void)
{
	eventfds = ipc_set_new("eventfd", ipc_max_objects, IPC_SET_ALL);
	return eventfds ? 0 : -ENOMEM;
}

static void eventfd_seed(void)
{
	if (!ipc_hook_lost(&ipc_mech_eventfd.hooks[EVENTFD_RELEASE]) &&
	    !ipc_hook_lost(&ipc_mech_eventfd.hooks[EVENTFD_FILE]))
		ipc_set_open(eventfds);
}

static void eventfd_exit(void)
{
	ipc_set_free(eventfds);
}

#define FEEDS(cols)	IPC_FEEDS({ &eventfd_row, cols })
#define FEEDS_ALL(dir)	FEEDS(IPC_BITS_RESULT(dir) | IPC_BITS_SLEEP(dir))

/* Where the caller's sleep can be seen by itself, it need not be followed while it is inside. */
static struct ipc_hook eventfd_hooks[] = {
	[READER_WAIT] = {
		.kind = IPC_HOOK_ENTRY,
		.name = "eventfd_read/do_wait_intr_irq",
		.symbols = IPC_NAMES("do_wait_intr_irq"),
		.callers = IPC_NAMES("eventfd_read"),
		.entry = reader_waits,
		.feeds = FEEDS(IPC_BITS_SLEEP(IPC_RECV)),
	},
	[WRITER_WAIT] = {
		.kind = IPC_HOOK_ENTRY,
		.name = "eventfd_write/do_wait_intr_irq",
		.symbols = IPC_NAMES("do_wait_intr_irq"),
		.callers = IPC_NAMES("eventfd_write"),
		.entry = writer_waits,
		.feeds = FEEDS(IPC_BITS_SLEEP(IPC_SEND)),
	},
	[READ_LOOP] = {
		.kind = IPC_HOOK_RETURN,
		.name = "eventfd_read/loop",
		.symbols = IPC_NAMES("eventfd_read"),
		.asleep = read_sleeps,
		.done = eventfd_read_done,
		.nargs = 2,
		.sleeps = true,
		.instead_of = &eventfd_hooks[READER_WAIT],
		.feeds = FEEDS_ALL(IPC_RECV),
	},
	[WRITE_LOOP] = {
		.kind = IPC_HOOK_RETURN,
		.name = "eventfd_write/loop",
		.symbols = IPC_NAMES("eventfd_write"),
		.asleep = write_sleeps,
		.done = eventfd_write_done,
		.nargs = 4,
		.sleeps = true,
		.instead_of = &eventfd_hooks[WRITER_WAIT],
		.feeds = FEEDS_ALL(IPC_SEND),
	},
	[EVENTFD_READ] = {
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("eventfd_read"),
		.done = eventfd_read_done,
		.nargs = 2,
		.sleeps = true,
		.instead_of = &eventfd_hooks[READ_LOOP],
		.feeds = FEEDS_ALL(IPC_RECV),
	},
	[EVENTFD_WRITE] = {
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("eventfd_write"),
		.done = eventfd_write_done,
		.nargs = 4,
		.sleeps = true,
		.instead_of = &eventfd_hooks[WRITE_LOOP],
		.feeds = FEEDS_ALL(IPC_SEND),
	},
	[EVENTFD_FILE] = {
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("anon_inode_getfile_fmode", "anon_inode_getfile"),
		.called_by = IPC_NAMES("do_eventfd"),
		.done = eventfd_file_done,
		.nargs = 5,
		.uses = 2,
		.feeds = FEEDS(IPC_BIT(IPC_OBJECTS)),
	},
	[EVENTFD_CREATE] = {
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("do_eventfd"),
		.called_by = IPC_NAMES("__x64_sys_eventfd2", "__x64_sys_eventfd"),
		.done = eventfd_create_done,
		.nargs = 2,
	},
	[EVENTFD_RELEASE] = {
		.kind = IPC_HOOK_ENTRY,
		.symbols = IPC_NAMES("eventfd_release"),
		.entry = eventfd_release_entry,
		.feeds = FEEDS(IPC_BIT(IPC_OBJECTS)),
	},
};

static struct ipc_row *const eventfd_rows[] = { &eventfd_row };

/*
 * Prototypes of the hooked functions, as BTF has them, on every kernel (tests/btf). Several for
 * one function are alternatives: the callbacks read only what is the same in all of them.
 *
 *	ssize_t eventfd_read(struct kiocb *iocb, struct iov_iter *to);
 *	ssize_t eventfd_write(struct file *file, const char *buf, size_t count, loff_t
 *		*ppos);
 *	struct file *anon_inode_getfile(const char *name, const struct file_operations
 *		*fops, void *priv, int flags);
 *	struct file *anon_inode_getfile_fmode(const char *name, const struct
 *		file_operations *fops, void *priv, int flags, fmode_t f_mode);
 *	int do_eventfd(unsigned int count, int flags);
 *	int eventfd_release(struct inode *inode, struct file *file);
 *	int do_wait_intr_irq(wait_queue_head_t *wq, wait_queue_entry_t *wait);
 */

struct ipc_mech ipc_mech_eventfd = {
	.rows = eventfd_rows,
	.nr_rows = ARRAY_SIZE(eventfd_rows),
	.hooks = eventfd_hooks,
	.nr_hooks = ARRAY_SIZE(eventfd_hooks),
	.init = eventfd_init,
	.exit = eventfd_exit,
	.seed = eventfd_seed,
	.seed_file = eventfd_seed_file,
};
