/* SPDX-License-Identifier: GPL-2.0-only */
/* What ipcstat_wrap offers to ipcstat. See wrap.c. */
#ifndef _IPCSTAT_WRAP_H
#define _IPCSTAT_WRAP_H

#include <linux/types.h>

/* Changes with struct ipc_call, struct ipc_wrap_api or what they mean. */
#define IPC_WRAP_VERSION	5

/**
 * struct ipc_call - one call of a hooked function, as it returns
 * @arg: as many of its first six arguments as the hook keeps, as register values; a
 *	narrower argument leaves the upper bits undefined: cast. The others are undefined.
 * @ret: what it returned, as a register value; a function returning int leaves
 *	the upper half undefined: cast
 * @nvcsw: current->nvcsw before the call: where it has not moved since, the
 *	call has not slept. Undefined for who wants to know of failures only.
 */
struct ipc_call {
	unsigned long arg[6];
	unsigned long ret;
	unsigned long nvcsw;
};

/**
 * typedef ipc_done_t - called when a hooked function has returned, begins, or sleeps
 *
 * Runs in the caller's context: no sleeping. It may be preempted and migrated: to be on the
 * safe side of both, and for kretprobes, which call with preemption disabled, use
 * single per-CPU operations.
 */
typedef void (*ipc_done_t)(const struct ipc_call *call);

/**
 * struct ipc_wrap_hook - what to redirect
 * @name: the function
 * @nargs: how many arguments it has, all of them integers or pointers; at most 7
 * @keeps: of these, the callbacks look at the first ones; at most 6, of seven at most 2
 * @begin: called before each call, ->ret not set; or NULL
 * @asleep: called when the caller falls asleep inside for the first time in a call, from
 *	the scheduler, with the run queue locked; ->ret not set; or NULL; not with @begin
 * @done: called after each call that began after the attach
 * @failures: only after calls that return an int, or a long, below 0; with at most 2 arguments
 *	kept, without @begin and @asleep
 * @passed_by: a function that is redirected, too, or NULL: where it ends in a jump to this one
 *	there is no need to redirect this one, for nothing is done for it
 */
struct ipc_wrap_hook {
	const char *name, *passed_by;
	u8 nargs, keeps;
	bool failures;
	ipc_done_t begin, asleep, done;
};

/**
 * struct ipc_wrap_api - the interface between the two modules
 * @version: IPC_WRAP_VERSION
 * @attach: redirect a function. Returns a slot
 *	number or an error: -ENOENT no such function, -ENOTUNIQ the name is
 *	ambiguous, -EBUSY somebody else redirects it, -ENOSPC no slot is left,
 *	-EOPNOTSUPP not possible on this kernel.
 * @detach: let go of @nr slots. When it returns no callback runs or will run;
 *	tasks may still be asleep in the functions, and the module looks after
 *	itself until they have left.
 */
struct ipc_wrap_api {
	u32 version;
	int (*attach)(const struct ipc_wrap_hook *hook);
	void (*detach)(const int *slots, unsigned int nr);
};

extern const struct ipc_wrap_api ipcstat_wrap_api;

#endif /* _IPCSTAT_WRAP_H */
