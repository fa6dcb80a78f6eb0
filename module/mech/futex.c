// SPDX-License-Identifier: GPL-2.0-only
/*
 * Process-shared futexes (kernel/futex/): every operation without the private flag.
 *
 * futex(2) ends in do_futex(), for 64-bit and 32-bit callers, and so does the wake
 * of clear_child_tid that mm_release() does on a thread's behalf, which is left out.
 * A wait with a timeout that a stop interrupts goes on in futex_wait_restart(): an
 * operation of its own. futex_waitv(2) has futex_wait_multiple(); the other futex2
 * system calls are taken at their stubs.
 *
 * Not seen: what the kernel does by itself for a dying owner (robust lists), and
 * io_uring's futex requests, which put no task to sleep.
 */
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/uaccess.h>
#include <asm/syscall.h>
#include <uapi/linux/futex.h>

#include "mech.h"

static struct ipc_row futex_row = {
	.name = "futex",
	.na = IPC_BIT(IPC_OBJECTS) | IPC_BITS_QUEUE | IPC_BITS_DATA(IPC_SEND) |
	      IPC_BITS_DATA(IPC_RECV) | IPC_BITS_WAITS(IPC_SEND),
	.addresses = true,
};

/* @address: of the futex; 0: of several, or not looked at */
static void send_done(const struct ipc_call *call, unsigned long address)
{
	long ret = min_t(long, call->ret, 0);

	ipc_result(&futex_row, IPC_SEND, ret);
	ipc_end(call, &futex_row, IPC_SEND, ipc_at_number(address), ret);
}

static void recv_done(const struct ipc_call *call, unsigned long address, long ret)
{
	ipc_result(&futex_row, IPC_RECV, ret);
	ipc_end(call, &futex_row, IPC_RECV, ipc_at_number(address), min(ret, 0L));
}

/* ---- futex(2) ---- */

/* A FUTEX_WAKE by mm_release(), in an exit or an exec: not asked for by a system call. */
static bool clears_child_tid(const struct ipc_call *call)
{
	return (int __user *)call->arg[0] == current->clear_child_tid &&
	       (current->flags & PF_EXITING || current->in_execve);
}

#define FUTEX_SENDS	(BIT(FUTEX_WAKE) | BIT(FUTEX_WAKE_BITSET) | BIT(FUTEX_WAKE_OP) | \
			 BIT(FUTEX_REQUEUE) | BIT(FUTEX_CMP_REQUEUE) | \
			 BIT(FUTEX_CMP_REQUEUE_PI) | BIT(FUTEX_UNLOCK_PI))
#define FUTEX_RECEIVES	(BIT(FUTEX_WAIT) | BIT(FUTEX_WAIT_BITSET) | BIT(FUTEX_WAIT_REQUEUE_PI) | \
			 BIT(FUTEX_LOCK_PI) | BIT(FUTEX_LOCK_PI2) | BIT(FUTEX_TRYLOCK_PI))

/* do_futex(uaddr, op, val, timeout, uaddr2, val2, val3) */
static void futex_done(const struct ipc_call *call)
{
	unsigned int op = call->arg[1];

	if (op == FUTEX_WAKE) {	/* by far the most frequent */
		if (likely(!clears_child_tid(call)))
			send_done(call, call->arg[0]);
		return;
	}
	/* The largest number below is 13; a larger one is none. */
	if (op & FUTEX_PRIVATE_FLAG || (op & FUTEX_CMD_MASK) >= BITS_PER_LONG)
		return;
	if (FUTEX_SENDS & BIT(op & FUTEX_CMD_MASK))
		send_done(call, call->arg[0]);
	else if (FUTEX_RECEIVES & BIT(op & FUTEX_CMD_MASK))
		recv_done(call, call->arg[0], call->ret);
}

static void syscall_args(unsigned long arg[6])
{
	syscall_get_arguments(current, task_pt_regs(current), arg);
}

/*
 * Whether the current system call, futex(2) or futex_wait(2), waits for a shared futex.
 * restart_syscall(2) has the registers of the futex(2) that it goes on with.
 */
static bool wait_is_shared(void)
{
	unsigned long arg[6];

	syscall_args(arg);
#ifdef __NR_futex_wait	/* from 6.7 on; the same number for 64-bit and 32-bit callers */
	if (syscall_get_nr(current, task_pt_regs(current)) == __NR_futex_wait)
		return !(arg[3] & FUTEX2_PRIVATE);
#endif
	return !(arg[1] & FUTEX_PRIVATE_FLAG);
}

/* The first argument of all but futex_waitv(2), which waits at several. */
static struct ipc_object futex_object(void)
{
	struct ipc_object object = { .kind = "futex", .part = -1 };
	unsigned long arg[6];

	syscall_args(arg);
	object.id = arg[0];
	return object;
}

/* futex_wait_queue(), futex_do_wait(), rt_mutex_wait_proxy_lock(): about to sleep. */
static void wait_entry(struct ftrace_regs *regs)
{
	struct ipc_object object;

	if (!wait_is_shared())
		return;
	object = futex_object();
	ipc_sleep_often(&futex_row, IPC_RECV, &object);
}

/* futex_wait_restart(restart_block) */
static void restart_done(const struct ipc_call *call)
{
	if (wait_is_shared())
		recv_done(call, futex_object().id, call->ret);
}

/* ---- futex2 ---- */

/*
 * Of futex_waitv(2)'s futexes one that is shared is enough. The kernel's own copy of the
 * array is private to it: a caller that changes its array meanwhile fools us.
 */
static bool waitv_is_shared(unsigned int nr)
{
	const struct futex_waitv __user *waiters;
	unsigned long arg[6];
	u32 flags;

	syscall_args(arg);
	for (waiters = (const void __user *)arg[0]; nr; waiters++, nr--)
		if (copy_from_user_nofault(&flags, &waiters->flags, sizeof(flags)) ||
		    !(flags & FUTEX_PRIVATE_FLAG))
			return true;
	return false;
}

/*
 * futex_wait_multiple(vs, count, to). It sleeps in schedule(), which is no place for a
 * hook; but nothing else in it sleeps, unless a futex is swapped out.
 */
static void waitv_begins(const struct ipc_call *call)
{
	if (waitv_is_shared(call->arg[1]))
		ipc_sleep_often(&futex_row, IPC_RECV, &IPC_NO_OBJECT);
}

static void waitv_done(const struct ipc_call *call)
{
	if (waitv_is_shared(call->arg[1]))
		recv_done(call, 0, (int)call->ret);
	else
		ipc_note_drop();	/* it may have been shared when the call began */
}

/* futex_wait(uaddr, val, mask, flags, timeout, clockid) */
static void wait2_done(const struct ipc_call *call)
{
	unsigned long arg[6];

	syscall_args(arg);
	if (!(arg[3] & FUTEX_PRIVATE_FLAG))
		recv_done(call, arg[0], call->ret);
}

/* futex_wake(uaddr, mask, nr, flags) */
static void wake2_done(const struct ipc_call *call)
{
	unsigned long arg[6];

	syscall_args(arg);
	if (!(arg[3] & FUTEX_PRIVATE_FLAG))
		send_done(call, arg[0]);
}

/* futex_requeue(waiters, flags, nr_wake, nr_requeue): both waiters must have the same flags. */
static void requeue2_done(const struct ipc_call *call)
{
	if (waitv_is_shared(1))
		send_done(call, 0);
}

/* ---- hooks ---- */

#define SEND_BITS	(IPC_BITS_OPS(IPC_SEND) | IPC_BITS_FAILS(IPC_SEND))
#define WAIT_BITS	IPC_BITS_SLEEP(IPC_RECV)
#define RECV_BITS	(IPC_BITS_OPS(IPC_RECV) | IPC_BITS_FAILS(IPC_RECV) | WAIT_BITS)

static struct ipc_hook futex_hooks[] = {
	{
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("do_futex"),
		.called_by = IPC_NAMES("__x64_sys_futex", "|__ia32_sys_futex_time32"),
		.done = futex_done,
		.nargs = 7,
		.uses = 2,
		.sleeps = true,
		.feeds = IPC_FEEDS({ &futex_row, SEND_BITS | RECV_BITS }),
	}, {
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("futex_wait_restart"),
		.done = restart_done,
		.nargs = 1,
		.sleeps = true,
		.feeds = IPC_FEEDS({ &futex_row, RECV_BITS }),
	}, {
		.kind = IPC_HOOK_ENTRY,
		.symbols = IPC_NAMES("futex_do_wait", "futex_wait_queue"),
		.called_by = IPC_NAMES("__futex_wait|futex_wait"),
		.entry = wait_entry,
		.feeds = IPC_FEEDS({ &futex_row, WAIT_BITS }),
	}, {
		/* futex_lock_pi(), futex_wait_requeue_pi() */
		.kind = IPC_HOOK_ENTRY,
		.symbols = IPC_NAMES("rt_mutex_wait_proxy_lock"),
		.entry = wait_entry,
		.feeds = IPC_FEEDS({ &futex_row, WAIT_BITS }),
	}, {
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("futex_wait_multiple"),
		.begin = waitv_begins,
		.done = waitv_done,
		.nargs = 3,
		.sleeps = true,
		.feeds = IPC_FEEDS({ &futex_row, RECV_BITS }),
	}, {
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("__x64_sys_futex_wait", "__arm64_sys_futex_wait"),
		.done = wait2_done,
		.nargs = 1,
		.sleeps = true,
		.optional = true,
		.feeds = IPC_FEEDS({ &futex_row, RECV_BITS }),
	}, {
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("__ia32_sys_futex_wait"),
		.done = wait2_done,
		.nargs = 1,
		.sleeps = true,
		.optional = true,
		.feeds = IPC_FEEDS({ &futex_row, RECV_BITS }),
	}, {
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("__x64_sys_futex_wake", "__arm64_sys_futex_wake"),
		.done = wake2_done,
		.nargs = 1,
		.optional = true,
		.feeds = IPC_FEEDS({ &futex_row, SEND_BITS }),
	}, {
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("__ia32_sys_futex_wake"),
		.done = wake2_done,
		.nargs = 1,
		.optional = true,
		.feeds = IPC_FEEDS({ &futex_row, SEND_BITS }),
	}, {
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("__x64_sys_futex_requeue", "__arm64_sys_futex_requeue"),
		.done = requeue2_done,
		.nargs = 1,
		.optional = true,
		.feeds = IPC_FEEDS({ &futex_row, SEND_BITS }),
	}, {
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("__ia32_sys_futex_requeue"),
		.done = requeue2_done,
		.nargs = 1,
		.optional = true,
		.feeds = IPC_FEEDS({ &futex_row, SEND_BITS }),
	},
};

static struct ipc_row *const futex_rows[] = { &futex_row };

/*
 * Prototypes of the hooked functions, as BTF has them, on every kernel (tests/btf). Several for
 * one function are alternatives: the callbacks read only what is the same in all of them.
 *
 *	long int do_futex(u32 *uaddr, int op, u32 val, ktime_t *timeout, u32 *uaddr2, u32
 *		val2, u32 val3);
 *	long int futex_wait_restart(struct restart_block *restart);
 *	void futex_do_wait(struct futex_q *q, struct hrtimer_sleeper *timeout);
 *	void futex_wait_queue(struct futex_hash_bucket *hb, struct futex_q *q, struct
 *		hrtimer_sleeper *timeout);
 *	int rt_mutex_wait_proxy_lock(struct rt_mutex_base *lock, struct hrtimer_sleeper
 *		*to, struct rt_mutex_waiter *waiter);
 *	int futex_wait_multiple(struct futex_vector *vs, unsigned int count, struct
 *		hrtimer_sleeper *to);
 *	long int __x64_sys_futex_wait(const struct pt_regs *__unused);
 *	long int __ia32_sys_futex_wait(const struct pt_regs *__unused);
 *	long int __x64_sys_futex_wake(const struct pt_regs *__unused);
 *	long int __ia32_sys_futex_wake(const struct pt_regs *__unused);
 *	long int __x64_sys_futex_requeue(const struct pt_regs *__unused);
 *	long int __ia32_sys_futex_requeue(const struct pt_regs *__unused);
 */

struct ipc_mech ipc_mech_futex = {
	.rows = futex_rows,
	.nr_rows = ARRAY_SIZE(futex_rows),
	.hooks = futex_hooks,
	.nr_hooks = ARRAY_SIZE(futex_hooks),
};
