/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of kernel objects (set.c), for gauges. */
#ifndef _IPCSTAT_SET_H
#define _IPCSTAT_SET_H

#include <linux/types.h>
#include <linux/uidgid.h>

/*
 * A bounded hash set of kernel addresses, each with a small tag. Adding and
 * removing work in any context that a hook runs in. Each user has a share of the room. An object
 * is lost when its owner's share or the set is full, or memory is short. While objects
 * are lost the set is inexact: the gauge that is read from it must say so.
 */
struct ipc_set;

/**
 * enum ipc_set_kind - which objects come to a set
 * @IPC_SET_SOME: not all, or not when they are made
 * @IPC_SET_ALL: ipc_set_add() is called for each object when it is made, and ipc_set_del() when it
 *	is freed, with the same owner
 * @IPC_SET_ALL_CHANGING: the same, but the owner may have changed meanwhile
 * @IPC_SET_ALL_UNSEEN: as IPC_SET_ALL, but no open file leads to the objects
 */
enum ipc_set_kind { IPC_SET_SOME, IPC_SET_ALL, IPC_SET_ALL_CHANGING, IPC_SET_ALL_UNSEEN };

/* @name is what readers call the set; it must stay. */
struct ipc_set *ipc_set_new(const char *name, unsigned int max, enum ipc_set_kind kind);
void ipc_set_free(struct ipc_set *set);
/*
 * A new set takes nothing in, so that nothing comes before the hook that removes it is
 * attached: to be called by seed() if it is. Files are looked through after that.
 */
void ipc_set_open(struct ipc_set *set);
/*
 * A new object: adds it, or counts it as lost. Nothing happens if it is there, but that the tag is
 * set if it was 0.
 */
void ipc_set_add(struct ipc_set *set, const void *object, unsigned long tag, kuid_t owner);
/* The same for an object that is not new: it is older than the module, or may have been lost. */
void ipc_set_find_again(struct ipc_set *set, const void *object, unsigned long tag, kuid_t owner);
/* The tag of @object, or 0 if it is not there. */
unsigned long ipc_set_tag(struct ipc_set *set, const void *object);
/* Returns true if it was there. If it was not, and is the set's kind, one is lost less. */
bool ipc_set_del(struct ipc_set *set, const void *object, kuid_t owner);
/* Whether no object is lost. */
bool ipc_set_exact(const struct ipc_set *set);
/*
 * Calls @fn for each object. The object's removal waits meanwhile, so that an
 * object that is removed before it is freed stays valid. @fn runs under a
 * spinlock with interrupts off: it must not sleep and must be short.
 */
void ipc_set_for_each(struct ipc_set *set, void (*fn)(void *object, unsigned long tag, void *arg),
		      void *arg);
/*
 * The hooks that remove objects may not run any more: from now on no set is exact, and nothing
 * in one is looked at.
 */
void ipc_sets_abandon(void);

/*
 * Lost objects are looked for from the first of these on, until the second one returns. In
 * between an object may be lost or found; before, while the module loads, too.
 */
void ipc_sets_start(void);
void ipc_sets_stop(void);

#endif /* _IPCSTAT_SET_H */
