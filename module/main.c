// SPDX-License-Identifier: GPL-2.0-only
/* ipcstat: counts what every IPC mechanism does. The order in which its parts start and stop. */
#include <linux/init.h>
#include <linux/module.h>

#include "event.h"
#include "flow.h"
#include "hook.h"
#include "mechs.h"
#include "params.h"
#include "read.h"
#include "set.h"
#include "sleep.h"

/*
 * When this returns no handler runs any more. What is closed in between: tasks that sleep hold
 * notes, which nobody makes any more, while the end of a task is still seen.
 */
static void detach_all(void)
{
	/* Twice: a handler that had begun may have asked for a look once more. */
	ipc_sets_stop();
	ipc_hooks_detach();
	ipc_notes_close();
	ipc_hooks_exit();
	ipc_sets_stop();
}

static int __init ipcstat_init(void)
{
	int err;

	err = ipc_params_check();
	if (err)
		return err;
	err = ipc_mechs_init();
	if (err)
		return err;
	err = ipc_notes_init();
	if (err)
		goto err_notes;
	err = ipc_flows_init();
	if (err)
		goto err_flows;
	err = ipc_events_init();
	if (err)
		goto err_events;
	err = ipc_hooks_attach();
	if (err)
		goto err_hooks;
	ipc_notes_open();
	ipc_mechs_seed();
	ipc_sets_start();
	err = ipc_proc_init();
	if (err)
		goto err_proc;
	err = ipc_netlink_init();
	if (err)
		goto err_netlink;
	return 0;

err_netlink:
	ipc_proc_exit();
err_proc:
	detach_all();
err_hooks:
	ipc_events_exit();
err_events:
	ipc_flows_exit();
err_flows:
	ipc_notes_exit();
err_notes:
	ipc_mechs_exit();
	return err;
}

static void __exit ipcstat_exit(void)
{
	ipc_netlink_exit();
	ipc_proc_exit();
	detach_all();
	ipc_events_exit();
	ipc_flows_exit();
	ipc_notes_exit();
	ipc_mechs_exit();
}

module_init(ipcstat_init);
module_exit(ipcstat_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Counts what every IPC mechanism does");
MODULE_VERSION(IPCSTAT_VERSION);
MODULE_SOFTDEP("pre: ipcstat_wrap");
