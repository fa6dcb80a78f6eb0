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
	char *text, *place;
	int err;

	err = register_kprobe(&kp);
	if (err == -EADDRNOTAVAIL)
		return -ENOTUNIQ;
	if (err)
		return err == -ENOENT ? -ENOENT : -EOPNOTSUPP;
	range->start = (unsigned long)kp.addr;
	unregister_kprobe(&kp);
	range->start += ipc_landing_pad(range->start);

	/* "name+0xoffset/0xsize", and " [module]" behind it */
	text = kmalloc(KSYM_SYMBOL_LEN, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	sprint_symbol(text, range->start);
	place = strrchr(text, '+');
	if (!place || strchr(place, '[') ||
	    sscanf(place, "+0x%lx/0x%lx", &offset, &range->size) != 2)
		err = -EOPNOTSUPP;
	else
		range->size -= offset;
	kfree(text);
	return err;
}

#endif /* _IPCSTAT_RESOLVE_H */
