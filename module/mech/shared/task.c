// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks: no row of its own, but what the notes of sleepers (sleep.c) need to know of
 * them for all rows: when they end.
 */
#include <linux/mm_types.h>
#include <trace/events/sched.h>

#include "mech.h"

/*
 * A task that ends is asleep nowhere; if a note says otherwise, the end of its
 * operation was missed. do_exit() comes here for the current task, once.
 */
static IPC_EXIT_PROBE(exit_probe)
{
	ipc_note_drop();
}

/*
 * A task is freed: its parent has taken notice of its end, and it does nothing more. Of a
 * process the first thread goes last.
 */
static void free_probe(void *hook, struct task_struct *task)
{
	if (task->pid == task->tgid && ipc_flows())
		ipc_event_exit(task);
}

/* Each row; filled in by task_init(). */
static struct ipc_feed task_feeds[IPC_MAX_ROWS + 1];

static int task_init(void)
{
	const u32 sleeps = IPC_BITS_SLEEP(IPC_SEND) | IPC_BITS_SLEEP(IPC_RECV);
	struct ipc_row *row;
	unsigned int nr;

	/* The engine passes probes as void pointers: hold them against the tracepoints. */
	check_trace_callback_type_sched_process_exit(exit_probe);
	check_trace_callback_type_sched_process_free(free_probe);
	for (nr = 0; (row = ipc_row_get(nr)); nr++) {
		if (WARN_ON_ONCE(nr == IPC_MAX_ROWS))
			return -ENOSPC;
		task_feeds[nr] = (struct ipc_feed){ row, sleeps };
		if (!IS_ENABLED(CONFIG_PREEMPT_NOTIFIERS))
			row->unknown |= sleeps;
	}
	return 0;
}

static struct ipc_hook task_hooks[] = {
	{
		.kind = IPC_HOOK_TRACE,
		.symbols = IPC_NAMES("sched_process_exit"),
		.probe = exit_probe,
		.feeds = task_feeds,
	}, {
		.kind = IPC_HOOK_TRACE,
		.symbols = IPC_NAMES("sched_process_free"),
		.probe = free_probe,
	},
};

struct ipc_mech ipc_mech_task = {
	.hooks = task_hooks,
	.nr_hooks = ARRAY_SIZE(task_hooks),
	.init = task_init,
};
