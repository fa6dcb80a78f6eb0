// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bounded hash sets of kernel objects, in which each user has a share. See set.h.
 *
 * An object that finds no room is lost: it exists and is not followed. It is counted for its
 * owner. Each object of a paired set comes by ipc_set_add() when it is made, and goes by
 * ipc_set_del() when it is freed: one that is freed and is no member has been lost. So the
 * number of lost objects is exact, but for objects that are older than the module and that it has
 * not found: when one of them is freed, it is taken for a lost one. So a set is exact again when
 * the number is 0 and a walk through all open files, which began after the last loss, has found
 * every object followed.
 *
 * There are two exceptions, for which the share is "unsure". A set that is not paired cannot tell
 * when a lost object goes. And while the module is loading a set does not know which of the
 * older objects it has. Then the number only grows, until such a walk has found room for every
 * object.
 *
 * The same walk finds objects that were lost, when there is room for them again.
 *
 * A user may take another entry while it holds fewer than are free. So one user alone may hold
 * half of a set, two users a third each, and n users one part of n + 1 each: no number of users
 * who take all they can get leaves another one without room. root may take every entry.
 *
 * Locks: a bucket's, then the set's, which guards the shares and is held for a few instructions.
 */
#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "mechs.h"
#include "row.h"
#include "set.h"
#include "share.h"

#define SET_MAX			8
/* Between two looks whether a walk can help, and between two walks of which one was no help. */
#define SET_LOOK		(5 * HZ)
#define SET_WALK_MAX		(60 * HZ)

/* 32 bytes, which the manual promises. */
struct ipc_member {
	struct ipc_member *next;
	const void *object;
	unsigned long tag;
	struct ipc_share *share;
};

struct ipc_bucket {
	spinlock_t lock;
	struct ipc_member *first;
};

/*
 * @used: a bit for each bucket that is not empty, changed under its lock: to go through a set
 *	costs what is in it, not its size
 * @lock: guards all that follows
 * @nr: members
 * @lost: of all shares
 * @failed: an object was lost, or found again without room, since the last walk began
 * @dirty: since the last loss no walk has found every object followed
 */
struct ipc_set {
	const char *name;
	unsigned int bits;
	enum ipc_set_kind kind;
	bool open;
	unsigned long *used;

	spinlock_t lock;
	u32 nr;
	u64 lost;
	bool failed, dirty;
	struct ipc_shares shares;

	struct ipc_bucket bucket[];
};

/* Nothing removes objects any more: see ipc_sets_abandon(). */
static bool abandoned __read_mostly;

/* All sets. Made before the hooks are attached, freed after no handler runs any more. */
static struct ipc_set *sets[SET_MAX];
static unsigned int nr_sets;

/* True until ipc_sets_start(): which of the older objects are members is not known. */
static bool loading = true;
static bool stopped = true;

static void sets_work(struct work_struct *work);
static DECLARE_DELAYED_WORK(look_work, sets_work);

/* Only of the work. */
static unsigned long walk_next, walk_delay = SET_LOOK;
static atomic_t walk_found;

static struct ipc_bucket *ipc_set_bucket(struct ipc_set *set, const void *object)
{
	return &set->bucket[hash_ptr(object, set->bits)];
}

/* The link that leads to the member of @object, or to NULL behind the last one. */
static struct ipc_member **ipc_set_find(struct ipc_bucket *bucket, const void *object)
{
	struct ipc_member **link = &bucket->first;

	while (*link && (*link)->object != object)
		link = &(*link)->next;
	return link;
}

struct ipc_set *ipc_set_new(const char *name, unsigned int max, enum ipc_set_kind kind)
{
	unsigned int i, bits = order_base_2(DIV_ROUND_UP(max, 64));
	struct ipc_set *set;

	if (WARN_ON_ONCE(nr_sets == SET_MAX))
		return NULL;
	set = kvzalloc(struct_size(set, bucket, 1UL << bits), GFP_KERNEL);
	if (!set)
		return NULL;
	set->used = kvcalloc(BITS_TO_LONGS(1UL << bits), sizeof(*set->used), GFP_KERNEL);
	if (!set->used) {
		kvfree(set);
		return NULL;
	}
	set->name = name;
	set->kind = kind;
	set->bits = bits;
	spin_lock_init(&set->lock);
	ipc_shares_init(&set->shares, max);
	for (i = 0; i < 1U << bits; i++)
		spin_lock_init(&set->bucket[i].lock);
	sets[nr_sets++] = set;
	return set;
}

void ipc_set_free(struct ipc_set *set)
{
	struct ipc_member *member, *next;
	unsigned int i;

	if (!set)
		return;
	for (i = 0; i < 1U << set->bits; i++) {
		for (member = set->bucket[i].first; member; member = next) {
			next = member->next;
			kfree(member);
		}
	}
	ipc_shares_exit(&set->shares);
	kvfree(set->used);
	kvfree(set);
}

void ipc_set_open(struct ipc_set *set)
{
	WRITE_ONCE(set->open, true);
}

/* ---- the shares: with the set locked ---- */

/* How many objects the user of @share may have in the set: it may be fewer than it has. */
static u32 set_share_max(const struct ipc_set *set, const struct ipc_share *share)
{
	u32 left = set->shares.max - (set->nr - share->used);

	return uid_eq(share->uid, GLOBAL_ROOT_UID) ? set->shares.max : (left + 1) / 2;
}

static bool set_has_room(const struct ipc_set *set, const struct ipc_share *share)
{
	return set->nr < set->shares.max && share->used < set_share_max(set, share);
}

static void set_lose(struct ipc_set *set, struct ipc_share *share)
{
	share->lost++;
	WRITE_ONCE(set->lost, set->lost + 1);
	set->failed = true;
	WRITE_ONCE(set->dirty, set->kind != IPC_SET_ALL_UNSEEN);
	if (set->kind == IPC_SET_SOME || READ_ONCE(loading))
		share->unsure = true;
}

static void set_regain(struct ipc_set *set, struct ipc_share *share, u64 nr)
{
	share->lost -= nr;
	WRITE_ONCE(set->lost, set->lost - nr);
}

/*
 * Where a lost object of a user is counted: its own share, or that of all others, if it had none
 * when the object was lost. A socket's owner may have changed since: then any will do, for
 * nothing but the sum makes a set exact.
 */
static struct ipc_share *set_loser(struct ipc_set *set, kuid_t owner)
{
	struct ipc_share *share = ipc_share_find(&set->shares, owner);
	unsigned int nr;

	if (share && share->lost)
		return share;
	if (set->shares.others.lost)
		return &set->shares.others;
	for (nr = 0; set->kind == IPC_SET_ALL_CHANGING && nr < IPC_SHARES; nr++) {
		share = set->shares.slot[nr];
		if (share && share->lost)
			return share;
	}
	return NULL;
}

/* A lost object of a user has gone, or has become a member. */
static void set_found(struct ipc_set *set, kuid_t owner)
{
	struct ipc_share *share;

	if (!set->lost || set->kind == IPC_SET_SOME)
		return;
	share = set_loser(set, owner);
	if (!share || share->unsure)
		return;
	set_regain(set, share, 1);
	ipc_share_settle(&set->shares, share);
}

/* Takes @member in, and returns true; or counts its object as lost. */
static bool set_take(struct ipc_set *set, struct ipc_member *member, kuid_t owner, bool is_new)
{
	struct ipc_share *share;
	bool taken;

	spin_lock(&set->lock);
	share = ipc_share_get(&set->shares, owner);
	taken = member && set_has_room(set, share);
	if (taken) {
		member->share = share;
		share->used++;
		set->nr++;
		if (!is_new)
			set_found(set, owner);
	} else if (is_new || (READ_ONCE(loading) && !share->lost)) {
		/* While the module is loading the same object may come several times. */
		set_lose(set, share);
	} else {
		set->failed = true;
	}
	if (!taken)
		ipc_share_settle(&set->shares, share);
	spin_unlock(&set->lock);
	return taken;
}

/* ---- members ---- */

static void set_look_later(void)
{
	if (!READ_ONCE(stopped))
		queue_delayed_work(system_dfl_wq, &look_work, SET_LOOK);
}

/* Whether @object is a member; if it has no tag yet, it gets @tag. */
static bool set_has(struct ipc_set *set, const void *object, unsigned long tag)
{
	struct ipc_bucket *bucket = ipc_set_bucket(set, object);
	struct ipc_member *member;
	unsigned long flags;

	spin_lock_irqsave(&bucket->lock, flags);
	member = *ipc_set_find(bucket, object);
	if (member && !member->tag)
		member->tag = tag;
	spin_unlock_irqrestore(&bucket->lock, flags);
	return member;
}

static void set_add(struct ipc_set *set, const void *object, unsigned long tag, kuid_t owner,
		    bool is_new)
{
	struct ipc_bucket *bucket = ipc_set_bucket(set, object);
	struct ipc_member *member, **link;
	bool lost = false;
	unsigned long flags;

	if (!READ_ONCE(set->open))
		return;
	/* Most of them are: no memory is taken for nothing. */
	if (!is_new && set_has(set, object, tag))
		return;
	member = kmalloc(sizeof(*member), GFP_ATOMIC | __GFP_NOWARN);
	spin_lock_irqsave(&bucket->lock, flags);
	link = ipc_set_find(bucket, object);
	if (*link) {
		if (!(*link)->tag)
			(*link)->tag = tag;
	} else if (set_take(set, member, owner, is_new)) {
		member->object = object;
		member->tag = tag;
		member->next = bucket->first;
		bucket->first = member;
		set_bit(bucket - set->bucket, set->used);
		member = NULL;
		if (!is_new)
			atomic_inc(&walk_found);
	} else {
		lost = is_new || READ_ONCE(loading);
	}
	spin_unlock_irqrestore(&bucket->lock, flags);
	kfree(member);
	if (!lost)
		return;
	atomic64_inc(&ipc_missed);
	set_look_later();
}

void ipc_set_add(struct ipc_set *set, const void *object, unsigned long tag, kuid_t owner)
{
	set_add(set, object, tag, owner, true);
}

void ipc_set_find_again(struct ipc_set *set, const void *object, unsigned long tag, kuid_t owner)
{
	set_add(set, object, tag, owner, false);
}

bool ipc_set_del(struct ipc_set *set, const void *object, kuid_t owner)
{
	struct ipc_bucket *bucket = ipc_set_bucket(set, object);
	struct ipc_member *member, **link;
	unsigned long flags;

	spin_lock_irqsave(&bucket->lock, flags);
	link = ipc_set_find(bucket, object);
	member = *link;
	if (member) {
		*link = member->next;
		if (!bucket->first)
			clear_bit(bucket - set->bucket, set->used);
		spin_lock(&set->lock);
		member->share->used--;
		set->nr--;
		ipc_share_settle(&set->shares, member->share);
		spin_unlock(&set->lock);
	} else if (unlikely(READ_ONCE(set->lost))) {
		spin_lock(&set->lock);
		set_found(set, owner);
		spin_unlock(&set->lock);
	}
	spin_unlock_irqrestore(&bucket->lock, flags);
	kfree(member);
	return member;
}

unsigned long ipc_set_tag(struct ipc_set *set, const void *object)
{
	struct ipc_bucket *bucket = ipc_set_bucket(set, object);
	const struct ipc_member *member;
	unsigned long flags, tag;

	if (unlikely(READ_ONCE(abandoned)))
		return 0;
	spin_lock_irqsave(&bucket->lock, flags);
	member = *ipc_set_find(bucket, object);
	tag = member ? member->tag : 0;
	spin_unlock_irqrestore(&bucket->lock, flags);
	return tag;
}

bool ipc_set_exact(const struct ipc_set *set)
{
	return !READ_ONCE(set->lost) && !READ_ONCE(set->dirty) && !READ_ONCE(abandoned);
}

void ipc_sets_abandon(void)
{
	WRITE_ONCE(abandoned, true);
}

void ipc_set_for_each(struct ipc_set *set, void (*fn)(void *object, unsigned long tag, void *arg),
		      void *arg)
{
	struct ipc_member *member;
	unsigned long flags;
	unsigned int i;

	for_each_set_bit(i, set->used, 1UL << set->bits) {
		if (READ_ONCE(abandoned))
			return;
		spin_lock_irqsave(&set->bucket[i].lock, flags);
		for (member = set->bucket[i].first; member; member = member->next)
			fn((void *)member->object, member->tag, arg);
		spin_unlock_irqrestore(&set->bucket[i].lock, flags);
		cond_resched();
	}
}

/* ---- the walk ---- */

/* Whether there is room for an object that is lost, or none is lost and no walk has shown it. */
static bool set_needs_walk(struct ipc_set *set)
{
	struct ipc_share *share;
	unsigned int nr;
	bool needed;

	spin_lock_irq(&set->lock);
	needed = set->dirty && !set->lost;
	for (nr = 0; set->lost && nr <= IPC_SHARES; nr++) {
		share = ipc_share_nr(&set->shares, nr);
		if (share && share->lost && set_has_room(set, share))
			needed = true;
	}
	spin_unlock_irq(&set->lock);
	return needed;
}

static void set_walk_begins(struct ipc_set *set)
{
	spin_lock_irq(&set->lock);
	set->failed = false;
	spin_unlock_irq(&set->lock);
}

/*
 * A walk that has seen all files has found room for all objects behind them: what is unsure is
 * known again. An owner may have changed meanwhile, so one failure is everybody's. Returns whether
 * the set is exact by this walk.
 */
static bool set_walk_ends(struct ipc_set *set)
{
	struct ipc_share *share;
	unsigned int nr;
	bool cleaned;

	spin_lock_irq(&set->lock);
	for (nr = 0; nr <= IPC_SHARES && !set->failed && set->kind != IPC_SET_ALL_UNSEEN; nr++) {
		share = ipc_share_nr(&set->shares, nr);
		if (!share || !share->unsure)
			continue;
		share->unsure = false;
		set_regain(set, share, share->lost);
		ipc_share_settle(&set->shares, share);
	}
	cleaned = set->dirty && !set->failed && !set->lost;
	if (cleaned)
		WRITE_ONCE(set->dirty, false);
	spin_unlock_irq(&set->lock);
	return cleaned;
}

static bool sets_stopped(void)
{
	return READ_ONCE(stopped);
}

static void sets_walk(void)
{
	unsigned long start = jiffies;
	bool cleaned = false;
	unsigned int i;

	atomic_set(&walk_found, 0);
	for (i = 0; i < nr_sets; i++)
		set_walk_begins(sets[i]);
	if (ipc_mechs_walk(sets_stopped))
		for (i = 0; i < nr_sets; i++)
			cleaned |= set_walk_ends(sets[i]);
	/* Nobody can make it walk often by objects that no walk finds. */
	walk_delay = cleaned || atomic_read(&walk_found) ? SET_LOOK :
							   min(2 * walk_delay, SET_WALK_MAX);
	/* Nor has it more than a twentieth of one CPU, whatever it has to look through. */
	walk_next = jiffies + max(walk_delay, 20 * (jiffies - start));
}

/* At most one at a time, and while something is lost every five seconds. */
static void sets_work(struct work_struct *work)
{
	bool lost = false, needed = false;
	unsigned int i;

	if (READ_ONCE(abandoned))
		return;
	for (i = 0; i < nr_sets; i++)
		needed |= set_needs_walk(sets[i]);
	if (needed && time_after_eq(jiffies, walk_next))
		sets_walk();
	for (i = 0; i < nr_sets; i++)
		lost |= !ipc_set_exact(sets[i]);
	if (lost)
		set_look_later();
}

void ipc_sets_start(void)
{
	walk_next = jiffies;
	WRITE_ONCE(loading, false);
	WRITE_ONCE(stopped, false);
	set_look_later();
}

void ipc_sets_stop(void)
{
	WRITE_ONCE(stopped, true);
	cancel_delayed_work_sync(&look_work);
}

/* ---- for readers ---- */

unsigned int ipc_sets_nr(void)
{
	return nr_sets;
}

bool ipc_set_share(unsigned int nr_set, unsigned int nr, struct ipc_share_info *info)
{
	struct ipc_set *set = sets[nr_set];
	const struct ipc_share *share;

	spin_lock_irq(&set->lock);
	share = ipc_share_nr(&set->shares, nr);
	if (share)
		*info = (struct ipc_share_info){
			.table = set->name, .uid = share->uid, .shared = nr == IPC_SHARES,
			.used = share->used, .max = set_share_max(set, share),
			.lost = share->lost,
		};
	spin_unlock_irq(&set->lock);
	return share;
}
