// SPDX-License-Identifier: GPL-2.0-only
/*
 * ipcstat_wrap: calls a function back with each result of a kernel function.
 *
 * This module knows no mechanism. It owns a number of slots. A slot redirects one
 * kernel function, in the way of livepatch, to a wrapper: a plain C function with at
 * least as many arguments, which calls the original's body and then the callback.
 * Whatever it has to remember is on the calling task's own stack: there is no
 * pool that could run dry, however many tasks sleep inside the function.
 *
 * Those sleepers have the wrapper on their stack, so its text must stay until the
 * last of them has left, which may be never. That is why the wrappers are a module
 * of their own: ipcstat can go at any time, this one holds a reference on itself
 * until it is drained, and is taken up again when ipcstat comes back before that.
 *
 * Order of a detach:
 *  1. the slot's generation changes, its callbacks are replaced by empty functions,
 *     synchronize_rcu_tasks(), since they may be preempted, and synchronize_rcu(), for
 *     those that the scheduler calls: no callback runs any more. ipcstat may go.
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
#include <linux/preempt.h>
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
 * @nargs: 7 if the wrapper passes on seven arguments, else 6
 * @keeps: how many of them the callbacks find
 * @when: what else it does than to call @done, or when it does
 * @passing: the wrapper whose calls of the function are not redirected, if there is one
 * @asleep: called when the caller falls asleep, or NULL
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
	u8 nargs;
	u8 keeps;
	enum { IPC_AFTER, IPC_BEFORE, IPC_ASLEEP, IPC_FAILED } when;
	struct ipc_range passing;
	ipc_done_t asleep;
	unsigned int gen;
	bool attached;
	bool registered;
	char name[IPC_NAME_MAX];
};

/* What a wrapper keeps on the stack. */
struct ipc_frame {
	struct ipc_call call;
	unsigned int gen;
};

static struct ipc_slot slots[];

/* Tasks inside a wrapper: they enter on one CPU and leave on another, the sum counts. */
static DEFINE_PER_CPU(long, inflight);

static DEFINE_MUTEX(slots_lock);
static unsigned int nr_attached;
static bool pinned;	/* we hold a reference on ourselves */

static void drain(struct work_struct *work);
static DECLARE_DELAYED_WORK(drain_work, drain);

static void no_done(const struct ipc_call *call)
{
}

/* What a slot calls before it is bound to a function. */
#define IPC_NO_BODY(args, params)							\
static unsigned long ipc_no_body##args params						\
{											\
	return 0;									\
}

#define IPC_PARAMS6	(unsigned long a, unsigned long b, unsigned long c, unsigned long d, \
			 unsigned long e, unsigned long f)
#define IPC_PARAMS7	(unsigned long a, unsigned long b, unsigned long c, unsigned long d, \
			 unsigned long e, unsigned long f, unsigned long g)

IPC_NO_BODY(6, IPC_PARAMS6)
IPC_NO_BODY(7, IPC_PARAMS7)

#define IPC_KEEP2	frame.call.arg[0] = a; frame.call.arg[1] = b
#define IPC_KEEP4	IPC_KEEP2; frame.call.arg[2] = c; frame.call.arg[3] = d
#define IPC_KEEP6	IPC_KEEP4; frame.call.arg[4] = e; frame.call.arg[5] = f

/* ---- following the caller while it is inside ---- */

#ifdef CONFIG_PREEMPT_NOTIFIERS

/* @slot: NULL when its callback has been told that the caller sleeps: once a call is enough */
struct ipc_followed_frame {
	struct ipc_call call;
	unsigned int gen;
	const struct ipc_slot *slot;
	struct preempt_notifier notifier;
};

static void frame_in(struct preempt_notifier *notifier, int cpu)
{
}

/* In the scheduler, with the run queue locked. */
static void frame_out(struct preempt_notifier *notifier, struct task_struct *next)
{
	struct ipc_followed_frame *frame =
		container_of(notifier, struct ipc_followed_frame, notifier);
	const struct ipc_slot *slot = frame->slot;
	ipc_done_t asleep;

	if (!slot || !ipc_falls_asleep())
		return;
	asleep = READ_ONCE(slot->asleep);
	if (!asleep || READ_ONCE(slot->gen) != frame->gen)
		return;
	frame->slot = NULL;
	asleep(&frame->call);
}

static struct preempt_ops frame_ops = {
	.sched_in = frame_in,
	.sched_out = frame_out,
};

/* Not preempted in between: ipc_notes_close() (sleep.c) works at these lists, too. */
static __always_inline void follow(struct ipc_followed_frame *frame,
				   const struct ipc_slot *slot)
{
	frame->slot = slot;
	frame->notifier.ops = &frame_ops;
	preempt_disable_notrace();
	ipc_notifier_add(&frame->notifier);
	preempt_enable_notrace();
}

static __always_inline void unfollow(struct ipc_followed_frame *frame)
{
	preempt_disable_notrace();
	ipc_notifier_del(&frame->notifier);
	preempt_enable_notrace();
}

#else /* nobody knows of sleeps: see sleep.c */

#define ipc_followed_frame	ipc_frame
#define follow(frame, slot)	do { } while (0)
#define unfollow(frame)	do { } while (0)
#define preempt_notifier_inc()	do { } while (0)
#define preempt_notifier_dec()	do { } while (0)

#endif

/* ---- the wrappers ---- */

#define IPC_NOTHING(nr)
#define IPC_BEGIN(nr)		static_call_cond(ipc_begin_##nr)(&frame.call)
#define IPC_FOLLOW(nr)		follow(&frame, &slots[nr])
#define IPC_UNFOLLOW(nr)	unfollow(&frame)

/*
 * A wrapper reads its generation before the call and compares it afterwards (without
 * READ_ONCE(), so that it may compare in memory: the calls are barriers). The
 * body is called directly (a static call is patched into the text), past the
 * function's ftrace entry. Every instruction here is paid by each operation: it keeps no
 * more arguments than the callbacks want (to pass them on costs nothing), and has no
 * buffer that a canary would guard.
 */
#define IPC_WRAPPER(nr, keep, frame_type, enter, leave, args, ...)			\
DEFINE_STATIC_CALL(ipc_body_##nr, ipc_no_body##args);					\
DEFINE_STATIC_CALL_NULL(ipc_begin_##nr, no_done);					\
DEFINE_STATIC_CALL(ipc_done_##nr, no_done);						\
static unsigned long __used __no_stack_protector ipc_wrapper_##nr IPC_PARAMS##args	\
{											\
	struct frame_type frame __uninitialized;					\
											\
	frame.gen = slots[nr].gen;							\
	IPC_KEEP##keep;									\
	frame.call.nvcsw = current->nvcsw;						\
	this_cpu_inc(inflight);								\
	enter(nr);									\
	frame.call.ret = static_call(ipc_body_##nr)(__VA_ARGS__);			\
	leave(nr);									\
	if (likely(slots[nr].gen == frame.gen))						\
		static_call(ipc_done_##nr)(&frame.call);				\
	this_cpu_dec(inflight);								\
	return frame.call.ret;								\
}

/* Where only failures are told: nothing is kept for the others, and nothing asked but that. */
#define IPC_WRAPPER_FAILED(nr)								\
DEFINE_STATIC_CALL(ipc_body_##nr, ipc_no_body6);					\
DEFINE_STATIC_CALL_NULL(ipc_begin_##nr, no_done);					\
DEFINE_STATIC_CALL(ipc_done_##nr, no_done);						\
static unsigned long __used __no_stack_protector ipc_wrapper_##nr IPC_PARAMS6		\
{											\
	struct ipc_frame frame __uninitialized;						\
	unsigned long ret;								\
											\
	frame.gen = slots[nr].gen;							\
	IPC_KEEP2;									\
	this_cpu_inc(inflight);								\
	ret = static_call(ipc_body_##nr)(a, b, c, d, e, f);				\
	if (unlikely((int)ret < 0)) {							\
		frame.call.ret = ret;							\
		if (slots[nr].gen == frame.gen)						\
			static_call(ipc_done_##nr)(&frame.call);			\
		ret = frame.call.ret;							\
	}										\
	this_cpu_dec(inflight);								\
	return ret;									\
}

#define IPC_WRAPPER_SIX(nr, keep, frame_type, enter, leave) \
	IPC_WRAPPER(nr, keep, frame_type, enter, leave, 6, a, b, c, d, e, f)
#define IPC_WRAPPER2(nr)	IPC_WRAPPER_SIX(nr, 2, ipc_frame, IPC_NOTHING, IPC_NOTHING)
#define IPC_WRAPPER4(nr)	IPC_WRAPPER_SIX(nr, 4, ipc_frame, IPC_NOTHING, IPC_NOTHING)
#define IPC_WRAPPER6(nr)	IPC_WRAPPER_SIX(nr, 6, ipc_frame, IPC_NOTHING, IPC_NOTHING)
#define IPC_WRAPPER7(nr) \
	IPC_WRAPPER(nr, 2, ipc_frame, IPC_NOTHING, IPC_NOTHING, 7, a, b, c, d, e, f, g)
#define IPC_WRAPPER_BEFORE(nr)	IPC_WRAPPER_SIX(nr, 6, ipc_frame, IPC_BEGIN, IPC_NOTHING)
#define IPC_WRAPPER_ASLEEP(nr)	IPC_WRAPPER_SIX(nr, 6, ipc_followed_frame, IPC_FOLLOW, IPC_UNFOLLOW)

/*
 * The slots that keep so many arguments; one of seven; those that call back earlier, too; and
 * those that do so only after failures.
 */
#define IPC_SLOTS2(X)									\
	X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9)				\
	X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19)			\
	X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29)			\
	X(30) X(31)
#define IPC_SLOTS4(X)									\
	X(32) X(33) X(34) X(35) X(36) X(37) X(38) X(39)					\
	X(40) X(41) X(42) X(43) X(44) X(45) X(46) X(47) X(48) X(49)			\
	X(50) X(51) X(52) X(53) X(54) X(55) X(56) X(57) X(58) X(59)
#define IPC_SLOTS6(X)									\
	X(60) X(61) X(62) X(63) X(64) X(65) X(66) X(67) X(68) X(69)			\
	X(70) X(71) X(72) X(73) X(74) X(75)
#define IPC_SLOTS7(X)	X(76) X(77)
#define IPC_SLOTS_BEFORE(X)	X(78) X(79) X(80) X(81)
#define IPC_SLOTS_ASLEEP(X)								\
	X(82) X(83) X(84) X(85) X(86) X(87) X(88) X(89)					\
	X(90) X(91) X(92) X(93) X(94) X(95) X(96) X(97)
#define IPC_SLOTS_FAILED(X)	X(98) X(99) X(100) X(101)
#define IPC_SLOTS	102

IPC_SLOTS2(IPC_WRAPPER2)
IPC_SLOTS4(IPC_WRAPPER4)
IPC_SLOTS6(IPC_WRAPPER6)
IPC_SLOTS7(IPC_WRAPPER7)
IPC_SLOTS_BEFORE(IPC_WRAPPER_BEFORE)
IPC_SLOTS_ASLEEP(IPC_WRAPPER_ASLEEP)
IPC_SLOTS_FAILED(IPC_WRAPPER_FAILED)

static void notrace redirect(unsigned long ip, unsigned long parent_ip,
			     struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	ipc_set_ip(fregs, (unsigned long)container_of(ops, struct ipc_slot, ops)->wrapper);
}

/* A jump keeps the return address: that of the wrapper that has called the function before. */
static void notrace redirect_or_pass(unsigned long ip, unsigned long parent_ip,
				     struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	const struct ipc_slot *slot = container_of(ops, struct ipc_slot, ops);

	if (parent_ip - slot->passing.start >= slot->passing.size)
		ipc_set_ip(fregs, (unsigned long)slot->wrapper);
}

/*
 * IPMODIFY: one redirection a function, ours or a livepatch's; PERMANENT: it does
 * not stop silently when ftrace is switched off.
 */
#define IPC_SLOT(nr, args, keep, also)							\
[nr] = {										\
	.ops = {									\
		.func = redirect,							\
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
	.keeps = keep,									\
	.when = also,									\
},
#define IPC_SLOT2(nr)		IPC_SLOT(nr, 6, 2, IPC_AFTER)
#define IPC_SLOT4(nr)		IPC_SLOT(nr, 6, 4, IPC_AFTER)
#define IPC_SLOT6(nr)		IPC_SLOT(nr, 6, 6, IPC_AFTER)
#define IPC_SLOT7(nr)		IPC_SLOT(nr, 7, 2, IPC_AFTER)
#define IPC_SLOT_BEFORE(nr)	IPC_SLOT(nr, 6, 6, IPC_BEFORE)
#define IPC_SLOT_ASLEEP(nr)	IPC_SLOT(nr, 6, 6, IPC_ASLEEP)
#define IPC_SLOT_FAILED(nr)	IPC_SLOT(nr, 6, 2, IPC_FAILED)

static struct ipc_slot slots[IPC_SLOTS] = {
	IPC_SLOTS2(IPC_SLOT2)
	IPC_SLOTS4(IPC_SLOT4)
	IPC_SLOTS6(IPC_SLOT6)
	IPC_SLOTS7(IPC_SLOT7)
	IPC_SLOTS_BEFORE(IPC_SLOT_BEFORE)
	IPC_SLOTS_ASLEEP(IPC_SLOT_ASLEEP)
	IPC_SLOTS_FAILED(IPC_SLOT_FAILED)
};

static long in_flight(void)
{
	long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(&inflight, cpu));
	return sum;
}

static bool slot_fits(const struct ipc_slot *slot, const struct ipc_wrap_hook *hook)
{
	if ((slot->nargs > 6) != (hook->nargs > 6) || slot->keeps < hook->keeps)
		return false;
	if (hook->begin)
		return slot->when == IPC_BEFORE;
	if (hook->asleep)
		return slot->when == IPC_ASLEEP;
	return slot->when == (hook->failures ? IPC_FAILED : IPC_AFTER);
}

/* The slot that has the function; or an unused one that will do, the cheapest come first. */
static struct ipc_slot *find_slot(const struct ipc_wrap_hook *hook)
{
	struct ipc_slot *slot, *unused = NULL;

	for (slot = slots; slot < slots + IPC_SLOTS; slot++) {
		if (!strcmp(slot->name, hook->name))
			return slot;
		if (!slot->name[0] && !unused && slot_fits(slot, hook))
			unused = slot;
	}
	return unused;
}

/* Let the wrapper of the function of that name pass. If it can't be told: no harm, but work. */
static void let_pass(struct ipc_slot *slot, const char *name)
{
	const struct ipc_slot *passing;
	unsigned long size;
	char *text, *place;

	for (passing = slots; passing < slots + IPC_SLOTS; passing++)
		if (!strcmp(passing->name, name))
			break;
	if (passing == slots + IPC_SLOTS)
		return;
	text = kmalloc(KSYM_SYMBOL_LEN, GFP_KERNEL);
	if (!text)
		return;
	/* "name+0x0/0xsize [module]" */
	sprint_symbol(text, (unsigned long)passing->wrapper);
	place = strrchr(text, '+');
	if (place && sscanf(place, "+0x0/0x%lx", &size) == 1) {
		slot->passing = (struct ipc_range){ (unsigned long)passing->wrapper, size };
		slot->ops.func = redirect_or_pass;
	}
	kfree(text);
}

/* Bind an unused slot to a function. */
static int bind_slot(struct ipc_slot *slot, const struct ipc_wrap_hook *hook)
{
	const char *name = hook->name;
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
	if (hook->passed_by)
		let_pass(slot, hook->passed_by);
	strscpy(slot->name, name, sizeof(slot->name));
	return 0;
}

static void clear_slot(struct ipc_slot *slot)
{
	WRITE_ONCE(slot->asleep, NULL);
	__static_call_update(slot->begin_key, slot->begin_tramp, NULL);
	__static_call_update(slot->done_key, slot->done_tramp, no_done);
}

static int attach(const struct ipc_wrap_hook *hook)
{
	struct ipc_slot *slot;
	int err = 0;

	if (hook->nargs > 7 || strlen(hook->name) >= IPC_NAME_MAX)
		return -EINVAL;
	mutex_lock(&slots_lock);
	slot = find_slot(hook);
	if (!slot)
		err = -ENOSPC;
	else if (!slot_fits(slot, hook))
		err = -EOPNOTSUPP;	/* was bound by an ipcstat that knew it otherwise */
	else if (slot->attached)
		err = -EBUSY;
	else if (!slot->name[0])
		err = bind_slot(slot, hook);
	if (err)
		goto out;

	__static_call_update(slot->done_key, slot->done_tramp, hook->done);
	if (hook->begin)
		__static_call_update(slot->begin_key, slot->begin_tramp, hook->begin);
	WRITE_ONCE(slot->asleep, hook->asleep);
	WRITE_ONCE(slot->gen, slot->gen + 1);
	if (!slot->registered)
		err = register_ftrace_function(&slot->ops);
	if (err) {
		clear_slot(slot);
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

static void detach(const int *which, unsigned int nr)
{
	unsigned int i;

	mutex_lock(&slots_lock);
	for (i = 0; i < nr; i++) {
		struct ipc_slot *slot = &slots[which[i]];

		WRITE_ONCE(slot->gen, slot->gen + 1);
		clear_slot(slot);
		slot->attached = false;
	}
	nr_attached -= nr;
	mutex_unlock(&slots_lock);
	synchronize_rcu_tasks();
	synchronize_rcu();
	mod_delayed_work(system_dfl_wq, &drain_work, IPC_DRAIN_DELAY);
}

/*
 * Give back all functions. Each takes a while (ftrace waits for a grace period), so
 * the lock is dropped in between: an attach need not wait, and ends it.
 *
 * Return: true if nothing is redirected any more.
 */
static bool give_back(void)
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

static void drain(struct work_struct *work)
{
	struct ipc_slot *slot;
	bool entered = true;

	/* Somebody has attached again, or ftrace has failed: stay. */
	if (!give_back())
		return;
	if (!in_flight()) {
		synchronize_rcu_tasks();
		entered = in_flight();
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
	.attach = attach,
	.detach = detach,
};
EXPORT_SYMBOL_GPL(ipcstat_wrap_api);

static int __init wrap_init(void)
{
	preempt_notifier_inc();
	return 0;
}

static void __exit wrap_exit(void)
{
	struct ipc_slot *slot;

	/* Only now that nothing is redirected; the work may still be in its last lines. */
	cancel_delayed_work_sync(&drain_work);
	for (slot = slots; slot < slots + IPC_SLOTS; slot++)
		if (slot->name[0])
			ftrace_free_filter(&slot->ops);
	preempt_notifier_dec();
}

module_init(wrap_init);
module_exit(wrap_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Calls ipcstat back with the results of kernel functions");
MODULE_VERSION(IPCSTAT_VERSION);
