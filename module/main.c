// SPDX-License-Identifier: GPL-2.0-only
/* ipcstat: counts what every IPC mechanism does. Start, stop and parameters. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init.h>
#include <linux/module.h>

#include "row.h"

#define IPC_MIN_SLEEPERS	64U
#define IPC_MAX_SLEEPERS	(1U << 20)
#define IPC_MIN_OBJECTS		1024U
#define IPC_MAX_OBJECTS		(1U << 24)

static char *hooks = "auto";
module_param(hooks, charp, 0444);
MODULE_PARM_DESC(hooks, "auto: wrappers where ipcstat_wrap is loaded, else kretprobes; probe: kretprobes only");

unsigned int ipc_max_sleepers = 12288;
module_param_named(max_sleepers, ipc_max_sleepers, uint, 0444);
MODULE_PARM_DESC(max_sleepers, "tasks asleep in a mechanism that can be followed (64 to 1048576)");

unsigned int ipc_max_objects = 262144;
module_param_named(max_objects, ipc_max_objects, uint, 0444);
MODULE_PARM_DESC(max_objects, "objects of a kind that can be followed (1024 to 16777216)");

bool ipc_flows_wanted;
module_param_named(flows, ipc_flows_wanted, bool, 0444);
MODULE_PARM_DESC(flows, "tell processes and objects apart from the beginning (off; `ipcstat flows on` later)");

unsigned int ipc_max_flows = 65536;
module_param_named(max_flows, ipc_max_flows, uint, 0444);
MODULE_PARM_DESC(max_flows, "flows, of one process, object and direction each, that are kept (16 to 4194304)");

unsigned int ipc_max_events = 1000;
module_param_named(max_events, ipc_max_events, uint, 0444);
MODULE_PARM_DESC(max_events, "events a second that each group of listeners is told (1 to 100000)");

static char *proc_mode = "0444";
module_param(proc_mode, charp, 0444);
MODULE_PARM_DESC(proc_mode, "mode of /proc/ipcstat, in octal: 0444 or some of its bits, 0: no file; where others may not read it, netlink wants CAP_SYS_ADMIN");

umode_t ipc_proc_mode;
bool ipc_hooks_probe;

static int __init ipc_check_params(void)
{
	if (strcmp(hooks, "auto") && strcmp(hooks, "probe")) {
		pr_err("hooks=%s: must be auto or probe\n", hooks);
		return -EINVAL;
	}
	ipc_hooks_probe = !strcmp(hooks, "probe");
	if (ipc_max_sleepers < IPC_MIN_SLEEPERS || ipc_max_sleepers > IPC_MAX_SLEEPERS) {
		pr_err("max_sleepers=%u: must be %u to %u\n", ipc_max_sleepers, IPC_MIN_SLEEPERS,
		       IPC_MAX_SLEEPERS);
		return -EINVAL;
	}
	if (ipc_max_objects < IPC_MIN_OBJECTS || ipc_max_objects > IPC_MAX_OBJECTS) {
		pr_err("max_objects=%u: must be %u to %u\n", ipc_max_objects, IPC_MIN_OBJECTS,
		       IPC_MAX_OBJECTS);
		return -EINVAL;
	}
	if (ipc_max_flows < IPC_MIN_FLOWS || ipc_max_flows > IPC_MAX_FLOWS) {
		pr_err("max_flows=%u: must be %u to %u\n", ipc_max_flows, IPC_MIN_FLOWS,
		       IPC_MAX_FLOWS);
		return -EINVAL;
	}
	if (!ipc_max_events || ipc_max_events > IPC_MAX_EVENTS) {
		pr_err("max_events=%u: must be 1 to %u\n", ipc_max_events, IPC_MAX_EVENTS);
		return -EINVAL;
	}
	if (kstrtou16(proc_mode, 8, &ipc_proc_mode) || ipc_proc_mode & ~0444) {
		pr_err("proc_mode=%s: must be 0444 or some of its bits, in octal\n", proc_mode);
		return -EINVAL;
	}
	return 0;
}

/*
 * When this returns no handler runs any more. What is closed in between: tasks that sleep hold
 * notes, which nobody makes any more, while the end of a task is still seen.
 */
static void ipc_detach(void)
{
	/* Twice: a handler that had begun may have asked for a look once more. */
	ipc_sets_stop();
	ipc_hooks_detach();
	ipc_notes_close();
	ipc_hooks_exit();
	ipc_sets_stop();
}

static int __init ipc_init(void)
{
	int err;

	err = ipc_check_params();
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
	ipc_detach();
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

static void __exit ipc_exit(void)
{
	ipc_netlink_exit();
	ipc_proc_exit();
	ipc_detach();
	ipc_events_exit();
	ipc_flows_exit();
	ipc_notes_exit();
	ipc_mechs_exit();
}

module_init(ipc_init);
module_exit(ipc_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Counts what every IPC mechanism does");
MODULE_VERSION(IPCSTAT_VERSION);
MODULE_SOFTDEP("pre: ipcstat_wrap");
