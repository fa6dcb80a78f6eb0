/* SPDX-License-Identifier: GPL-2.0-only */
/* What ipcstat_wrap offers to ipcstat. See wrap.c. */
#ifndef _IPCSTAT_WRAP_H
#define _IPCSTAT_WRAP_H

#include <linux/types.h>

/* Changes with struct ipc_call, struct ipc_wrap_api or what they mean. */
#define IPC_WRAP_VERSION	3

/**
 * struct ipc_call - one call of a hooked function, as it returns
 * @arg: its first six arguments, as register values; a narrower argument
 *	leaves the upper bits undefined: cast. Those that it has not are
 *	undefined; of a function with seven, all but the first two.
 * @ret: what it returned, as a register value; a function returning int leaves
 *	the upper half undefined: cast
 * @nvcsw: current->nvcsw before the call: where it has not moved since, the
 *	call has not slept
 */
struct ipc_call {
	unsigned long arg[6];
	unsigned long ret;
	unsigned long nvcsw;
};

/**
 * typedef ipc_done_t - called when a hooked function has returned, or begins
 *
 * Runs in the caller's context with preemption disabled: no sleeping. The same for
 * a wrapper and for a kretprobe.
 */
typedef void (*ipc_done_t)(const struct ipc_call *call);

/**
 * struct ipc_wrap_api - the interface between the two modules
 * @version: IPC_WRAP_VERSION
 * @attach: redirect function @name, of @nargs (at most 7; 0: up to 6) integer arguments, and
 *	call @begin, if not NULL, before each call, ->ret not set, and @done after
 *	each call of it that began from now on. Returns a slot
 *	number or an error: -ENOENT no such function, -ENOTUNIQ the name is
 *	ambiguous, -EBUSY somebody else redirects it, -ENOSPC no slot is left,
 *	-EOPNOTSUPP not possible on this kernel.
 * @detach: let go of @nr slots. When it returns no callback runs or will run;
 *	tasks may still be asleep in the functions, and the module looks after
 *	itself until they have left.
 */
struct ipc_wrap_api {
	u32 version;
	int (*attach)(const char *name, unsigned int nargs, ipc_done_t begin, ipc_done_t done);
	void (*detach)(const int *slots, unsigned int nr);
};

extern const struct ipc_wrap_api ipcstat_wrap_api;

#endif /* _IPCSTAT_WRAP_H */
