// SPDX-License-Identifier: GPL-2.0-only
/*
 * splice, tee, vmsplice, sendfile: bytes that move through the rows of other files
 * without being copied. One receive from the source, one send to the target, where
 * these are mechanisms; tee takes nothing from its source. No row of its own.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/sched.h>
#include <asm/syscall.h>

#include "mech.h"

/*
 * Errors in the arguments never reach the mechanism: neither end is a pipe, an
 * offset for a pipe, an end that is not open for it.
 */
static bool splice_reached(long ret)
{
	return ret != -EINVAL && ret != -EBADF && ret != -ESPIPE;
}

static __always_inline void splice_moved(struct file *file, enum ipc_dir dir, long ret, long copied)
{
	struct ipc_row *row = ipc_file_row(file);

	if (row && splice_reached(ret))
		ipc_op(row, dir, ipc_at_inode(file_inode(file)), ret, copied);
}

static void splice_moved_fd(unsigned int fd, enum ipc_dir dir, long ret, long copied)
{
	struct file *file = fget(fd);

	if (!file)
		return;
	splice_moved(file, dir, ret, copied);
	fput(file);
}

/* do_splice(in, off_in, out, off_out, len, flags); io_uring comes here, too. */
static void splice_done(const struct ipc_call *call)
{
	splice_moved((struct file *)call->arg[0], IPC_RECV, call->ret, 0);
	splice_moved((struct file *)call->arg[2], IPC_SEND, call->ret, 0);
	ipc_woke(call);
}

/* do_tee(in, out, len, flags) */
static void tee_done(const struct ipc_call *call)
{
	splice_moved((struct file *)call->arg[1], IPC_SEND, call->ret, 0);
	ipc_woke(call);
}

/* do_sendfile(out_fd, in_fd, ppos, count, max) */
static void sendfile_done(const struct ipc_call *call)
{
	splice_moved_fd(call->arg[1], IPC_RECV, call->ret, 0);
	splice_moved_fd(call->arg[0], IPC_SEND, call->ret, 0);
	ipc_woke(call);
}

/*
 * vmsplice(fd, iov, nr_segs, flags): a gift to the pipe if the descriptor is open
 * for writing, else vmsplice_to_user(), which copies out of the pipe.
 */
static void vmsplice_done(const struct ipc_call *call)
{
	unsigned long args[6];
	struct file *file;

	ipc_woke(call);
	syscall_get_arguments(current, (struct pt_regs *)call->arg[0], args);
	file = fget((unsigned int)args[0]);
	if (!file)
		return;
	if (file->f_mode & FMODE_WRITE)
		splice_moved(file, IPC_SEND, call->ret, 0);
	else
		splice_moved(file, IPC_RECV, call->ret, call->ret);
	fput(file);
}

/* Each row that a file can belong to; filled in by splice_init(). */
static struct ipc_feed splice_feeds[16];

static int splice_init(void)
{
	const u32 cols = IPC_BITS_RESULT(IPC_SEND) | IPC_BITS_RESULT(IPC_RECV) |
			 IPC_BITS_SLEEP(IPC_SEND) | IPC_BITS_SLEEP(IPC_RECV);
	unsigned int i, j, nr = 0;

	for (i = 0; i < ipc_nr_mechs; i++) {
		for (j = 0; ipc_mechs[i]->row_of && j < ipc_mechs[i]->nr_rows; j++) {
			if (WARN_ON_ONCE(nr == ARRAY_SIZE(splice_feeds) - 1))
				return -ENOSPC;
			splice_feeds[nr++] = (struct ipc_feed){ ipc_mechs[i]->rows[j], cols };
		}
	}
	return 0;
}

static struct ipc_hook splice_hooks[] = {
	{
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("do_splice"),
		.called_by = IPC_NAMES("__do_splice|__x64_sys_splice"),
		.done = splice_done,
		.nargs = 6,
		.uses = 3,
		.sleeps = true,
		.feeds = splice_feeds,
	}, {
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("do_tee"),
		.called_by = IPC_NAMES("__x64_sys_tee"),
		.done = tee_done,
		.nargs = 4,
		.uses = 2,
		.sleeps = true,
		.feeds = splice_feeds,
	}, {
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("do_sendfile"),
		.called_by = IPC_NAMES("__x64_sys_sendfile64", "|__ia32_compat_sys_sendfile",
				       "|__ia32_compat_sys_sendfile64"),
		.done = sendfile_done,
		.nargs = 5,
		.uses = 2,
		.sleeps = true,
		.feeds = splice_feeds,
	}, {
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("__x64_sys_vmsplice", "__arm64_sys_vmsplice"),
		.done = vmsplice_done,
		.nargs = 1,
		.sleeps = true,
		.feeds = splice_feeds,
	}, {
		/* 32-bit callers */
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("__ia32_sys_vmsplice"),
		.done = vmsplice_done,
		.nargs = 1,
		.sleeps = true,
		.optional = true,
		.feeds = splice_feeds,
	},
};

/*
 * Prototypes of the hooked functions, as BTF has them, on every kernel (tests/btf). Several for
 * one function are alternatives: the callbacks read only what is the same in all of them.
 *
 *	long int do_splice(struct file *in, loff_t *off_in, struct file *out, loff_t
 *		*off_out, size_t len, unsigned int flags);
 *	ssize_t do_splice(struct file *in, loff_t *off_in, struct file *out, loff_t
 *		*off_out, size_t len, unsigned int flags);
 *	long int do_tee(struct file *in, struct file *out, size_t len, unsigned int
 *		flags);
 *	ssize_t do_tee(struct file *in, struct file *out, size_t len, unsigned int flags);
 *	ssize_t do_sendfile(int out_fd, int in_fd, loff_t *ppos, size_t count, loff_t
 *		max);
 *	long int __x64_sys_vmsplice(const struct pt_regs *regs);
 *	long int __ia32_sys_vmsplice(const struct pt_regs *regs);
 */

struct ipc_mech ipc_mech_splice = {
	.hooks = splice_hooks,
	.nr_hooks = ARRAY_SIZE(splice_hooks),
	.init = splice_init,
};
