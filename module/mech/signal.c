// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals, and the table of signals by number.
 *
 * signal:signal_generate reports each signal once, with what became of it
 * (__send_signal_locked(), posixtimer_send_sigqueue()). signal:signal_deliver
 * reports each signal that get_signal() takes from a queue, with its action.
 *
 * A signal whose default action ends the process is often never delivered under its
 * number: complete_signal() starts the group exit while it is being generated, and
 * each thread then meets a nameless SIGKILL in get_signal(). So its default action
 * counts when it is generated, and those SIGKILLs do not count. A signal that dumps
 * core, was blocked when it came, or is seen by a tracer first, is delivered like
 * any other.
 *
 * Signals also go without a trace: exit_group(2) and execve(2) end other threads
 * without any signal, SIGCONT removes stop signals that are pending (and the other
 * way round), a tracer may swallow or change one, an exit drops what is pending.
 */
#include <linux/fs.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/signal.h>
#include <trace/events/signal.h>

#include "mech.h"

enum { GENERATED, DELIVERED, DEFAULT, IGNORED, COALESCED, LOST, TAKEN };

static const char *const signal_cols[IPC_SIGNAL_COLS] = {
	[GENERATED]	= "generated",
	[DELIVERED]	= "delivered",
	[DEFAULT]	= "default",
	[IGNORED]	= "ignored",
	[COALESCED]	= "coalesced",
	[LOST]		= "lost",
	[TAKEN]		= "taken",
};

struct signal_table {
	u64 cell[IPC_SIGNALS + 1][IPC_SIGNAL_COLS];
};

static struct signal_table __percpu *table;

static void signal_gauge(struct ipc_row *row, struct ipc_gauge *gauge);

/* Details: signals that came through without their siginfo, for want of memory. */
enum { INFO_LOST };

static struct ipc_row signal_row = {
	.name = "signal",
	.na = IPC_BIT(IPC_OBJECTS) | IPC_BIT(IPC_QUEUED_BYTES) | IPC_BITS_WAITS(IPC_SEND) |
	      IPC_BITS_DATA(IPC_SEND) | IPC_BITS_DATA(IPC_RECV),
	.details = IPC_NAMES([INFO_LOST] = "info_lost"),
	.gauge = signal_gauge,
	.processes = true,
};

static __always_inline void count(int sig, unsigned int col)
{
	/* Checked here, once: see row.h on subscripts. */
	if (likely((unsigned int)sig <= IPC_SIGNALS))
		this_cpu_inc(*(*(table->cell + sig) + col));
}

/* A signal that has reached somebody: @col is DELIVERED, DEFAULT or TAKEN. */
static __always_inline void reached(int sig, unsigned int col)
{
	count(sig, col);
	ipc_result(&signal_row, IPC_RECV, 0);
}

/* The current process. */
static __always_inline void received(int sig, unsigned int col)
{
	reached(sig, col);
	if (ipc_flows())
		ipc_flow_own(&signal_row, IPC_RECV);
}

static void receive_failed(void)
{
	ipc_op(&signal_row, IPC_RECV, IPC_NOWHERE, -EAGAIN, 0);
}

static noinline void generated_flows(const struct task_struct *task, int err, bool has_reached)
{
	ipc_flow(&signal_row, IPC_SEND, ipc_at_number(task->tgid), err, 0);
	if (has_reached)
		ipc_flow_of(task, &signal_row, IPC_RECV);
}

/* What comes seldom: no memory for it, or the process is dying. */
static noinline void generated_slow(int sig, const struct task_struct *task, int result)
{
	int err = result == TRACE_SIGNAL_OVERFLOW_FAIL ? -EAGAIN : 0;
	bool has_reached = false;

	ipc_result(&signal_row, IPC_SEND, err);
	if (result == TRACE_SIGNAL_OVERFLOW_FAIL) {
		count(sig, LOST);
		ipc_event_signal(&signal_row, task, sig, false);
	} else {
		if (result == TRACE_SIGNAL_LOSE_INFO) {
			ipc_detail(&signal_row, INFO_LOST, 1);
			ipc_event_signal(&signal_row, task, sig, true);
		}
		/*
		 * complete_signal() has done this: prepare_signal() lets nothing pass once
		 * the process is dying, but for a SIGKILL that cuts a core dump short.
		 */
		has_reached = task->signal->flags & SIGNAL_GROUP_EXIT &&
			      task->signal->group_exit_code == sig;
		if (has_reached)
			reached(sig, DEFAULT);
	}
	if (ipc_flows())
		generated_flows(task, err, has_reached);
}

/* Under @task's siglock, perhaps in an interrupt. */
static void generated(void *hook, int sig, struct kernel_siginfo *info, struct task_struct *task,
		      int group, int result)
{
	count(sig, GENERATED);
	if (result == TRACE_SIGNAL_IGNORED) {
		count(sig, IGNORED);
	} else if (result == TRACE_SIGNAL_ALREADY_PENDING) {
		count(sig, COALESCED);
	} else if (result != TRACE_SIGNAL_DELIVERED || task->signal->flags & SIGNAL_GROUP_EXIT) {
		generated_slow(sig, task, result);
		return;
	}
	ipc_result(&signal_row, IPC_SEND, 0);
	if (ipc_flows())
		generated_flows(task, 0, false);
}

/* What get_signal() will do: nothing, for a default of "ignore" and for an init process. */
static bool default_ignores(int sig)
{
	return sig_kernel_ignore(sig) ||
	       (current->signal->flags & SIGNAL_UNKILLABLE && !sig_kernel_only(sig));
}

static void delivered(void *hook, int sig, struct kernel_siginfo *info, struct k_sigaction *ka)
{
	if (info == SEND_SIG_NOINFO)	/* the process, or all threads but one, are dying */
		return;
	if (ka->sa.sa_handler == SIG_IGN || (ka->sa.sa_handler == SIG_DFL && default_ignores(sig)))
		count(sig, IGNORED);
	else
		received(sig, ka->sa.sa_handler == SIG_DFL ? DEFAULT : DELIVERED);
}

/*
 * signalfd_copyinfo(to, kinfo): a signal has been dequeued for a signalfd. If it can't
 * be copied it is lost.
 */
static void signalfd_copied(const struct ipc_call *call)
{
	const struct kernel_siginfo *info = (const struct kernel_siginfo *)call->arg[1];

	if ((int)call->ret < 0)
		receive_failed();
	else
		received(info->si_signo, TAKEN);
}

/* A read that got no signal. signalfd_copied() has counted those that got some. */
static void signalfd_read_done(const struct ipc_call *call)
{
	struct kiocb *iocb = ipc_signalfd_kiocb(call->arg[0]);
	ssize_t ret = call->ret;

	ipc_woke(call);
	if (ret >= 0 || ret == -EFAULT)
		return;
	if (ret == -EAGAIN && iocb && ipc_kiocb_retried(iocb))
		return;
	receive_failed();
}

/*
 * rt_sigtimedwait(2) returns the signal's number. Its EINVAL and EFAULT do not tell
 * whether it got as far as do_sigtimedwait(): not counted.
 */
static void sigtimedwait_done(const struct ipc_call *call)
{
	long ret = call->ret;

	ipc_woke(call);
	if (ret > 0)
		received(ret, TAKEN);
	else if (ret == -EAGAIN || ret == -EINTR)
		receive_failed();
}

/*
 * pause(2), sigsuspend(2), sigwait(3) and a read from a signalfd sleep for nothing but
 * a signal. The first two are no operations of their own: the signal is delivered.
 */
static void wait_sleeps(const struct ipc_call *call)
{
	const struct ipc_object object = IPC_NO_OBJECT;

	ipc_sleep_often(&signal_row, IPC_RECV, &object);
}

static void wait_done(const struct ipc_call *call)
{
	ipc_woke(call);
}

/* ---- signals pending now ---- */

/* Entries, and bits without one (sent without memory for an entry). Under siglock. */
static unsigned int count_pending(const struct sigpending *pending)
{
	const struct sigqueue *q;
	unsigned int nr = 0;
	u64 listed = 0;

	list_for_each_entry(q, &pending->list, list) {
		listed |= BIT_ULL(q->info.si_signo - 1);
		nr++;
	}
	return nr + hweight64(pending->signal.sig[0] & ~listed);
}

/* Under RCU only: what spares most processes their lock. */
static bool any_pending(struct task_struct *p)
{
	struct task_struct *t;

	if (READ_ONCE(p->signal->shared_pending.signal.sig[0]))
		return true;
	for_each_thread(p, t)
		if (READ_ONCE(t->pending.signal.sig[0]))
			return true;
	return false;
}

/* Under siglock. Nobody will take what is pending for a dying process or thread. */
static unsigned int count_process(struct task_struct *p)
{
	struct task_struct *t;
	unsigned int nr;

	if (p->signal->flags & SIGNAL_GROUP_EXIT)
		return 0;
	nr = count_pending(&p->signal->shared_pending);
	for_each_thread(p, t)
		if (!(t->flags & PF_EXITING))
			nr += count_pending(&t->pending);
	return nr;
}

/*
 * As lock_task_sighand(), which modules cannot call. Under RCU a sighand is not freed to
 * other uses (SLAB_TYPESAFE_BY_RCU), but it may become another process's.
 */
static unsigned int process_pending(struct task_struct *p)
{
	struct sighand_struct *sighand;
	unsigned long flags;
	unsigned int nr = 0;
	bool same = false;

	while (!same && (sighand = rcu_dereference(p->sighand))) {
		spin_lock_irqsave(&sighand->siglock, flags);
		same = sighand == rcu_access_pointer(p->sighand);
		if (likely(same))
			nr = count_process(p);
		spin_unlock_irqrestore(&sighand->siglock, flags);
	}
	return nr;
}

static void signal_gauge(struct ipc_row *row, struct ipc_gauge *gauge)
{
	struct task_struct *p;

	rcu_read_lock();
	for_each_process(p)
		if (any_pending(p))
			gauge->value[IPC_QUEUED] += process_pending(p);
	rcu_read_unlock();
}

/* ---- hooks ---- */

enum { GENERATE, DELIVER, SIGNALFD_COPY, SIGNALFD_READ, SIGTIMEDWAIT, COMPAT_32, COMPAT_64, NR_TAKING };

#define RECV_BITS	(IPC_BITS_OPS(IPC_RECV) | IPC_BITS_FAILS(IPC_RECV))
#define WAIT_BITS	IPC_BITS_SLEEP(IPC_RECV)

#define WAIT_HOOK(without, ...) \
	{ \
		.kind = IPC_HOOK_RETURN, \
		.symbols = IPC_NAMES(__VA_ARGS__), \
		.asleep = wait_sleeps, \
		.done = wait_done, \
		.nargs = 1, \
		.sleeps = true, \
		.optional = without, \
		.feeds = IPC_FEEDS({ &signal_row, WAIT_BITS }), \
	}

static struct ipc_hook signal_hooks[] = {
	[GENERATE] = {
		.kind = IPC_HOOK_TRACE,
		.symbols = IPC_NAMES("signal_generate"),
		.probe = generated,
		.feeds = IPC_FEEDS({ &signal_row, IPC_BITS_OPS(IPC_SEND) | IPC_BITS_FAILS(IPC_SEND) |
						  IPC_BITS_OPS(IPC_RECV) }),
	},
	[DELIVER] = {
		.kind = IPC_HOOK_TRACE,
		.symbols = IPC_NAMES("signal_deliver"),
		.probe = delivered,
		.feeds = IPC_FEEDS({ &signal_row, IPC_BITS_OPS(IPC_RECV) }),
	},
	[SIGNALFD_COPY] = {
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("signalfd_copyinfo"),
		.called_by = IPC_NAMES("signalfd_read_iter|signalfd_read"),
		.done = signalfd_copied,
		.nargs = 2,
		.feeds = IPC_FEEDS({ &signal_row, RECV_BITS }),
	},
	[SIGNALFD_READ] = {
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("signalfd_read_iter", "signalfd_read"),
		.asleep = wait_sleeps,
		.done = signalfd_read_done,
		.nargs = 4,
		.sleeps = true,
		.feeds = IPC_FEEDS({ &signal_row, RECV_BITS | WAIT_BITS }),
	},
	[SIGTIMEDWAIT] = {
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("__x64_sys_rt_sigtimedwait", "__arm64_sys_rt_sigtimedwait"),
		.asleep = wait_sleeps,
		.done = sigtimedwait_done,
		.nargs = 1,
		.sleeps = true,
		.feeds = IPC_FEEDS({ &signal_row, RECV_BITS | WAIT_BITS }),
	},
	[COMPAT_32] = {
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("__ia32_compat_sys_rt_sigtimedwait_time32",
				     "__arm64_compat_sys_rt_sigtimedwait_time32"),
		.asleep = wait_sleeps,
		.done = sigtimedwait_done,
		.nargs = 1,
		.sleeps = true,
		.optional = true,
		.feeds = IPC_FEEDS({ &signal_row, RECV_BITS | WAIT_BITS }),
	},
	[COMPAT_64] = {
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("__ia32_compat_sys_rt_sigtimedwait_time64",
				     "__arm64_compat_sys_rt_sigtimedwait_time64"),
		.asleep = wait_sleeps,
		.done = sigtimedwait_done,
		.nargs = 1,
		.sleeps = true,
		.optional = true,
		.feeds = IPC_FEEDS({ &signal_row, RECV_BITS | WAIT_BITS }),
	},
	WAIT_HOOK(false, "__do_sys_pause"),
	WAIT_HOOK(false, "__x64_sys_rt_sigsuspend", "__arm64_sys_rt_sigsuspend"),
	WAIT_HOOK(true, "__ia32_compat_sys_rt_sigsuspend", "__arm64_compat_sys_rt_sigsuspend"),
	WAIT_HOOK(true, "__ia32_sys_sigsuspend", "__arm64_sys_sigsuspend"),
};

static u32 signal_known(void)
{
	u32 known = BIT(IPC_SIGNAL_COLS) - 1;
	unsigned int i;

	if (ipc_hook_lost(&signal_hooks[GENERATE]))
		known &= BIT(DELIVERED) | BIT(TAKEN);
	if (ipc_hook_lost(&signal_hooks[DELIVER]))
		known &= ~(BIT(DELIVERED) | BIT(DEFAULT) | BIT(IGNORED));
	for (i = SIGNALFD_COPY; i < NR_TAKING; i++)
		if (i != SIGNALFD_READ && ipc_hook_lost(&signal_hooks[i]))
			known &= ~BIT(TAKEN);
	return known;
}

static u64 signal_read(unsigned int sig, unsigned int col)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(table, cpu)->cell[sig][col]);
	return sum;
}

static const struct ipc_signals signal_table = {
	.cols = signal_cols,
	.known = signal_known,
	.read = signal_read,
};

static int signal_init(void)
{
	/* The engine passes probes as void pointers: hold them against the tracepoints. */
	check_trace_callback_type_signal_generate(generated);
	check_trace_callback_type_signal_deliver(delivered);
	table = alloc_percpu(struct signal_table);
	return table ? 0 : -ENOMEM;
}

static void signal_exit(void)
{
	free_percpu(table);
}

static struct ipc_row *const signal_rows[] = { &signal_row };

/*
 * Prototypes of the hooked functions, as BTF has them, on every kernel (tests/btf). Several for
 * one function are alternatives: the callbacks read only what is the same in all of them.
 *
 *	int signalfd_copyinfo(struct iov_iter *to, const kernel_siginfo_t *kinfo);
 *	int signalfd_copyinfo(struct signalfd_siginfo *uinfo, const kernel_siginfo_t
 *		*kinfo);
 *	ssize_t signalfd_read_iter(struct kiocb *iocb, struct iov_iter *to);
 *	ssize_t signalfd_read(struct file *file, char *buf, size_t count, loff_t *ppos);
 *	long int __do_sys_pause(const struct pt_regs *__unused);
 *	long int __x64_sys_rt_sigsuspend(const struct pt_regs *regs);
 *	long int __ia32_compat_sys_rt_sigsuspend(const struct pt_regs *regs);
 *	long int __ia32_sys_sigsuspend(const struct pt_regs *regs);
 *	long int __x64_sys_rt_sigtimedwait(const struct pt_regs *regs);
 *	long int __ia32_compat_sys_rt_sigtimedwait_time32(const struct pt_regs *regs);
 *	long int __ia32_compat_sys_rt_sigtimedwait_time32(const struct pt_regs *__unused);
 *	long int __ia32_compat_sys_rt_sigtimedwait_time64(const struct pt_regs *regs);
 */

struct ipc_mech ipc_mech_signal = {
	.rows = signal_rows,
	.nr_rows = ARRAY_SIZE(signal_rows),
	.hooks = signal_hooks,
	.nr_hooks = ARRAY_SIZE(signal_hooks),
	.init = signal_init,
	.exit = signal_exit,
	.signals = &signal_table,
};
