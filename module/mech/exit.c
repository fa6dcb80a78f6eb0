// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks that exit: no row of its own. A task that ends is asleep nowhere; if a
 * note says otherwise, the end of its operation was missed, and the note would
 * stay, or be found by a task that gets the same memory.
 */
#include "ipcstat.h"

static void exit_entry(struct ftrace_regs *regs)
{
	ipc_note_drop();
}

/* exit_signals(task): do_exit() calls it for the current task, once. */
static struct ipc_hook exit_hooks[] = {
	{
		.kind = IPC_HOOK_ENTRY,
		.symbols = IPC_NAMES("exit_signals"),
		.entry = exit_entry,
	},
};

struct ipc_mech ipc_mech_exit = {
	.hooks = exit_hooks,
	.nr_hooks = ARRAY_SIZE(exit_hooks),
};
