// SPDX-License-Identifier: GPL-2.0-only
/* The share that each user has of a table. See share.h. */
#include <linux/random.h>
#include <linux/slab.h>

#include "share.h"

/* How many slots are looked at for one whose user holds nothing any more. */
#define SHARE_SAMPLE	16
/* Nobody is woken for more memory: a wait may be counted with a run queue locked. */
#define SHARE_GFP	(__GFP_HIGH | __GFP_NOWARN)

void ipc_shares_init(struct ipc_shares *shares, u32 max)
{
	memset(shares, 0, sizeof(*shares));
	shares->max = max;
	shares->factor = get_random_u32() | 1;
	shares->others.uid = INVALID_UID;
	shares->others.slot = IPC_SHARES;
	/* Before users have taken all slots. */
	ipc_share_get(shares, GLOBAL_ROOT_UID);
}

void ipc_shares_exit(struct ipc_shares *shares)
{
	unsigned int nr;

	for (nr = 0; nr < IPC_SHARES; nr++)
		kfree(shares->slot[nr]);
}

static struct hlist_head *share_bucket(struct ipc_shares *shares, kuid_t uid)
{
	return &shares->bucket[(__kuid_val(uid) * shares->factor) >> 24];
}

struct ipc_share *ipc_share_find(struct ipc_shares *shares, kuid_t uid)
{
	struct ipc_share *share;

	hlist_for_each_entry(share, share_bucket(shares, uid), node)
		if (uid_eq(share->uid, uid))
			return share;
	return NULL;
}

static void share_free(struct ipc_shares *shares, struct ipc_share *share)
{
	hlist_del(&share->node);
	shares->slot[share->slot] = NULL;
	__clear_bit(share->slot, shares->taken);
	kfree(share);
}

/* root's stays: it would come again at once. */
void ipc_share_settle(struct ipc_shares *shares, struct ipc_share *share)
{
	if (share != &shares->others && !share->used && !share->lost &&
	    !uid_eq(share->uid, GLOBAL_ROOT_UID))
		share_free(shares, share);
}

/* A slot of a user who holds nothing, and has only lost something: that is kept as others'. */
static void share_reuse(struct ipc_shares *shares)
{
	unsigned int i;

	for (i = 0; i < SHARE_SAMPLE; i++) {
		struct ipc_share *share = shares->slot[shares->reuse++ % IPC_SHARES];

		if (!share || share->used || uid_eq(share->uid, GLOBAL_ROOT_UID))
			continue;
		shares->others.lost += share->lost;
		shares->others.unsure |= share->unsure;
		share_free(shares, share);
		return;
	}
}

/* From any context but an NMI: an allocation that fails is no harm. */
struct ipc_share *ipc_share_get(struct ipc_shares *shares, kuid_t uid)
{
	struct ipc_share *share = ipc_share_find(shares, uid);
	unsigned int slot;

	if (share)
		return share;
	slot = find_first_zero_bit(shares->taken, IPC_SHARES);
	if (slot == IPC_SHARES) {
		share_reuse(shares);
		slot = find_first_zero_bit(shares->taken, IPC_SHARES);
	}
	if (slot == IPC_SHARES || !uid_valid(uid))
		return &shares->others;
	share = kzalloc(sizeof(*share), SHARE_GFP);
	if (!share)
		return &shares->others;
	share->uid = uid;
	share->slot = slot;
	shares->slot[slot] = share;
	__set_bit(slot, shares->taken);
	hlist_add_head(&share->node, share_bucket(shares, uid));
	return share;
}

struct ipc_share *ipc_share_nr(struct ipc_shares *shares, unsigned int nr)
{
	struct ipc_share *share = nr < IPC_SHARES ? shares->slot[nr] : &shares->others;

	return share && (share->used || share->lost) ? share : NULL;
}
