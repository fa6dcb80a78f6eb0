// SPDX-License-Identifier: GPL-2.0-only
/*
 * System V semaphores (ipc/sem.c).
 *
 * semop(2), semtimedop(2), ipc(2) and their 32-bit forms all end in
 * __do_semtimedop(), with the operations copied into kernel memory by its
 * caller do_semtimedop(), which frees them afterwards. It sleeps in
 * schedule_hrtimeout_range() and nowhere else for a semaphore.
 */
#include <linux/sem.h>
#include <linux/uaccess.h>

#include "shared/ipc_ns.h"

static void sysv_sem_gauge(struct ipc_row *row, struct ipc_gauge *gauge);

static struct ipc_row sysv_sem_row = {
	.name = "sysv_sem",
	.na = IPC_BITS_QUEUE | IPC_BITS_DATA(IPC_SEND) | IPC_BITS_DATA(IPC_RECV),
	.gauge = sysv_sem_gauge,
};

/* An operation that only releases can't block: it sends. All others receive. */
static enum ipc_dir direction(const struct sembuf *sops, unsigned int nr)
{
	while (nr--) {
		if (sops++->sem_op <= 0)
			return IPC_RECV;
	}
	return IPC_SEND;
}

static void semop_done(const struct ipc_call *call)
{
	enum ipc_dir dir = direction((const struct sembuf *)call->arg[1], call->arg[2]);

	ipc_result(&sysv_sem_row, dir, (int)call->ret);
	ipc_end(call, &sysv_sem_row, dir, ipc_at_sysv(call->arg[0]), (int)call->ret);
}

/*
 * schedule_hrtimeout_range(expires, delta, mode): what only releases never sleeps. Of
 * several operations the kernel does not say which one waits.
 */
static void semop_sleeps(struct ftrace_regs *regs)
{
	struct ipc_object object = ipc_ns_object("sem");
	unsigned long args[6];
	const struct sembuf __user *op;
	unsigned short num;

	ipc_sysv_args(args);
	object.id = (int)args[0];
	object.timeout = ipc_arg(regs, 0);
	op = (const struct sembuf __user *)args[1];
	/* A page that is not there is not waited for. */
	pagefault_disable();
	if (args[2] == 1 && !get_user(num, &op->sem_num))
		object.part = num;
	pagefault_enable();
	ipc_sleep(&sysv_sem_row, IPC_RECV, &object);
}

static void add_namespace(struct ipc_namespace *ns, struct ipc_gauge *gauge)
{
	gauge->value[IPC_OBJECTS] += READ_ONCE(ns->ids[IPC_NS_SEM].in_use);
}

static void sysv_sem_gauge(struct ipc_row *row, struct ipc_gauge *gauge)
{
	ipc_ns_sum(gauge, IPC_BIT(IPC_OBJECTS), add_namespace);
}

static int sysv_sem_init(void)
{
	return ipc_ns_feeds(&sysv_sem_row, IPC_BIT(IPC_OBJECTS));
}

static struct ipc_row *const sysv_sem_rows[] = { &sysv_sem_row };

#define BITS_SLEEP	(IPC_BITS_SLEEP(IPC_SEND) | IPC_BITS_SLEEP(IPC_RECV))

static struct ipc_hook sysv_sem_hooks[] = {
	{
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("__do_semtimedop"),
		.called_by = IPC_NAMES("do_semtimedop|ksys_semtimedop"),
		.feeds = IPC_FEEDS({ &sysv_sem_row,
				     IPC_BITS_OPS(IPC_SEND) | IPC_BITS_FAILS(IPC_SEND) |
				     IPC_BITS_OPS(IPC_RECV) | IPC_BITS_FAILS(IPC_RECV) |
				     BITS_SLEEP }),
		.done = semop_done,
		.nargs = 5,
		.uses = 3,
		.sleeps = true,
	}, {
		.kind = IPC_HOOK_ENTRY,
		.symbols = IPC_NAMES("schedule_hrtimeout_range"),
		.callers = IPC_NAMES("__do_semtimedop"),
		.feeds = IPC_FEEDS({ &sysv_sem_row, BITS_SLEEP }),
		.entry = semop_sleeps,
	},
};

/*
 * Prototypes of the hooked functions, as BTF has them, on every kernel (tests/btf). Several for
 * one function are alternatives: the callbacks read only what is the same in all of them.
 *
 *	long int __do_semtimedop(int semid, struct sembuf *sops, unsigned int nsops, const
 *		struct timespec64 *timeout, struct ipc_namespace *ns);
 *	int schedule_hrtimeout_range(ktime_t *expires, u64 delta, const enum hrtimer_mode
 *		mode);
 */

struct ipc_mech ipc_mech_sysv_sem = {
	.rows = sysv_sem_rows,
	.nr_rows = ARRAY_SIZE(sysv_sem_rows),
	.hooks = sysv_sem_hooks,
	.nr_hooks = ARRAY_SIZE(sysv_sem_hooks),
	.init = sysv_sem_init,
};
