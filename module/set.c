// SPDX-License-Identifier: GPL-2.0-only
/* A bounded hash set of kernel objects. See ipcstat.h. */
#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/hash.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "ipcstat.h"

struct ipc_member {
	struct hlist_node node;
	const void *object;
	unsigned long tag;
};

struct ipc_bucket {
	spinlock_t lock;
	struct hlist_head head;
};

/*
 * @used: a bit for each bucket that is not empty, changed under its lock: to go through a set
 *	costs what is in it, not its size
 */
struct ipc_set {
	unsigned int max, bits;
	atomic_t nr;
	bool open;
	bool lost;
	unsigned long *used;
	struct ipc_bucket bucket[];
};

static bool sets_stopped __read_mostly;

static struct ipc_bucket *ipc_set_bucket(struct ipc_set *set, const void *object)
{
	return &set->bucket[hash_ptr(object, set->bits)];
}

static struct ipc_member *ipc_set_find(struct ipc_bucket *bucket, const void *object)
{
	struct ipc_member *member;

	hlist_for_each_entry(member, &bucket->head, node)
		if (member->object == object)
			return member;
	return NULL;
}

struct ipc_set *ipc_set_new(unsigned int max)
{
	unsigned int i, bits = order_base_2(DIV_ROUND_UP(max, 64));
	struct ipc_set *set;

	set = kvzalloc(struct_size(set, bucket, 1UL << bits), GFP_KERNEL);
	if (!set)
		return NULL;
	set->used = kvcalloc(BITS_TO_LONGS(1UL << bits), sizeof(*set->used), GFP_KERNEL);
	if (!set->used) {
		kvfree(set);
		return NULL;
	}
	set->max = max;
	set->bits = bits;
	for (i = 0; i < 1U << bits; i++)
		spin_lock_init(&set->bucket[i].lock);
	return set;
}

void ipc_set_free(struct ipc_set *set)
{
	struct ipc_member *member;
	struct hlist_node *next;
	unsigned int i;

	if (!set)
		return;
	for (i = 0; i < 1U << set->bits; i++)
		hlist_for_each_entry_safe(member, next, &set->bucket[i].head, node)
			kfree(member);
	kvfree(set->used);
	kvfree(set);
}

void ipc_set_open(struct ipc_set *set)
{
	WRITE_ONCE(set->open, true);
}

void ipc_set_add(struct ipc_set *set, const void *object, unsigned long tag)
{
	struct ipc_bucket *bucket = ipc_set_bucket(set, object);
	struct ipc_member *member;
	unsigned long flags;

	if (!READ_ONCE(set->open))
		return;
	member = kmalloc(sizeof(*member), GFP_ATOMIC | __GFP_NOWARN);
	spin_lock_irqsave(&bucket->lock, flags);
	if (!ipc_set_find(bucket, object)) {
		if (member && atomic_add_unless(&set->nr, 1, set->max)) {
			member->object = object;
			member->tag = tag;
			hlist_add_head(&member->node, &bucket->head);
			set_bit(bucket - set->bucket, set->used);
			member = NULL;
		} else {
			WRITE_ONCE(set->lost, true);
			atomic64_inc(&ipc_missed);
		}
	}
	spin_unlock_irqrestore(&bucket->lock, flags);
	kfree(member);
}

bool ipc_set_del(struct ipc_set *set, const void *object)
{
	struct ipc_bucket *bucket = ipc_set_bucket(set, object);
	struct ipc_member *member;
	unsigned long flags;

	spin_lock_irqsave(&bucket->lock, flags);
	member = ipc_set_find(bucket, object);
	if (member) {
		hlist_del(&member->node);
		if (hlist_empty(&bucket->head))
			clear_bit(bucket - set->bucket, set->used);
		atomic_dec(&set->nr);
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

	if (unlikely(READ_ONCE(sets_stopped)))
		return 0;
	spin_lock_irqsave(&bucket->lock, flags);
	member = ipc_set_find(bucket, object);
	tag = member ? member->tag : 0;
	spin_unlock_irqrestore(&bucket->lock, flags);
	return tag;
}

bool ipc_set_exact(const struct ipc_set *set)
{
	return !READ_ONCE(set->lost) && !READ_ONCE(sets_stopped);
}

void ipc_sets_stop(void)
{
	WRITE_ONCE(sets_stopped, true);
}

void ipc_set_for_each(struct ipc_set *set, void (*fn)(void *object, unsigned long tag, void *arg),
		      void *arg)
{
	struct ipc_member *member;
	unsigned long flags;
	unsigned int i;

	for_each_set_bit(i, set->used, 1UL << set->bits) {
		if (READ_ONCE(sets_stopped))
			return;
		spin_lock_irqsave(&set->bucket[i].lock, flags);
		hlist_for_each_entry(member, &set->bucket[i].head, node)
			fn((void *)member->object, member->tag, arg);
		spin_unlock_irqrestore(&set->bucket[i].lock, flags);
		cond_resched();
	}
}
