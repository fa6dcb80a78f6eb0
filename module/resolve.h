/* SPDX-License-Identifier: GPL-2.0-only */
/* From a kernel function's name to its address; for both modules. */
#ifndef _IPCSTAT_RESOLVE_H
#define _IPCSTAT_RESOLVE_H

#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat.h"

/* Where a function's code lies: from behind its landing pad to its end. */
struct ipc_range {
	unsigned long start, size;
};

/*
 * The function of the kernel proper that @address is in: its name in @text, of
 * KSYM_SYMBOL_LEN, how far from its start, and its size.
 */
static inline bool ipc_symbol_at(unsigned long address, char *text, unsigned long *offset,
				 unsigned long *size)
{
	char *place;

	/* "name+0xoffset/0xsize", and " [module]" behind it */
	sprint_symbol(text, address);
	place = strrchr(text, '+');
	if (!place || strchr(place, '[') || sscanf(place, "+0x%lx/0x%lx", offset, size) != 2)
		return false;
	*place = '\0';
	return true;
}

/**
 * ipc_resolve - find a function of the kernel proper
 * @name: its name
 * @range: where to store the place of its code
 *
 * A kprobe that is never armed does the look-up. It also refuses ambiguous names
 * (from 6.6 on). Functions of modules are refused: they may go away, and their
 * static names are not unique.
 *
 * Return: 0; -ENOENT no such function; -ENOTUNIQ several; -EOPNOTSUPP one that
 * must not be hooked; -ENOMEM.
 */
static inline int ipc_resolve(const char *name, struct ipc_range *range)
{
	struct kprobe kp = { .symbol_name = name, .flags = KPROBE_FLAG_DISABLED };
	unsigned long offset;
	char *text;
	int err;

	err = register_kprobe(&kp);
	if (err == -EADDRNOTAVAIL)
		return -ENOTUNIQ;
	if (err)
		return err == -ENOENT ? -ENOENT : -EOPNOTSUPP;
	range->start = (unsigned long)kp.addr;
	unregister_kprobe(&kp);
	range->start += ipc_landing_pad(range->start);

	text = kmalloc(KSYM_SYMBOL_LEN, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	if (ipc_symbol_at(range->start, text, &offset, &range->size))
		range->size -= offset;
	else
		err = -EOPNOTSUPP;
	kfree(text);
	return err;
}

/* Whether one of the next functions from @at on, @text being room for their names, is @name. */
static inline bool ipc_neighbour(const char *name, unsigned long at, bool backwards, char *text,
				 struct ipc_range *range)
{
	unsigned long offset, size;
	unsigned int nr;

	for (nr = 0; nr < 256 && ipc_symbol_at(at, text, &offset, &size); nr++) {
		at -= offset;
		if (!strcmp(text, name)) {
			range->start = at + ipc_landing_pad(at);
			range->size = size - (range->start - at);
			return true;
		}
		at = backwards ? at - 1 : at + size;
	}
	return false;
}

/**
 * ipc_resolve_near - the same for a function that is likely of the same source file as another
 * @name: its name
 * @other: a place in the other one
 * @range: where to store the place of its code, which must not be changed
 *
 * To find one by its name takes Linux 6.1 some ten milliseconds, to tell the name of one
 * nearly none: the neighbours are asked first.
 */
static inline int ipc_resolve_near(const char *name, unsigned long other, struct ipc_range *range)
{
	char *text = kmalloc(KSYM_SYMBOL_LEN, GFP_KERNEL);
	bool found = text && (ipc_neighbour(name, other, true, text, range) ||
			      ipc_neighbour(name, other, false, text, range));

	kfree(text);
	return found ? 0 : ipc_resolve(name, range);
}

#endif /* _IPCSTAT_RESOLVE_H */
