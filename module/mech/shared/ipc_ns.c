// SPDX-License-Identifier: GPL-2.0-only
/*
 * IPC namespaces: no row of its own, but where four rows read their gauges.
 *
 * Older namespaces are found by the mqueue file system that each of them has;
 * newer ones by shm_init_ns(), the last step of create_ipc_ns(), after which
 * nothing fails any more. free_ipc_ns() begins to take one apart with
 * sem_exit_ns(): it leaves the set there, and while somebody reads its counters
 * (ipc_set_for_each()) sem_exit_ns() waits.
 */
#include <linux/fs.h>
#include <linux/rhashtable.h>
#include <linux/user_namespace.h>

#include "ipc_ns.h"

static struct ipc_set *namespaces;
static bool seeded;

struct ipc_ns_visit {
	void (*add)(struct ipc_namespace *ns, struct ipc_gauge *gauge);
	struct ipc_gauge *gauge;
};

static void ipc_ns_visit(void *ns, unsigned long tag, void *arg)
{
	struct ipc_ns_visit *visit = arg;

	visit->add(ns, visit->gauge);
}

void ipc_ns_sum(struct ipc_gauge *gauge, u32 cols,
		void (*add)(struct ipc_namespace *ns, struct ipc_gauge *gauge))
{
	struct ipc_ns_visit visit = { add, gauge };

	if (seeded)
		ipc_set_for_each(namespaces, ipc_ns_visit, &visit);
	if (!seeded || !ipc_set_exact(namespaces))
		gauge->unknown |= cols;
}

static void ipc_ns_born(struct ftrace_regs *regs)
{
	const struct ipc_namespace *ns = (const struct ipc_namespace *)ipc_arg(regs, 0);

	ipc_set_add(namespaces, ns, 0, ns->user_ns->owner);
}

static void ipc_ns_dies(struct ftrace_regs *regs)
{
	const struct ipc_namespace *ns = (const struct ipc_namespace *)ipc_arg(regs, 0);

	ipc_set_del(namespaces, ns, ns->user_ns->owner);
}

static void ipc_ns_seed_one(struct super_block *sb, void *unused)
{
	struct ipc_namespace *ns = READ_ONCE(sb->s_fs_info);

	/* One that create_ipc_ns() is still at work on comes by shm_init_ns(). */
	if (!ns || !rcu_access_pointer(ns->ids[IPC_NS_SHM].key_ht.tbl))
		return;
	ipc_set_find_again(namespaces, ns, 0, ns->user_ns->owner);
	/*
	 * put_ipc_ns() clears s_fs_info before sem_exit_ns() runs: if it is
	 * still set, ipc_ns_dies() is yet to come. Nobody reads the set so early.
	 */
	if (READ_ONCE(sb->s_fs_info) != ns)
		ipc_set_del(namespaces, ns, INVALID_UID);
}

static void ipc_ns_seed(void)
{
	struct file_system_type *mqueue;

	/* Without both hooks the set may hold what is gone: it is never looked into. */
	if (ipc_row_sysv_msg.lost & IPC_BIT(IPC_OBJECTS))
		return;
	mqueue = get_fs_type("mqueue");
	if (!mqueue)
		return;
	iterate_supers_type(mqueue, ipc_ns_seed_one, NULL);
	module_put(mqueue->owner);
	seeded = true;
}

static int ipc_ns_init(void)
{
	namespaces = ipc_set_new("ipc_ns", ipc_max_objects, IPC_SET_ALL_UNSEEN);
	if (!namespaces)
		return -ENOMEM;
	/* Both hooks come at once; ipc_ns_seed_one() relies on those that are born before it. */
	ipc_set_open(namespaces);
	return 0;
}

static void ipc_ns_exit(void)
{
	ipc_set_free(namespaces);
}

static const struct ipc_feed feeds[] = {
	{ &ipc_row_sysv_msg, IPC_BIT(IPC_OBJECTS) | IPC_BITS_QUEUE },
	{ &ipc_row_posix_mq, IPC_BIT(IPC_OBJECTS) },
	{ &ipc_row_sysv_shm, IPC_BIT(IPC_OBJECTS) },
	{ &ipc_row_sysv_sem, IPC_BIT(IPC_OBJECTS) },
	{ }
};

static struct ipc_hook hooks[] = {
	{
		.kind = IPC_HOOK_ENTRY,
		.symbols = IPC_NAMES("shm_init_ns"),
		.feeds = feeds,
		.entry = ipc_ns_born,
	}, {
		.kind = IPC_HOOK_ENTRY,
		.symbols = IPC_NAMES("sem_exit_ns"),
		.feeds = feeds,
		.entry = ipc_ns_dies,
	},
};

struct ipc_mech ipc_mech_ipc_ns = {
	.hooks = hooks,
	.nr_hooks = ARRAY_SIZE(hooks),
	.init = ipc_ns_init,
	.seed = ipc_ns_seed,
	.exit = ipc_ns_exit,
};
