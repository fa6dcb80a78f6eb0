/* SPDX-License-Identifier: GPL-2.0-only */
/* Hooks: the places where the kernel is watched (hook.c). */
#ifndef _IPCSTAT_HOOK_H
#define _IPCSTAT_HOOK_H

#include <linux/types.h>

#include "compat.h"
#include "row.h"
#include "wrap.h"

enum ipc_hook_kind {
	IPC_HOOK_RETURN,	/* wrapper or kretprobe: ->done */
	IPC_HOOK_ENTRY,		/* ftrace entry: ->entry */
	IPC_HOOK_TRACE,		/* tracepoint: ->probe */
};

/* The columns of a row that a hook feeds. A table of these ends with a NULL row. */
struct ipc_feed {
	struct ipc_row *row;
	u32 cols;
};

/**
 * typedef ipc_entry_t - called before a hooked function runs
 *
 * In the caller's context; may be preempted and migrated; must not sleep. Use
 * ipc_arg(regs, n) (compat.h) for the n-th argument.
 */
typedef void (*ipc_entry_t)(struct ftrace_regs *regs);

/**
 * struct ipc_hook - one place where the kernel is watched
 * @kind: how
 * @name: the hook's own name; NULL: the first of @symbols
 * @symbols: names of the function or tracepoint, NULL-terminated, the likeliest
 *	first: the first that can be attached is
 * @feeds: the columns that are exact only while this hook is attached; NULL: none, it is for
 *	events alone
 * @done: IPC_HOOK_RETURN: called after each call
 * @begin: IPC_HOOK_RETURN: called before each call, if not NULL; ->ret is not set
 * @asleep: IPC_HOOK_RETURN: the same, but only once the caller falls asleep inside, from
 *	the scheduler; by a kretprobe before each call. For ipc_sleep_often().
 * @entry: IPC_HOOK_ENTRY: called before each call
 * @probe: IPC_HOOK_TRACE: the probe, with the tracepoint's prototype behind a
 *	void pointer to the hook. Preemptible from 7.x on: per-task or this_cpu_*
 *	only.
 * @callers: IPC_HOOK_ENTRY: only calls made from these functions, NULL-terminated. Each is
 *	a name or alternatives, "one|other", of which those that do not exist, or have
 *	no call of it in their code, are passed over; one of each must be left.
 * @indirect: IPC_HOOK_ENTRY: the callers call it through a pointer: their code does not tell
 * @called_by: IPC_HOOK_RETURN, IPC_HOOK_ENTRY: for a function that the compiler may merge into
 *	callers: these must call it, or end in a jump to it, or the candidate is not
 *	attached. Names or alternatives as above; "|one|other" is also content if none of
 *	them exists. Looked at once, where the machine's code can be read (x86-64).
 * @nargs: IPC_HOOK_RETURN: number of arguments, 6 if 0; 7 for a function with seven
 * @uses: IPC_HOOK_RETURN: the number of first arguments that the callbacks read; 0: all. Each
 *	costs an instruction a call.
 * @failures: IPC_HOOK_RETURN: @done looks at failures alone, and does not count waits
 * @passed_by: IPC_HOOK_RETURN: the function of a hook that stands before it, which calls this
 *	one, and for whose calls @done does nothing
 * @sleeps: IPC_HOOK_RETURN: callers sleep inside it: a kretprobe gets the large pool
 * @optional: where none of the symbols exists, this kernel has no such path, and
 *	nothing is unknown for it
 * @instead_of: attached only where that hook, which stands before it, is not, and
 *	then in its place: nothing is unknown for that one
 * The rest is of the engine (hook.c).
 *
 * A function has one hook, or several of one kind: where an entry hook and a wrapper meet,
 * ftrace calls neither directly, but looks through all that there are, at each call.
 */
struct ipc_hook {
	enum ipc_hook_kind kind;
	const char *name;
	const char *const *symbols;
	const struct ipc_feed *feeds;
	union {
		ipc_done_t done;
		ipc_entry_t entry;
		void *probe;
	};
	ipc_done_t begin, asleep;
	const char *const *callers;
	const char *const *called_by;
	const char *passed_by;
	u8 nargs, uses;
	bool failures;
	bool sleeps;
	bool indirect;
	bool optional;
	const struct ipc_hook *instead_of;

	struct ipc_hook_state *state;
};

/* A table of feeds. */
#define IPC_FEEDS(...)	((const struct ipc_feed []){ __VA_ARGS__, { NULL, 0 } })

/* Whether what @hook feeds is unknown, since it is not attached, or ftrace was shut down. */
bool ipc_hook_lost(const struct ipc_hook *hook);

/* ---- start and stop, in the order of main.c ---- */

/* Each hook that can be attached; what the others feed is unknown. May sleep. */
int ipc_hooks_attach(void);
/* When this returns no operation is followed any more, and none is begun. */
void ipc_hooks_detach(void);
/* The probes of tracepoints go, that of ending tasks among them: no handler runs any more. */
void ipc_hooks_exit(void);

#endif /* _IPCSTAT_HOOK_H */
