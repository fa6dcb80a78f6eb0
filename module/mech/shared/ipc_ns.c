// SPDX-License-Identifier: GPL-2.0-only
/*
 * IPC namespaces: no row of its own, but where some rows read their gauges.
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

/* The rows whose gauges are added up over all namespaces at most. */
#define MAX_ROWS	7

static struct ipc_set *namespaces;
static bool seeded;
static struct ipc_feed feeds[MAX_ROWS + 1];

int ipc_ns_feeds(struct ipc_row *row, u32 cols)
{
	unsigned int nr = 0;

	while (feeds[nr].row)
		nr++;
	if (WARN_ON_ONCE(nr == MAX_ROWS))
		return -ENOSPC;
	feeds[nr] = (struct ipc_feed){ row, cols };
	return 0;
}

struct ns_visit {
	void (*add)(struct ipc_namespace *ns, struct ipc_gauge *gauge);
	struct ipc_gauge *gauge;
};

static void ns_visit(void *ns, unsigned long tag, void *arg)
{
	struct ns_visit *visit = arg;

	visit->add(ns, visit->gauge);
}

void ipc_ns_sum(struct ipc_gauge *gauge, u32 cols,
		void (*add)(struct ipc_namespace *ns, struct ipc_gauge *gauge))
{
	struct ns_visit visit = { add, gauge };

	if (seeded)
		ipc_set_for_each(namespaces, ns_visit, &visit);
	if (!seeded || !ipc_set_exact(namespaces))
		gauge->unknown |= cols;
}

static void ns_born(struct ftrace_regs *regs)
{
	const struct ipc_namespace *ns = (const struct ipc_namespace *)ipc_arg(regs, 0);

	ipc_set_add(namespaces, ns, 0, ns->user_ns->owner);
}

static void ns_dies(struct ftrace_regs *regs)
{
	const struct ipc_namespace *ns = (const struct ipc_namespace *)ipc_arg(regs, 0);

	ipc_set_del(namespaces, ns, ns->user_ns->owner);
}

enum { BORN, DIES };

static struct ipc_hook ns_hooks[] = {
	[BORN] = {
		.kind = IPC_HOOK_ENTRY,
		.symbols = IPC_NAMES("shm_init_ns"),
		.feeds = feeds,
		.entry = ns_born,
	},
	[DIES] = {
		.kind = IPC_HOOK_ENTRY,
		.symbols = IPC_NAMES("sem_exit_ns"),
		.feeds = feeds,
		.entry = ns_dies,
	},
};

static void ns_seed_one(struct super_block *sb, void *unused)
{
	struct ipc_namespace *ns = READ_ONCE(sb->s_fs_info);

	/* One that create_ipc_ns() is still at work on comes by shm_init_ns(). */
	if (!ns || !rcu_access_pointer(ns->ids[IPC_NS_SHM].key_ht.tbl))
		return;
	ipc_set_find_again(namespaces, ns, 0, ns->user_ns->owner);
	/*
	 * put_ipc_ns() clears s_fs_info before sem_exit_ns() runs: if it is
	 * still set, ns_dies() is yet to come. Nobody reads the set so early.
	 */
	if (READ_ONCE(sb->s_fs_info) != ns)
		ipc_set_del(namespaces, ns, INVALID_UID);
}

static void ns_seed(void)
{
	struct file_system_type *mqueue;

	/* Without both the set may hold what is gone: it is never looked into. */
	if (ipc_hook_lost(&ns_hooks[BORN]) || ipc_hook_lost(&ns_hooks[DIES]))
		return;
	mqueue = get_fs_type("mqueue");
	if (!mqueue)
		return;
	iterate_supers_type(mqueue, ns_seed_one, NULL);
	module_put(mqueue->owner);
	seeded = true;
}

static int ns_init(void)
{
	namespaces = ipc_set_new("ipc_ns", ipc_max_objects, IPC_SET_ALL_UNSEEN);
	if (!namespaces)
		return -ENOMEM;
	/* Both hooks come at once; ns_seed_one() relies on those that are born before it. */
	ipc_set_open(namespaces);
	return 0;
}

static void ns_exit(void)
{
	ipc_set_free(namespaces);
}

/*
 * Prototypes of the hooked functions, as BTF has them, on every kernel (tests/btf). Several for
 * one function are alternatives: the callbacks read only what is the same in all of them.
 *
 *	void shm_init_ns(struct ipc_namespace *ns);
 *	void sem_exit_ns(struct ipc_namespace *ns);
 */

struct ipc_mech ipc_mech_ipc_ns = {
	.hooks = ns_hooks,
	.nr_hooks = ARRAY_SIZE(ns_hooks),
	.init = ns_init,
	.seed = ns_seed,
	.exit = ns_exit,
};
