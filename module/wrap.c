// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipcstat_wrap: calls a function back with each result of a kernel function.
 *
 * This module knows no mechanism. It owns a number of slots. A slot redirects one
 * kernel function, in the way of livepatch, to a wrapper: a plain C function with
 * as many arguments, which calls the original's body and then the callback.
 * Whatever it has to remember is on the calling task's own stack: there is no
 * pool that could run dry, however many tasks sleep inside the function.
 *
 * Those sleepers have the wrapper on their stack, so its text must stay until the
 * last of them has left, which may be never. That is why the wrappers are a module
 * of their own: ipcstat can go at any time, this one holds a reference on itself
 * until it is drained, and is taken up again when ipcstat comes back before that.
 *
 * Order of a detach:
 *  1. the slot's generation changes, its callback is replaced by an empty
 *     function, synchronize_rcu(): no callback runs any more (they run with
 *     preemption disabled). ipcstat may go.
 *  2. in the background, a little later, the functions are given back to their
 *     callers;
 *  3. tasks that were on their way into a wrapper are counted in
 *     (synchronize_rcu_tasks()), the count falls to 0, tasks on their way out
 *     have left (synchronize_rcu_tasks() again);
 *  4. the reference is dropped.
 */
#include <linux/ftrace.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/static_call.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "resolve.h"
#include "wrap.h"

/* ipcstat that comes back within this time finds everything in place. */
#define IPC_DRAIN_DELAY		msecs_to_jiffies(1000)
#define IPC_DRAIN_INTERVAL	msecs_to_jiffies(100)
#define IPC_NAME_MAX		64

/*
 * @ops, @wrapper: the redirection: @ops is registered on @name, its handler
 *	continues in @wrapper
 * @body, @begin, @done: the wrapper's static calls; without @begin that one is a nop
 * @nargs, @begins: the arguments that the wrapper passes on; whether it calls @begin
 * @gen: changes at each attach and detach: a call that began under another value
 *	must not be reported
 * @name: the function; empty: never used. A slot keeps its function for ever, for
 *	callers may be on their way to its body.
 */
struct ipc_slot {
	struct ftrace_ops ops;
	void *wrapper;
	struct static_call_key *body_key, *begin_key, *done_key;
	void *body_tramp, *begin_tramp, *done_tramp;
	unsigned int nargs;
	bool begins;
	unsigned int gen;
	bool attached;
	bool registered;
	char name[IPC_NAME_MAX];
};

static struct ipc_slot slots[];

/* Tasks inside a wrapper: they enter on one CPU and leave on another, the sum counts. */
static DEFINE_PER_CPU(long, inflight);

static DEFINE_MUTEX(slots_lock);
static unsigned int nr_attached;
static bool pinned;	/* we hold a reference on ourselves */

static void ipc_drain(struct work_struct *work);
static DECLARE_DELAYED_WORK(drain_work, ipc_drain);

static void ipc_no_done(const struct ipc_call *call)
{
}

/* What a slot calls before it is bound to a function. */
#define IPC_NO_BODY(args, params)							\
static unsigned long ipc_no_body##args params						\
{											\
	return 0;									\
}

#define IPC_PARAMS2	(unsigned long a, unsigned long b)
#define IPC_PARAMS4	(unsigned long a, unsigned long b, unsigned long c, unsigned long d)
#define IPC_PARAMS6	(unsigned long a, unsigned long b, unsigned long c, unsigned long d, \
			 unsigned long e, unsigned long f)
#define IPC_PARAMS7	(unsigned long a, unsigned long b, unsigned long c, unsigned long d, \
			 unsigned long e, unsigned long f, unsigned long g)

IPC_NO_BODY(2, IPC_PARAMS2)
IPC_NO_BODY(4, IPC_PARAMS4)
IPC_NO_BODY(6, IPC_PARAMS6)
IPC_NO_BODY(7, IPC_PARAMS7)

#define IPC_ARGS2	call.arg[0] = a; call.arg[1] = b
#define IPC_ARGS4	IPC_ARGS2; call.arg[2] = c; call.arg[3] = d
#define IPC_ARGS6	IPC_ARGS4; call.arg[4] = e; call.arg[5] = f
#define IPC_ARGS7	IPC_ARGS2	/* nobody needs more of seven */

#define IPC_ENTER(nr)	this_cpu_inc(inflight)
#define IPC_ENTER_BEGIN(nr) do {							\
	preempt_disable_notrace();							\
	__this_cpu_inc(inflight);							\
	static_call_cond(ipc_begin_##nr)(&call);					\
	preempt_enable_notrace();							\
} while (0)

/*
 * A wrapper reads its generation before the call and compares it afterwards. The
 * body is called directly (a static call is patched into the text), past the
 * function's ftrace entry. Every instruction here is paid by each operation: it saves no
 * more arguments than the function has, and has no buffer that a canary would guard.
 */
#define IPC_WRAPPER(nr, args, enter, ...)						\
DEFINE_STATIC_CALL(ipc_body_##nr, ipc_no_body##args);					\
DEFINE_STATIC_CALL_NULL(ipc_begin_##nr, ipc_no_done);					\
DEFINE_STATIC_CALL(ipc_done_##nr, ipc_no_done);						\
static unsigned long __used __no_stack_protector ipc_wrapper_##nr IPC_PARAMS##args	\
{											\
	unsigned int gen = READ_ONCE(slots[nr].gen);					\
	struct ipc_call call __uninitialized;						\
											\
	IPC_ARGS##args;									\
	call.nvcsw = current->nvcsw;							\
	enter(nr);									\
	call.ret = static_call(ipc_body_##nr)(__VA_ARGS__);				\
	preempt_disable_notrace();							\
	if (likely(READ_ONCE(slots[nr].gen) == gen))					\
		static_call(ipc_done_##nr)(&call);					\
	__this_cpu_dec(inflight);							\
	preempt_enable_notrace();							\
	return call.ret;								\
}

#define IPC_WRAPPER2(nr)	IPC_WRAPPER(nr, 2, IPC_ENTER, a, b)
#define IPC_WRAPPER4(nr)	IPC_WRAPPER(nr, 4, IPC_ENTER, a, b, c, d)
#define IPC_WRAPPER6(nr)	IPC_WRAPPER(nr, 6, IPC_ENTER, a, b, c, d, e, f)
#define IPC_WRAPPER7(nr)	IPC_WRAPPER(nr, 7, IPC_ENTER, a, b, c, d, e, f, g)
#define IPC_WRAPPER_BEGIN(nr)	IPC_WRAPPER(nr, 6, IPC_ENTER_BEGIN, a, b, c, d, e, f)

/* The slots for functions of so many arguments, and those that call back before, too. */
#define IPC_SLOTS2(X)									\
	X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9)				\
	X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19)
#define IPC_SLOTS4(X)									\
	X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29)			\
	X(30) X(31) X(32) X(33) X(34) X(35) X(36) X(37) X(38) X(39)			\
	X(40) X(41) X(42) X(43) X(44) X(45) X(46) X(47) X(48) X(49)			\
	X(50) X(51)
#define IPC_SLOTS6(X)									\
	X(52) X(53) X(54) X(55) X(56) X(57) X(58) X(59)					\
	X(60) X(61) X(62) X(63) X(64) X(65) X(66) X(67) X(68) X(69)			\
	X(70) X(71) X(72) X(73) X(74) X(75)
#define IPC_SLOTS7(X)	X(76) X(77)
#define IPC_SLOTS_BEGIN(X)								\
	X(78) X(79)									\
	X(80) X(81) X(82) X(83) X(84) X(85) X(86) X(87) X(88) X(89)
#define IPC_SLOTS	90

IPC_SLOTS2(IPC_WRAPPER2)
IPC_SLOTS4(IPC_WRAPPER4)
IPC_SLOTS6(IPC_WRAPPER6)
IPC_SLOTS7(IPC_WRAPPER7)
IPC_SLOTS_BEGIN(IPC_WRAPPER_BEGIN)

static void notrace ipc_redirect(unsigned long ip, unsigned long parent_ip,
				 struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	ipc_set_ip(fregs, (unsigned long)container_of(ops, struct ipc_slot, ops)->wrapper);
}

/*
 * IPMODIFY: one redirection a function, ours or a livepatch's; PERMANENT: it does
 * not stop silently when ftrace is switched off.
 */
#define IPC_SLOT(nr, args, early)							\
[nr] = {										\
	.ops = {									\
		.func = ipc_redirect,							\
		.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT,		\
	},										\
	.wrapper = ipc_wrapper_##nr,							\
	.body_key = &STATIC_CALL_KEY(ipc_body_##nr),					\
	.body_tramp = STATIC_CALL_TRAMP_ADDR(ipc_body_##nr),				\
	.begin_key = &STATIC_CALL_KEY(ipc_begin_##nr),					\
	.begin_tramp = STATIC_CALL_TRAMP_ADDR(ipc_begin_##nr),				\
	.done_key = &STATIC_CALL_KEY(ipc_done_##nr),					\
	.done_tramp = STATIC_CALL_TRAMP_ADDR(ipc_done_##nr),				\
	.nargs = args,									\
	.begins = early,								\
},
#define IPC_SLOT2(nr)		IPC_SLOT(nr, 2, false)
#define IPC_SLOT4(nr)		IPC_SLOT(nr, 4, false)
#define IPC_SLOT6(nr)		IPC_SLOT(nr, 6, false)
#define IPC_SLOT7(nr)		IPC_SLOT(nr, 7, false)
#define IPC_SLOT_BEGIN(nr)	IPC_SLOT(nr, 6, true)

static struct ipc_slot slots[IPC_SLOTS] = {
	IPC_SLOTS2(IPC_SLOT2)
	IPC_SLOTS4(IPC_SLOT4)
	IPC_SLOTS6(IPC_SLOT6)
	IPC_SLOTS7(IPC_SLOT7)
	IPC_SLOTS_BEGIN(IPC_SLOT_BEGIN)
};

static long ipc_inflight(void)
{
	long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(&inflight, cpu));
	return sum;
}

/* Whether a slot passes on, and keeps, all arguments of such a function; see IPC_ARGS7. */
static bool ipc_slot_fits(const struct ipc_slot *slot, unsigned int nargs, bool begins)
{
	return slot->nargs >= nargs && (slot->nargs > 6) == (nargs > 6) &&
	       slot->begins >= begins;
}

/*
 * The slot that has @name; or the cheapest unused one that will do: those that call back
 * before the call come last; or NULL.
 */
static struct ipc_slot *ipc_find_slot(const char *name, unsigned int nargs, bool begins)
{
	struct ipc_slot *slot, *unused = NULL;

	for (slot = slots; slot < slots + IPC_SLOTS; slot++) {
		if (!strcmp(slot->name, name))
			return slot;
		if (!slot->name[0] && !unused && ipc_slot_fits(slot, nargs, begins))
			unused = slot;
	}
	return unused;
}

/* Bind an unused slot to a function. */
static int ipc_bind(struct ipc_slot *slot, const char *name)
{
	struct ipc_range range;
	int err;

	if (!ipc_can_wrap())
		return -EOPNOTSUPP;
	err = ipc_resolve(name, &range);
	if (err)
		return err;
	/* The body begins behind the call to, or nop for, ftrace; make sure that it is one. */
	if (!ipc_is_fentry(range.start))
		return -EOPNOTSUPP;
	err = ftrace_set_filter_ip(&slot->ops, range.start, 0, 0);
	if (err)
		return err;
	__static_call_update(slot->body_key, slot->body_tramp,
			     (void *)(range.start + MCOUNT_INSN_SIZE));
	strscpy(slot->name, name, sizeof(slot->name));
	return 0;
}

static void ipc_clear(struct ipc_slot *slot)
{
	__static_call_update(slot->begin_key, slot->begin_tramp, NULL);
	__static_call_update(slot->done_key, slot->done_tramp, ipc_no_done);
}

static int ipc_attach(const char *name, unsigned int nargs, ipc_done_t begin, ipc_done_t done)
{
	struct ipc_slot *slot;
	int err = 0;

	if (nargs > 7 || strlen(name) >= IPC_NAME_MAX)
		return -EINVAL;
	mutex_lock(&slots_lock);
	nargs = nargs ?: 6;
	slot = ipc_find_slot(name, nargs, begin);
	if (!slot)
		err = -ENOSPC;
	else if (!ipc_slot_fits(slot, nargs, begin))
		err = -EOPNOTSUPP;	/* was bound by an ipcstat that knew it otherwise */
	else if (slot->attached)
		err = -EBUSY;
	else if (!slot->name[0])
		err = ipc_bind(slot, name);
	if (err)
		goto out;

	__static_call_update(slot->done_key, slot->done_tramp, done);
	if (begin)
		__static_call_update(slot->begin_key, slot->begin_tramp, begin);
	WRITE_ONCE(slot->gen, slot->gen + 1);
	if (!slot->registered)
		err = register_ftrace_function(&slot->ops);
	if (err) {
		ipc_clear(slot);
		goto out;
	}
	slot->registered = true;
	slot->attached = true;
	nr_attached++;
	if (!pinned) {
		__module_get(THIS_MODULE);
		pinned = true;
	}
	err = slot - slots;
out:
	mutex_unlock(&slots_lock);
	return err;
}

static void ipc_detach(const int *which, unsigned int nr)
{
	unsigned int i;

	mutex_lock(&slots_lock);
	for (i = 0; i < nr; i++) {
		struct ipc_slot *slot = &slots[which[i]];

		WRITE_ONCE(slot->gen, slot->gen + 1);
		ipc_clear(slot);
		slot->attached = false;
	}
	nr_attached -= nr;
	mutex_unlock(&slots_lock);
	synchronize_rcu();
	mod_delayed_work(system_dfl_wq, &drain_work, IPC_DRAIN_DELAY);
}

/*
 * Give back all functions. Each takes a while (ftrace waits for a grace period), so
 * the lock is dropped in between: an attach need not wait, and ends it.
 *
 * Return: true if nothing is redirected any more.
 */
static bool ipc_give_back(void)
{
	bool idle = true;
	struct ipc_slot *slot;

	for (slot = slots; idle && slot < slots + IPC_SLOTS; slot++) {
		mutex_lock(&slots_lock);
		if (slot->registered && !nr_attached &&
		    !unregister_ftrace_function(&slot->ops))
			slot->registered = false;
		if (slot->registered)
			idle = false;
		mutex_unlock(&slots_lock);
	}
	return idle;
}

static void ipc_drain(struct work_struct *work)
{
	struct ipc_slot *slot;
	bool entered = true;

	/* Somebody has attached again, or ftrace has failed: stay. */
	if (!ipc_give_back())
		return;
	if (!ipc_inflight()) {
		synchronize_rcu_tasks();
		entered = ipc_inflight();
	}
	if (entered) {
		mod_delayed_work(system_dfl_wq, &drain_work, IPC_DRAIN_INTERVAL);
		return;
	}
	synchronize_rcu_tasks();

	mutex_lock(&slots_lock);
	for (slot = slots; slot < slots + IPC_SLOTS; slot++)
		if (slot->registered)
			goto out;
	if (pinned) {
		pinned = false;
		module_put(THIS_MODULE);
	}
out:
	mutex_unlock(&slots_lock);
}

const struct ipc_wrap_api ipcstat_wrap_api = {
	.version = IPC_WRAP_VERSION,
	.attach = ipc_attach,
	.detach = ipc_detach,
};
EXPORT_SYMBOL_GPL(ipcstat_wrap_api);

static int __init ipc_wrap_init(void)
{
	return 0;
}

static void __exit ipc_wrap_exit(void)
{
	struct ipc_slot *slot;

	/* Only now that nothing is redirected; the work may still be in its last lines. */
	cancel_delayed_work_sync(&drain_work);
	for (slot = slots; slot < slots + IPC_SLOTS; slot++)
		if (slot->name[0])
			ftrace_free_filter(&slot->ops);
}

module_init(ipc_wrap_init);
module_exit(ipc_wrap_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Calls ipcstat back with the results of kernel functions");
MODULE_VERSION(IPCSTAT_VERSION);
