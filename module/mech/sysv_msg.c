// SPDX-License-Identifier: GPL-2.0-only
/*
 * System V message queues (ipc/msg.c).
 *
 * msgsnd(2), msgrcv(2), ipc(2) and their 32-bit forms all end in do_msgsnd()
 * and do_msgrcv(). Without CONFIG_COMPAT each has a single caller, which the
 * compiler may merge it into: then the row is unknown.
 */
#include <linux/msg.h>
#include <linux/percpu_counter.h>

#include "shared/ipc_ns.h"

enum { PEEKS };

static void sysv_msg_gauge(struct ipc_row *row, struct ipc_gauge *gauge);

static struct ipc_row sysv_msg_row = {
	.name = "sysv_msg",
	.details = (const char *const []){ [PEEKS] = "peeks", NULL },
	.gauge = sysv_msg_gauge,
};

static noinline void msg_is_full(int id)
{
	struct ipc_object object = ipc_ns_object("msg");

	object.id = id;
	ipc_event_limit(&sysv_msg_row, &object);
}

static noinline void msg_failed(const struct ipc_call *call, enum ipc_dir dir, long ret)
{
	ipc_failed(&sysv_msg_row, dir);
	if (ret == -EAGAIN && dir == IPC_SEND)
		msg_is_full(call->arg[0]);
	ipc_end(call, &sysv_msg_row, dir, ipc_at_sysv(call->arg[0]), ret);
}

static __always_inline void msg_done(const struct ipc_call *call, enum ipc_dir dir, long ret)
{
	if (unlikely(ret < 0)) {
		msg_failed(call, dir, ret);
		return;
	}
	ipc_moved(&sysv_msg_row, dir, ret);
	ipc_end(call, &sysv_msg_row, dir, ipc_at_sysv(call->arg[0]), ret);
}

static void msgsnd_done(const struct ipc_call *call)
{
	int ret = call->ret;

	msg_done(call, IPC_SEND, ret ? ret : call->arg[3]);
}

/* ipc_rcu_getref(perm): do_msgsnd() keeps the queue's memory while it sleeps in schedule(). */
static void msgsnd_sleeps(struct ftrace_regs *regs)
{
	const struct kern_ipc_perm *perm = (const struct kern_ipc_perm *)ipc_arg(regs, 0);
	struct ipc_object object = ipc_ns_object("msg");

	object.id = perm->id;
	ipc_sleep_often(&sysv_msg_row, IPC_SEND, &object);
	ipc_event_limit(&sysv_msg_row, &object);
}

/* do_msgrcv() calls nothing before it sleeps in schedule(), for nothing but a message. */
static void msgrcv_sleeps(const struct ipc_call *call)
{
	struct ipc_object object = ipc_ns_object("msg");

	object.id = (int)call->arg[0];
	ipc_sleep_often(&sysv_msg_row, IPC_RECV, &object);
}

/* The message stays in the queue. */
static noinline void msg_peeked(const struct ipc_call *call)
{
	ipc_detail(&sysv_msg_row, PEEKS, 1);
	msg_done(call, IPC_RECV, 0);
}

static void msgrcv_done(const struct ipc_call *call)
{
	long ret = call->ret;

	if (unlikely(call->arg[4] & MSG_COPY) && ret >= 0)
		msg_peeked(call);
	else
		msg_done(call, IPC_RECV, ret);
}

/* freeque(ns, ipcp), with the queue locked: its last messages go. */
static void msg_queue_freed(struct ftrace_regs *regs)
{
	const struct ipc_namespace *ns = (const struct ipc_namespace *)ipc_arg(regs, 0);
	const struct kern_ipc_perm *perm = (const struct kern_ipc_perm *)ipc_arg(regs, 1);
	const struct ipc_msg_queue *queue = container_of(perm, struct ipc_msg_queue, q_perm);
	const struct ipc_object object = {
		.kind = "msg", .id = perm->id, .space = ns->ns.inum, .part = -1,
	};

	ipc_event_lost(&sysv_msg_row, &object, queue->q_cbytes, queue->q_qnum);
}

static void add_namespace(struct ipc_namespace *ns, struct ipc_gauge *gauge)
{
	gauge->value[IPC_OBJECTS] += READ_ONCE(ns->ids[IPC_NS_MSG].in_use);
	gauge->value[IPC_QUEUED] += percpu_counter_sum_positive(&ns->percpu_msg_hdrs);
	gauge->value[IPC_QUEUED_BYTES] += percpu_counter_sum_positive(&ns->percpu_msg_bytes);
}

static void sysv_msg_gauge(struct ipc_row *row, struct ipc_gauge *gauge)
{
	ipc_ns_sum(gauge, IPC_BIT(IPC_OBJECTS) | IPC_BITS_QUEUE, add_namespace);
}

static int sysv_msg_init(void)
{
	return ipc_ns_feeds(&sysv_msg_row, IPC_BIT(IPC_OBJECTS) | IPC_BITS_QUEUE);
}

static struct ipc_row *const sysv_msg_rows[] = { &sysv_msg_row };

static struct ipc_hook sysv_msg_hooks[] = {
	{
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("do_msgsnd"),
		.called_by = IPC_NAMES("__x64_sys_msgsnd|ksys_msgsnd",
				       "|__ia32_compat_sys_msgsnd|compat_ksys_msgsnd",
				       "|compat_ksys_msgsnd"),
		.feeds = IPC_FEEDS({ &sysv_msg_row, IPC_BITS_RESULT(IPC_SEND) | IPC_BITS_SLEEP(IPC_SEND) }),
		.done = msgsnd_done,
		.nargs = 5,
		.uses = 4,
		.sleeps = true,
	}, {
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("do_msgrcv"),
		.called_by = IPC_NAMES("__x64_sys_msgrcv|ksys_msgrcv",
				       "|__ia32_compat_sys_msgrcv|compat_ksys_msgrcv",
				       "|compat_ksys_msgrcv"),
		.feeds = IPC_FEEDS({ &sysv_msg_row, IPC_BITS_RESULT(IPC_RECV) | IPC_BITS_SLEEP(IPC_RECV) }),
		.done = msgrcv_done,
		.asleep = msgrcv_sleeps,
		.nargs = 6,
		.uses = 5,
		.sleeps = true,
	}, {
		.kind = IPC_HOOK_ENTRY,
		.symbols = IPC_NAMES("ipc_rcu_getref"),
		.callers = IPC_NAMES("do_msgsnd"),
		.feeds = IPC_FEEDS({ &sysv_msg_row, IPC_BITS_SLEEP(IPC_SEND) }),
		.entry = msgsnd_sleeps,
	}, {
		.kind = IPC_HOOK_ENTRY,
		.symbols = IPC_NAMES(IPC_FREEQUE),
		.called_by = IPC_NAMES("msgctl_down|ksys_msgctl|ksys_msgctl.constprop.0"),
		.entry = msg_queue_freed,
	},
};

/*
 * Prototypes of the hooked functions, as BTF has them, on every kernel (tests/btf). Several for
 * one function are alternatives: the callbacks read only what is the same in all of them.
 *
 *	long int do_msgsnd(int msqid, long int mtype, void *mtext, size_t msgsz, int
 *		msgflg);
 *	long int do_msgrcv(int msqid, void *buf, size_t bufsz, long int msgtyp, int
 *		msgflg, long int (*msg_handler)(void *, struct msg_msg *, size_t));
 *	bool ipc_rcu_getref(struct kern_ipc_perm *ptr);
 *	void freeque(struct ipc_namespace *ns, struct kern_ipc_perm *ipcp);
 */

struct ipc_mech ipc_mech_sysv_msg = {
	.rows = sysv_msg_rows,
	.nr_rows = ARRAY_SIZE(sysv_msg_rows),
	.hooks = sysv_msg_hooks,
	.nr_hooks = ARRAY_SIZE(sysv_msg_hooks),
	.init = sysv_msg_init,
};
