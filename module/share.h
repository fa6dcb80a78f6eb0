/* SPDX-License-Identifier: GPL-2.0-only */
/* The share that each user has of a table: sets of objects (set.c) and flows (flow.c). */
#ifndef _IPCSTAT_SHARE_H
#define _IPCSTAT_SHARE_H

#include <linux/bitmap.h>
#include <linux/list.h>
#include <linux/types.h>
#include <linux/uidgid.h>

/* Users of a table that have an entry of their own. All others have one entry together. */
#define IPC_SHARES		1024
#define IPC_SHARE_BUCKETS	256

struct ipc_flow;

/**
 * struct ipc_share - what one user has in a table
 * @node: in the bucket of its user
 * @uid: the user; INVALID_UID: all users without an entry of their own
 * @slot: its number in the table; IPC_SHARES: the entry of all others
 * @used: entries of the table that the user holds
 * @lost: of a set: objects that exist and are not followed; of flows: flows that were evicted
 * @unsure: of a set: @lost may be too large, and objects that go do not lower it
 * @rank: of flows: users with about as many flows
 * @hand: of flows: where to look for the next one that is evicted; NULL: the user has none
 */
struct ipc_share {
	struct hlist_node node;
	kuid_t uid;
	u16 slot;
	bool unsure;
	u32 used;
	u64 lost;

	struct hlist_node rank;
	struct ipc_flow *hand;
};

/**
 * struct ipc_shares - the shares of a table. The table's lock guards it.
 * @max: entries of the table
 * @factor: of a hash; users must not be able to choose a bucket
 * @reuse: the slot to look at next for an entry of a user that has left
 * @others: all users that have no slot
 */
struct ipc_shares {
	u32 max, factor, reuse;
	DECLARE_BITMAP(taken, IPC_SHARES);
	struct ipc_share *slot[IPC_SHARES];
	struct hlist_head bucket[IPC_SHARE_BUCKETS];
	struct ipc_share others;
};

void ipc_shares_init(struct ipc_shares *shares, u32 max);
/* Frees all entries. */
void ipc_shares_exit(struct ipc_shares *shares);
/* The entry of a user; NULL: it has none of its own. */
struct ipc_share *ipc_share_find(struct ipc_shares *shares, kuid_t uid);
/* The entry of a user, which is made if it can be; else that of all others. */
struct ipc_share *ipc_share_get(struct ipc_shares *shares, kuid_t uid);
/* Frees the entry of a user who holds nothing and has lost nothing, but not root's. */
void ipc_share_settle(struct ipc_shares *shares, struct ipc_share *share);
/* Entry number @nr, up to IPC_SHARES, or NULL. */
struct ipc_share *ipc_share_nr(struct ipc_shares *shares, unsigned int nr);

/* ---- for the reader of shares (netlink/share.c) ---- */

/* One entry, as it is shown. @shared: it is that of all users without an entry of their own. */
struct ipc_share_info {
	const char *table;
	kuid_t uid;
	bool shared;
	u32 used, max;
	u64 lost;
};

/* The numbers of tables: those of the sets come first, then that of flows. */
unsigned int ipc_sets_nr(void);
/* False: entry number @nr of that table holds nothing and has lost nothing. */
bool ipc_set_share(unsigned int set, unsigned int nr, struct ipc_share_info *info);
/* Between ipc_flows_begin() and ipc_flows_end(), and only where there are flows. */
bool ipc_flows_share(unsigned int nr, struct ipc_share_info *info);

#endif /* _IPCSTAT_SHARE_H */
